"""The changes feed: all changes to annotations, in commit order."""

import re
import threading
import time
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers, viewsets
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.api.links import add_annotation_links
from annotate.api.serializers import any_annotation
from annotate.models import Action, Change, Kind
from articles.text.reanchor import Status
from config.api.filters import IntegerParameter
from config.api.problems import InvalidParameters
from config.api.renderers import NDJSON, JSONRenderer, NDJSONRenderer

START = "start"
# The annotation, its revision, and the re-anchoring event at it: this reveals nothing about how
# many changes a user cannot see.
CURSOR = re.compile(
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9][0-9]{0,8})(?:\.([1-9][0-9]{0,8}))?\Z"
)
PAGE_SIZE = IntegerParameter("page_size", 100, 1000)
WAIT = IntegerParameter(
    "wait", 0, 30, minimum=0, description="Seconds to wait for a change when there is none."
)
# Seconds between two looks at the log.
POLL_INTERVAL = 0.25

# A waiting request holds a thread of the server. Requests beyond this number do not wait.
_waiting = threading.BoundedSemaphore(settings.MAX_LONG_POLLS)


class ChangeFilter(filters.FilterSet):
    project = filters.CharFilter("project__slug", help_text="The project's slug.")
    article = filters.UUIDFilter(
        "annotation__version__article__public_id", help_text="The article's id."
    )
    kind = filters.ChoiceFilter("annotation__kind", choices=Kind.choices)


class ReanchoringEventSerializer(serializers.Serializer):
    """The target version of a re-anchoring, and how certain the match is."""

    id = serializers.UUIDField(help_text="Id of the re-anchoring: `reanchorings/ID/`.")
    target_version = serializers.UUIDField()
    status = serializers.ChoiceField(
        choices=[(status.value, status.replace("_", " ").capitalize()) for status in Status]
    )
    score = serializers.FloatField(help_text="0 to 1: similarity of the least similar passage.")


@extend_schema_serializer(many=False)
class ChangeSerializer(serializers.Serializer):
    """A change, with the whole annotation after it."""

    cursor = serializers.CharField(help_text="Pass it as `after`. It never expires.")
    action = serializers.ChoiceField(choices=Action.choices)
    actor = serializers.CharField()
    at = serializers.DateTimeField()
    annotation = serializers.SerializerMethodField()
    reanchoring = ReanchoringEventSerializer(
        allow_null=True, help_text="Set for `reanchor` and the `reanchor_…` actions."
    )

    @extend_schema_field(any_annotation(many=False))
    def get_annotation(self, change: Change) -> Any:
        """Return the record after the change; that of a retracted annotation is its tombstone."""
        return change.after


@extend_schema_serializer(many=False)
class ChangesSerializer(serializers.Serializer):
    """A page of the feed."""

    results = ChangeSerializer(many=True)
    cursor = serializers.CharField(help_text="Pass it as `after` to get the next page.")


class ChangeViewSet(viewsets.GenericViewSet):
    """Changes to annotations."""

    queryset = Change.objects.all()
    filterset_class = ChangeFilter
    pagination_class = None
    parameters = {"list": frozenset({"after", "page_size", "wait", "format"})}
    # No CSV: a page of the feed is more than its rows.
    renderer_classes = [JSONRenderer, NDJSONRenderer, BrowsableAPIRenderer]

    @extend_schema(
        summary="Follow every change, in commit order",
        responses={(200, "application/json"): ChangesSerializer, (200, NDJSON): ChangeSerializer},
        parameters=[
            OpenApiParameter(
                "after", OpenApiTypes.STR, description="The last cursor that you received."
            ),
            PAGE_SIZE,
            WAIT,
        ],
    )
    def list(self, request: Request) -> HttpResponse:
        """Return the changes after a cursor; with `wait`, wait for one."""
        size, wait = PAGE_SIZE.parse(request), WAIT.parse(request)
        after = request.query_params.get("after", START)
        visible = Change.objects.visible_to(request.user)
        changes = visible.after(parse_cursor(after)).in_commit_order()
        found = _poll_page(self.filter_queryset(changes)[:size], wait)
        results = [
            {**change.record(), "annotation": add_annotation_links(change.after, request)}
            for change in found
        ]
        if request.accepted_renderer.media_type == NDJSON:
            # DRF's Response has no Content-Type if the body is empty.
            return HttpResponse(NDJSONRenderer().render(results), content_type=NDJSON)
        cursor = results[-1]["cursor"] if results else after
        return Response({"results": results, "cursor": cursor})


def parse_cursor(cursor: str) -> Change | None:
    """Return the change at a cursor, None for the start. Raises InvalidParameters."""
    if cursor == START:
        return None
    if named := CURSOR.match(cursor):
        rows = Change.objects.only("pk").filter(annotation__public_id=named[1], revision=named[2])
        if change := rows.filter(event_seq=named[3] or 0).first():
            return change
    message = f"Use a cursor that this feed gave, or “{START}”, or leave it out."
    raise InvalidParameters([("after", message)])


def _poll_page(page: QuerySet[Change], seconds: int) -> list[Change]:
    """Read the page; while it is empty, read it again until the time is over.

    No transaction is open in between.
    """
    found = list(page)
    if found or not seconds or not _waiting.acquire(blocking=False):
        return found
    try:
        until = time.monotonic() + seconds
        while not found and time.monotonic() < until:
            time.sleep(POLL_INTERVAL)
            found = list(page.all())
    finally:
        _waiting.release()
    return found
