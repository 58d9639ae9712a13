from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.accounts.permissions import require_editor
from articles.feeds import services
from articles.feeds.formats import NotAFeed, ParsedFeed
from articles.feeds.models import DEFAULT_RECHECK_DAYS, EntryState, Feed, FeedEntry, FeedKind
from config.api.conditional import get_record_etag, parse_if_match
from config.api.filters import BooleanFilter, TimeFilterSet
from config.api.idempotency import idempotent
from config.api.problems import InvalidFields, Problem, build_problem
from config.api.resources import NestedResourceViewSet, ResourceSerializer, ResourceViewSet
from config.api.schema import add_problem_members
from config.api.strict import StrictModelSerializer
from config.types import Record

# What people set; the rest of a record results from polling.
_SETTINGS = ("url", "title", "poll_interval_minutes", "recheck_days", "is_active")


class FeedSettingsSerializer(StrictModelSerializer):
    class Meta:
        model = Feed
        fields = ["title", "poll_interval_minutes", "recheck_days", "is_active"]
        extra_kwargs = {
            "poll_interval_minutes": {"help_text": "Minutes between two polls; default 60."},
            "recheck_days": {
                "help_text": "Check imported articles for corrections once a day for this many "
                f"days; 0 turns this off; default {DEFAULT_RECHECK_DAYS}."
            },
            "is_active": {"help_text": "False pauses polling."},
        }


class FeedCreateSerializer(FeedSettingsSerializer):
    """A feed to add."""

    url = serializers.URLField(max_length=2000)

    class Meta(FeedSettingsSerializer.Meta):
        fields = ["url", *FeedSettingsSerializer.Meta.fields]


class FeedSerializer(ResourceSerializer):
    """A feed or sitemap."""

    kind = serializers.ChoiceField(
        choices=FeedKind.choices, allow_blank=True, help_text="Empty before the first poll."
    )
    next_poll_at = serializers.DateTimeField(allow_null=True, help_text="Null while paused.")
    entries = serializers.IntegerField(
        source="entry_count", help_text="How many articles the feed has listed."
    )
    pending = serializers.IntegerField(
        source="pending_count", help_text="How many of them are still to be fetched."
    )
    imported = serializers.IntegerField(
        source="imported_count", help_text="How many of them the feed has imported."
    )
    added_by = serializers.CharField(source="added_by.username", allow_null=True)

    class Meta:
        model = Feed
        fields = read_only_fields = [
            *("id", "title", "url", "kind", "poll_interval_minutes", "recheck_days", "is_active"),
            *("next_poll_at", "last_polled_at", "failures", "last_error"),
            *("entries", "pending", "imported", "added_by", "created_at", "updated_at", "links"),
        ]

    def to_representation(self, instance: Feed) -> Record:
        record = super().to_representation(instance)
        return record if instance.is_active else {**record, "next_poll_at": None}


class FeedEntrySerializer(ResourceSerializer):
    """A URL that a feed has listed."""

    feed = serializers.UUIDField(source="feed.public_id")
    state = serializers.ChoiceField(
        choices=EntryState.choices,
        help_text="`duplicate`: the article existed already; `failed`: it is not retried.",
    )
    article = serializers.UUIDField(source="article.public_id", allow_null=True)

    class Meta:
        model = FeedEntry
        fields = read_only_fields = [
            *("id", "feed", "url", "title", "state", "article", "source_updated_at"),
            *("imported_at", "fetched_at", "next_fetch_at", "attempts", "last_error"),
            *("discovered_at", "links"),
        ]


class FeedFilter(TimeFilterSet):
    url = filters.CharFilter(help_text="The exact URL.")
    title = filters.CharFilter(lookup_expr="icontains", help_text="Part of the title.")
    kind = filters.ChoiceFilter(choices=FeedKind.choices)
    added_by = filters.CharFilter("added_by__username", help_text="A user name.")
    is_active = BooleanFilter(help_text="False: paused feeds.")
    has_error = BooleanFilter(method="filter_has_error", help_text="Whether the last poll failed.")

    def filter_has_error(self, queryset: QuerySet[Any], name: str, value: bool) -> Any:
        no_error = {"last_error": ""}
        return queryset.exclude(**no_error) if value else queryset.filter(**no_error)


class FeedResource(ResourceViewSet):
    """Requires sign-in, as the URL of a feed may contain a secret."""

    permission_classes = [IsAuthenticated, *ResourceViewSet.permission_classes]


def _validate_and_fetch(view: Any, request: Request) -> tuple[dict[str, Any], ParsedFeed]:
    """Raises IngestError."""
    serializer = FeedCreateSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    values = dict(serializer.validated_data)
    services.check_can_add(values["url"], request.user)
    return values, services.fetch_feed(values["url"])


