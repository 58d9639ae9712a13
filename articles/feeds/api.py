"""Feeds over the API: whoever adds them changes, polls and removes them, and all see the rest."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.http import parse_etags
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from articles.api.create import problem_of
from articles.errors import FetchFailed, IngestError
from articles.feeds.formats import Found, NotAFeed
from articles.feeds.models import (
    FEWEST_MINUTES,
    FOLLOW_DAYS,
    MOST_FOLLOW_DAYS,
    MOST_MINUTES,
    EntryState,
    Feed,
    FeedEntry,
    FeedKind,
)
from articles.feeds.services import (
    FeedIsKnown,
    TooManyFeeds,
    check_place,
    keep_feed,
    look_at,
    poll_soon,
)
from config.api.conditional import names_a_tag, precondition_required, tag_of_record
from config.api.filters import MomentFilter
from config.api.idempotency import once, once_after
from config.api.problems import Problem
from config.api.resources import Record, ResourceViewSet, UrlsField, site_of
from config.api.strict import StrictSerializer, TextField

TRUTHS = [("true", "Yes"), ("false", "No")]
# What people set; the rest of a record comes of polling.
_SETTINGS = ("url", "title", "minutes", "follow_days", "is_active")


class FeedSettingsSerializer(StrictSerializer):
    """How a feed is polled."""

    title = TextField(max_length=300, required=False, allow_blank=True)
    minutes = serializers.IntegerField(
        min_value=FEWEST_MINUTES,
        max_value=MOST_MINUTES,
        required=False,
        help_text="Between two polls; 60 unless given.",
    )
    follow_days = serializers.IntegerField(
        min_value=0,
        max_value=MOST_FOLLOW_DAYS,
        required=False,
        help_text="For so many days its articles are looked at again for corrections, once a day; "
        f"0 is never, {FOLLOW_DAYS} unless given.",
    )
    is_active = serializers.BooleanField(required=False, help_text="Whether it is polled.")


class NewFeedSerializer(FeedSettingsSerializer):
    """A feed to be added. It is looked at first."""

    url = serializers.URLField(max_length=2000)


class FeedSerializer(StrictSerializer):
    """A feed or sitemap, as `Feed.record()` writes it down."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    url = serializers.URLField()
    kind = serializers.ChoiceField(
        choices=FeedKind.choices, allow_blank=True, help_text="Empty where it was not read yet."
    )
    minutes = serializers.IntegerField()
    follow_days = serializers.IntegerField()
    is_active = serializers.BooleanField()
    next_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is asked next; null while it is paused."
    )
    polled_at = serializers.DateTimeField(allow_null=True)
    failures = serializers.IntegerField(help_text="Polls that failed in a row.")
    fault = serializers.CharField(help_text="Why the last poll failed; empty where it did not.")
    entries = serializers.IntegerField(help_text="Articles that it has named.")
    waiting = serializers.IntegerField(help_text="Those of them that are still to be fetched.")
    brought = serializers.IntegerField(help_text="Those of them that it brought in.")
    added_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    urls = UrlsField()


class FeedEntrySerializer(StrictSerializer):
    """An address that a feed has named, as `FeedEntry.record()` writes it down."""

    id = serializers.UUIDField()
    feed = serializers.UUIDField()
    url = serializers.URLField()
    title = serializers.CharField(
        help_text="As the feed gives it; the article may have another. Often empty in sitemaps."
    )
    state = serializers.ChoiceField(
        choices=EntryState.choices,
        help_text="`done`: its article is here; `failed`: it is not tried any more.",
    )
    article = serializers.UUIDField(allow_null=True)
    brought_at = serializers.DateTimeField(
        allow_null=True, help_text="When the feed brought the article in; null if it was here."
    )
    fetched_at = serializers.DateTimeField(allow_null=True)
    next_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is fetched next, for the first time or again."
    )
    attempts = serializers.IntegerField()
    fault = serializers.CharField(help_text="Why it could not be fetched the last time.")
    created_at = serializers.DateTimeField(help_text="When the feed first named it.")
    urls = UrlsField()


