"""The feed of changes: everything that was done, in the order in which it was committed."""

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
from config.types import Record

START = "start"
# The annotation, its revision, and the re-anchoring event at it: a change that the asker was
# given, so that a cursor tells nobody how much there is that they may not see.
CURSOR = re.compile(
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9][0-9]{0,8})(?:\.([1-9][0-9]{0,8}))?\Z"
)
PAGE_SIZE = IntegerParameter("page_size", 100, 1000)
WAIT = IntegerParameter(
    "wait", 0, 30, minimum=0, description="Seconds to wait for a change when there is none."
)
LOOK_EVERY = 0.25

# Each one that waits holds a thread of the server: so many may, and others are answered at once.
_waiting = threading.BoundedSemaphore(settings.MAX_LONG_POLLS)


class ChangeFilter(filters.FilterSet):
    """Which changes."""

    project = filters.CharFilter("annotation__project__slug", help_text="The project's slug.")
    article = filters.UUIDFilter(
        "annotation__version__article__public_id", help_text="The article's id."
    )
    kind = filters.ChoiceFilter("annotation__kind", choices=Kind.choices)

    class Meta:
        model = Change
        fields: list[str] = []


class ReanchoringEventSerializer(serializers.Serializer):
    """The target version of a re-anchoring, and how certain the match is."""

    id = serializers.UUIDField(help_text="Id of the re-anchoring: `reanchorings/ID/`.")
    target_version = serializers.UUIDField()
    status = serializers.ChoiceField(
        choices=[(status.value, status.name.title()) for status in Status]
    )
    score = serializers.FloatField(help_text="0 to 1: similarity of the least similar passage.")


@extend_schema_serializer(many=False)
class ChangeSerializer(serializers.Serializer):
    """One change: what was done, and the whole annotation after it."""

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
        """Give the record after the change; a retracted one is its own tombstone."""
        return change.after


@extend_schema_serializer(many=False)
class ChangesSerializer(serializers.Serializer):
    """A page of the feed."""

    results = ChangeSerializer(many=True)
    cursor = serializers.CharField(help_text="Where to go on: give it as `after`.")


class ChangeViewSet(viewsets.GenericViewSet):
    """What was done to annotations."""

    queryset = Change.objects.all()
    filterset_class = ChangeFilter
    pagination_class = None
    parameters = {"list": frozenset({"after", "page_size", "wait", "format"})}
    # No table: a page of the feed is more than its rows.
    renderer_classes = [JSONRenderer, NDJSONRenderer, BrowsableAPIRenderer]

    @extend_schema(
        summary="Follow every change, in commit order",
        responses={
            (200, "application/json"): ChangesSerializer,
            (200, NDJSON): ChangeSerializer,
        },
        parameters=[
            OpenApiParameter("after", OpenApiTypes.STR, description="The cursor you had last."),
            PAGE_SIZE,
            WAIT,
        ],
    )
    def list(self, request: Request) -> HttpResponse:
        """Give the changes after a cursor; wait for one if asked to."""
        asked = request.query_params
        size, wait = PAGE_SIZE.parse(request), WAIT.parse(request)
        after = asked.get("after", START)
        changes = (
            Change.objects.visible_to(request.user).after(parse_cursor(after)).in_commit_order()
        )
        found = _poll_page(self.filter_queryset(changes)[:size], wait)
        results = [_add_links(change.record(), request) for change in found]
        if request.accepted_renderer.media_type == NDJSON:
            # DRF's Response has no Content-Type if the body is empty.
            return HttpResponse(NDJSONRenderer().render(results), content_type=NDJSON)
        cursor = results[-1]["cursor"] if results else after
        return Response({"results": results, "cursor": cursor})


def parse_cursor(cursor: str) -> Change | None:
    """Find the change that a cursor names. Raises InvalidParameters."""
    if cursor == START:
        return None
    named = CURSOR.match(cursor)
    change = (
        named
        and Change.objects.only("pk")
        .filter(annotation__public_id=named[1], revision=named[2], event_seq=named[3] or 0)
        .first()
    )
    if not change:
        raise InvalidParameters(
            [("after", f"Use a cursor that this feed gave, or “{START}”, or leave it out.")]
        )
    return change


def _poll_page(page: QuerySet[Change], seconds: int) -> list[Change]:
    """Read the page; while it is empty, look again until the time is over.

    Nothing of the database is held in between.
    """
    found = list(page)
    if found or not seconds or not _waiting.acquire(blocking=False):
        return found
    try:
        until = time.monotonic() + seconds
        while not found and time.monotonic() < until:
            time.sleep(LOOK_EVERY)
            found = list(page.all())
    finally:
        _waiting.release()
    return found


def _add_links(change: Record, request: Request) -> Record:
    return {**change, "annotation": add_annotation_links(change["annotation"], request)}