@extend_schema_view(
    list=extend_schema(summary="List feeds"), retrieve=extend_schema(summary="Get a feed")
)
class FeedViewSet(FeedResource):
    """Feeds and sitemaps that are polled for new articles."""

    queryset = Feed.objects.with_counts()
    actions_without_body = frozenset({"destroy", "poll"})
    serializer_class = FeedSerializer
    filterset_class = FeedFilter
    ordering_fields = {
        "id": "public_id",
        "title": "title",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    link_templates = {
        "self": "{api}feeds/{id}/",
        "web": "{site}feeds/{id}/",
        "entries": "{api}feeds/{id}/entries/",
    }

    @classmethod
    def get_etag(cls, record: Record) -> str:
        """Return an entity tag whose first half changes only with the settings."""
        return f'"{_get_settings_tag(record)}-{get_record_etag(record)[1:9]}"'

    def require_if_match(self, current: Record) -> None:
        """Compare only the settings, so that a poll does not make a client's ETag stale."""
        settings_tag = _get_settings_tag(current)
        tags = parse_if_match(self.request)
        if not any(tag.startswith(f'"{settings_tag}-') for tag in tags):
            super().require_if_match(current)

    @extend_schema(
        summary="Add a feed", request=FeedCreateSerializer, responses={201: FeedSerializer}
    )
    @idempotent(prepare=_validate_and_fetch)
    def create(self, request: Request, *, prepared: Any) -> Response:
        """Add a feed or a sitemap after fetching it; its articles are imported later."""
        values, parsed = prepared
        feed = services.save_feed(values.pop("url"), parsed, by=request.user, **values)
        if feed.is_active:
            services.poll_soon(feed)
        return self.build_response(self.serialize(self.get_queryset().get(pk=feed.pk)), status=201)

    @extend_schema(
        summary="Change the settings of a feed",
        request=FeedSettingsSerializer(partial=True),
        responses=FeedSerializer,
    )
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change the given settings."""
        with transaction.atomic():
            feed = self._lock_seen_feed()
            serializer = FeedSettingsSerializer(data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            feed.update_settings(**serializer.validated_data)
        return self.build_response(self.serialize(feed))

    @transaction.atomic
    def destroy(self, request: Request, **_: Any) -> Response:
        """Stop polling. The articles are kept."""
        self._lock_seen_feed().delete()
        return Response(status=204)

    @extend_schema(summary="Poll a feed now", request=None, responses={202: FeedSerializer})
    @action(detail=True, methods=["post"])
    @idempotent()
    @transaction.atomic
    def poll(self, request: Request, **_: Any) -> Response:
        """Queue a poll, also of entries that failed for a temporary reason."""
        feed = self._lock_own_feed()
        if not feed.is_active:
            detail = "A paused feed cannot be polled. Set is_active first."
            raise Problem("conflict", "The feed is paused", status=409, detail=detail)
        services.poll_soon(feed)
        return self.build_response(self.serialize(feed), status=202)

    def _lock_own_feed(self) -> Feed:
        """Lock and return the feed if the user can edit it. Raises PermissionDenied."""
        feed: Feed = self.lock_object()
        require_editor(self.request.user, feed)
        return feed

    def _lock_seen_feed(self) -> Feed:
        """Return the feed if the request's If-Match names its settings. Raises Problem."""
        feed = self._lock_own_feed()
        self.require_if_match(self.serialize(feed))
        return feed


class FeedEntryFilter(filters.FilterSet):
    state = filters.ChoiceFilter(method="filter_state", choices=EntryState.choices)

    def filter_state(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        return queryset.in_state(value)  # type: ignore[attr-defined]


@extend_schema_view(
    list=extend_schema(summary="List the entries of a feed"),
    retrieve=extend_schema(summary="Get an entry of a feed"),
)
class FeedEntryViewSet(FeedResource, NestedResourceViewSet):
    """The URLs that a feed has listed, and their articles."""

    queryset = FeedEntry.objects.select_related("feed", "article")
    parent = FeedViewSet
    parent_field = "feed"
    serializer_class = FeedEntrySerializer
    filterset_class = FeedEntryFilter
    ordering_fields = {"id": "public_id", "discovered_at": "discovered_at"}
    link_templates = {
        "self": "{api}feeds/{feed}/entries/{id}/",
        "feed": "{api}feeds/{feed}/",
        "article": "{api}articles/{article}/",
        "web": "{site}articles/{article}/",
    }


def _get_settings_tag(record: Record) -> str:
    return get_record_etag({name: record[name] for name in _SETTINGS})[1:9]


@build_problem.register
def _(error: services.DuplicateFeed, view: Any = None) -> Problem:
    title, feed = "This feed already exists", str(error.feed.public_id)
    errors = [{"pointer": "/url", "detail": error.errors["url"][0]}]
    return Problem("duplicate-feed", title, status=409, errors=errors, feed=feed)


@build_problem.register
def _(error: services.TooManyFeeds, view: Any = None) -> Problem:
    title = "You have too many feeds"
    return Problem("too-many-feeds", title, status=409, detail=error.errors["url"][0])


@build_problem.register
def _(error: NotAFeed, view: Any = None) -> Problem:
    feeds = [{"url": f.url, "title": f.title, "kind": str(f.kind)} for f in error.links]
    return InvalidFields([(("url",), error.errors["url"][0])], feeds=feeds)


_TEXT = {"type": "string"}
add_problem_members(
    feed={"type": "string", "format": "uuid", "description": "The existing feed (409)."},
    feeds={
        "type": "array",
        "description": "The feeds that a web page links to.",
        "items": {
            "type": "object",
            "properties": {"url": {**_TEXT, "format": "uri"}, "title": _TEXT, "kind": _TEXT},
            "required": ["url", "title", "kind"],
        },
    },
)