class FeedFilter(filters.FilterSet):
    """Which feeds."""

    url = filters.CharFilter(help_text="The address, as it was added.")
    title = filters.CharFilter(lookup_expr="icontains", help_text="Part of the title.")
    kind = filters.ChoiceFilter(choices=FeedKind.choices)
    added_by = filters.CharFilter("added_by__username", help_text="The user name.")
    is_active = filters.ChoiceFilter(
        method="filter_is_active", choices=TRUTHS, help_text="Whether it is polled."
    )
    has_fault = filters.ChoiceFilter(
        method="filter_has_fault", choices=TRUTHS, help_text="Whether the last poll failed."
    )
    created_after = MomentFilter("created_at", "gte")
    created_before = MomentFilter("created_at", "lt")
    updated_after = MomentFilter("updated_at", "gte")
    updated_before = MomentFilter("updated_at", "lt")

    class Meta:
        model = Feed
        fields: list[str] = []

    def filter_is_active(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those that are polled, or those that are paused."""
        return queryset.filter(is_active=value == "true")

    def filter_has_fault(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those whose last poll failed, or the others."""
        return queryset.exclude(fault="") if value == "true" else queryset.filter(fault="")


class FeedResource(ResourceViewSet):
    """An endpoint for those who are signed in: the address of a feed may have a secret in it."""

    permission_classes = [IsAuthenticated, *ResourceViewSet.permission_classes]

    @classmethod
    def records(cls, rows: Iterable[Any]) -> list[Record]:
        """Write rows down."""
        return [row.record() for row in rows]

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what ingest refused."""
        if isinstance(exc, IngestError):
            exc = _problem_of(exc)
        return super().handle_exception(exc)


def _look_first(view: Any, request: Request) -> tuple[dict[str, Any], Found]:
    """Look at what is to be added. Raises IngestError."""
    serializer = NewFeedSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    given = dict(serializer.validated_data)
    check_place(given["url"], request.user)
    return given, look_at(given["url"])


@extend_schema_view(
    list=extend_schema(summary="List feeds"),
    retrieve=extend_schema(summary="Read a feed, and how polling it goes"),
)
class FeedViewSet(FeedResource):
    """Feeds and sitemaps that are polled for new articles."""

    queryset = Feed.objects.all()
    serializer_class = FeedSerializer
    filterset_class = FeedFilter
    ordering_fields = {
        "id": "public_id",
        "title": "title",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }

    @classmethod
    def readable(cls, user: Any) -> QuerySet[Feed]:
        """Give all feeds."""
        return Feed.objects.for_reading()

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of a feed and of its entries."""
        own = record["id"]
        return {
            "self": f"{base}feeds/{own}/",
            "web": f"{site_of(base)}feeds/{own}/",
            "entries": f"{base}feeds/{own}/entries/",
        }

    @classmethod
    def tag(cls, record: Record) -> str:
        """Name how it is set, and what stands in its record."""
        return f'"{_tag_of_settings(record)}-{tag_of_record(record)[1:9]}"'

    def require_seen(self, current: Record) -> None:
        """Refuse a change by one who has not seen how it is set; a poll in between changes nothing.

        Raises Problem (428, 412).
        """
        if not names_a_tag(self.request):
            raise precondition_required()
        seen = {tag.removeprefix("W/") for tag in parse_etags(self.request.headers["If-Match"])}
        if not any(tag.startswith(f'"{_tag_of_settings(current)}-') for tag in seen):
            super().require_seen(current)

    @extend_schema(
        summary="Have a feed polled", request=NewFeedSerializer, responses={201: FeedSerializer}
    )
    @once_after(_look_first)
    def create(self, request: Request, *, prepared: Any) -> Response:
        """Add a feed or a sitemap, after looking at it; its articles come in the background."""
        given, found = prepared
        title = given.pop("title", "")
        feed = keep_feed(given.pop("url"), found, by=request.user, **given)
        if title:
            Feed.objects.filter(pk=feed.pk).update(title=title)
        if feed.is_active:
            poll_soon(feed)
        return self.written(self._record(feed), status=201)

    @extend_schema(
        summary="Change how a feed is polled",
        request=FeedSettingsSerializer(partial=True),
        responses=FeedSerializer,
    )
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change a feed; what is not given stays."""
        with transaction.atomic():
            feed = self._own()
            serializer = FeedSettingsSerializer(data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            feed.set(**serializer.validated_data)
        return self.written(self._record(feed))

    @transaction.atomic
    def destroy(self, request: Request, **_: Any) -> Response:
        """Poll it no longer. Its articles stay."""
        self._own().delete()
        return Response(status=204)

    @extend_schema(summary="Poll a feed now", request=None, responses={202: FeedSerializer})
    @action(detail=True, methods=["post"])
    @once
    @transaction.atomic
    def poll(self, request: Request, **_: Any) -> Response:
        """Queue a poll, also of what failed and may come in by now."""
        feed = self._kept()
        if not feed.is_active:
            raise Problem(
                "wrong-state",
                "The feed is paused",
                status=409,
                detail="It is not polled while it is paused. Set is_active first.",
            )
        poll_soon(feed)
        return self.written(self._record(feed), status=202)

    def _kept(self) -> Feed:
        """Give the feed of this address to one who may change it. Raises PermissionDenied."""
        feed = Feed.objects.select_for_update().filter(public_id=self.kwargs["public_id"]).first()
        if feed is None:
            raise NotFound
        if not feed.is_kept_by(self.request.user):
            raise PermissionDenied("Only who added a feed, or an editor, may change it.")
        return feed

    def _own(self) -> Feed:
        """Give it to one who may change it and has seen how it is set. Raises Problem."""
        feed = self._kept()
        self.require_seen(self._record(feed))
        return feed

    def _record(self, feed: Feed) -> Record:
        return self.records(self.get_queryset().filter(pk=feed.pk))[0]


class FeedEntryFilter(filters.FilterSet):
    """Which entries."""

    state = filters.ChoiceFilter(method="filter_state", choices=EntryState.choices)

    class Meta:
        model = FeedEntry
        fields: list[str] = []

    def filter_state(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those of which this came."""
        return queryset.in_state(value)  # type: ignore[attr-defined]


_OF_FEED = OpenApiParameter(
    "feed", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The id of the feed."
)


@extend_schema_view(
    list=extend_schema(summary="List what a feed has named", parameters=[_OF_FEED]),
    retrieve=extend_schema(summary="Read what came of an entry", parameters=[_OF_FEED]),
)
class FeedEntryViewSet(FeedResource):
    """What a feed has named, and what came of each."""

    queryset = FeedEntry.objects.all()
    serializer_class = FeedEntrySerializer
    filterset_class = FeedEntryFilter
    ordering_fields = {"id": "public_id", "created_at": "seen_at"}

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of an entry, of its feed and of its article."""
        feed = f"{base}feeds/{record['feed']}/"
        found = {"self": f"{feed}entries/{record['id']}/", "feed": feed}
        if record["article"]:
            found["article"] = f"{base}articles/{record['article']}/"
            found["web"] = f"{site_of(base)}articles/{record['article']}/"
        return found

    def get_queryset(self) -> QuerySet[FeedEntry]:
        """Give those of one feed. Raises NotFound."""
        feed = Feed.objects.filter(public_id=self.kwargs["feed"]).first()
        if feed is None:
            raise NotFound
        return feed.entries.select_related("feed", "article")


def _tag_of_settings(record: Record) -> str:
    return tag_of_record({name: record[name] for name in _SETTINGS})[1:9]


def _problem_of(error: IngestError) -> Problem:
    """Write down why a feed was not added."""
    match error:
        case FeedIsKnown():
            return Problem(
                "already-here",
                "The feed is polled already",
                status=409,
                errors=[{"pointer": "/url", "detail": error.errors["url"][0]}],
                feed=str(error.feed.public_id),
            )
        case TooManyFeeds():
            return Problem(
                "too-many-feeds",
                "You have too many feeds",
                status=409,
                detail=error.errors["url"][0],
            )
        case FetchFailed():
            problem = problem_of(error)
            problem.document["title"] = "The feed could not be fetched"
            return problem
        case NotAFeed():
            return Problem(
                "invalid-fields",
                "Some fields cannot be accepted",
                status=400,
                errors=[{"pointer": "/url", "detail": error.errors["url"][0]}],
                feeds=[
                    {"url": offer.url, "title": offer.title, "kind": str(offer.kind)}
                    for offer in error.offers
                ],
            )
    return problem_of(error)
