"""The base of all resources: lists in several formats, single records, links and errors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache, partial
from itertools import islice
from string import Formatter
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_vary_headers
from rest_framework import serializers, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from config.api import conditional
from config.api.expansions import Expansion, Tree, expand, parse_expand
from config.api.filters import (
    ACTION_PARAMETERS,
    DETAIL_PARAMETERS,
    LIST_PARAMETERS,
    check_parameters,
)
from config.api.pagination import KeysetPagination, Order
from config.api.problems import InvalidFields, InvalidParameters
from config.api.renderers import CSV, NDJSON, CSVRenderer
from config.api.streams import stream_csv, stream_ndjson
from config.types import Record

API_PATH = "/api/v1/"
# Rows of a stream that are read at a time.
CHUNK_SIZE = 1000
# Fields that `?fields=` never removes.
REQUIRED_FIELDS = ("id", "kind")


class LinkTemplates:
    """The URLs of a record and of related resources.

    In a template, `{api}` and `{site}` are the base URLs of the API and of the web pages; other
    names are fields of the record. A link is left out where one of its fields is null.
    """

    def __init__(self, templates: Mapping[str, str]) -> None:
        self.templates = templates
        # A stream builds the links of every record, so the templates are parsed only once.
        self._parse = lru_cache(maxsize=16)(self._parse_templates)

    def build(self, record: Record, api_url: str) -> dict[str, str]:
        links = {}
        for name, base_url, parts in self._parse(api_url):
            url = base_url
            for literal, field in parts:
                url += literal
                if field:
                    if (value := record[field]) is None:
                        break
                    url += str(value)
            else:
                links[name] = url
        return links

    def _parse_templates(self, api_url: str) -> list[tuple[str, str, list[tuple[str, str | None]]]]:
        """Return the name of each link, its base URL, and its literals with the fields after."""
        bases = {"api": api_url, "site": api_url.removesuffix(API_PATH[1:])}
        parsed = []
        for name, template in self.templates.items():
            (_, base), *parts = [part[:2] for part in Formatter().parse(template)]
            parsed.append((name, bases[base or ""], parts))
        return parsed


class LinksField(serializers.DictField):
    """URLs of a record and of related resources; the viewset fills it in."""

    def __init__(self) -> None:
        super().__init__(child=serializers.URLField(), read_only=True)

    def get_attribute(self, instance: Any) -> Any:
        """Skip the field: models may have an attribute of this name."""
        raise serializers.SkipField


class ResourceSerializer(serializers.ModelSerializer):
    """The base of serializers for reading a model with public ids."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    links = LinksField()


class ResourceViewSet(viewsets.GenericViewSet):
    """A viewset for rows with public ids.

    `link_templates` has the templates of `LinkTemplates`. `deferred_fields` are in a list only if
    `?fields=` names them.
    """

    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    serializer_class: Any = None
    pagination_class = KeysetPagination

    # The actions that write but take no body.
    actions_without_body: frozenset[str] = frozenset({"destroy"})
    # The query parameters of each action, filters apart.
    parameters: Mapping[str, frozenset[str]] = {
        "list": LIST_PARAMETERS,
        "retrieve": DETAIL_PARAMETERS,
    }
    link_templates: Mapping[str, str] = {}
    ordering_fields: Mapping[str, str] = {"id": "public_id"}
    expansions: Mapping[str, Expansion] = {}
    deferred_fields: tuple[str, ...] = ()

    @classmethod
    def get_rows(cls, user: Any) -> QuerySet[Any]:
        """Return the rows that the user can see."""
        return cls.queryset.all()  # type: ignore[union-attr]

    @classmethod
    def serialize_rows(cls, rows: Iterable[Any]) -> list[Record]:
        serialize = get_cached_serializer(cls.serializer_class).to_representation
        return [dict(serialize(row)) for row in rows]

    @classmethod
    def serialize(cls, row: Any) -> Record:
        return cls.serialize_rows([row])[0]

    @classmethod
    def iterate_batches(cls, rows: QuerySet[Any]) -> Iterator[list[Record]]:
        found = rows.iterator(chunk_size=CHUNK_SIZE)
        while records := cls.serialize_rows(islice(found, CHUNK_SIZE)):
            yield records

    @classmethod
    def add_links(cls, record: Record, request: Request) -> Record:
        return {**record, "links": cls._get_links().build(record, get_api_url(request))}

    @classmethod
    @cache
    def _get_links(cls) -> LinkTemplates:
        return LinkTemplates(cls.link_templates)

    @classmethod
    def get_field_names(cls) -> list[str]:
        fields = get_cached_serializer(cls.serializer_class).fields
        return [name for name, field in fields.items() if not field.write_only]

    @classmethod
    def get_etag(cls, record: Record) -> str:
        return conditional.get_record_etag(record)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action and request.method not in SAFE_METHODS:
            check_parameters(request, self.parameters.get(self.action, ACTION_PARAMETERS))
            if self.action in self.actions_without_body and request.data:
                raise InvalidFields([((), "Send no body: this request takes none.")])

    def get_queryset(self) -> QuerySet[Any]:
        return self.get_rows(self.request.user)

    def lock_object(self) -> Any:
        """Lock the row at this URL until the transaction ends, then read it. Raises Http404."""
        model: Any = self.get_queryset().model
        rows = model.objects.select_for_update().only("pk")
        get_object_or_404(rows, public_id=self.kwargs["public_id"])
        return self.get_object()

    @cached_property
    def order(self) -> Order:
        """The order of the list. Raises InvalidParameters."""
        return Order.from_request(self.request, self.ordering_fields)

    @cached_property
    def expanded(self) -> Tree:
        """The relations to expand. Raises InvalidParameters."""
        return parse_expand(self.request.query_params.get("expand", ""), self.expansions)

    @cached_property
    def fields(self) -> frozenset[str] | None:
        """The requested fields; None for all. Raises InvalidParameters."""
        given = self.request.query_params.get("fields")
        if given is None:
            return None
        wanted = [name.strip(" ") for name in given.split(",")]
        known = [*self.get_field_names(), *self.expansions]
        if unknown := [name for name in wanted if name not in known]:
            choices = ", ".join(dict.fromkeys(known))
            raise InvalidParameters(
                ("fields", f"Unknown field “{name[:100]}”. Choices: {choices}.") for name in unknown
            )
        return frozenset([*wanted, *REQUIRED_FIELDS])

    @property
    def requested_deferred_fields(self) -> frozenset[str]:
        return (self.fields or frozenset()).intersection(self.deferred_fields)

    def build_results(self, records: list[Record]) -> list[Record]:
        """Return the records with links, expanded, and reduced to the requested fields."""
        if self.fields is None or "links" in self.fields:
            records = [self.add_links(record, self.request) for record in records]
        expand(records, self.expanded, self.expansions, self.request)
        if self.fields is None:
            return records
        return [{k: v for k, v in record.items() if k in self.fields} for record in records]

    def get_renderers(self) -> Any:
        """Offer CSV for lists, and where no action is allowed: that error comes before a 406."""
        renderers = super().get_renderers()
        offers_csv = getattr(self, "action", None) in ("list", None)
        return [*renderers, CSVRenderer()] if offers_csv else renderers

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        rows = self.filter_queryset(self.get_queryset())
        media_type = request.accepted_renderer.media_type
        if media_type in (NDJSON, CSV):
            return self._stream(rows, media_type)
        paginator: Any = self.paginator
        records = paginator.paginate_queryset(rows, request, self)
        response: Response = paginator.get_paginated_response(self.build_results(records))
        conditional.set_last_modified(response, records)
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        record = self.get_record()
        response: HttpResponse = Response(self.build_results([record])[0])
        if not self.expanded and self.fields is None:
            response["ETag"] = self.get_etag(record)
        conditional.set_last_modified(response, [record])
        return response

    def get_record(self) -> Record:
        """Return the record at this URL. Raises Http404."""
        record = self.fetch_record(self.kwargs[self.lookup_field])
        if record is None:
            raise Http404
        return record

    def fetch_record(self, key: Any) -> Record | None:
        rows = self.filter_queryset(self.get_queryset()).filter(**{self.lookup_field: key})
        return next(iter(self.serialize_rows(rows[:1])), None)

    def require_if_match(self, current: Record) -> None:
        """Raise PreconditionRequired or PreconditionFailed unless If-Match has the current tag."""
        tags = conditional.parse_if_match(self.request)
        if not {conditional.ANY, self.get_etag(current)}.intersection(tags):
            raise conditional.PreconditionFailed(self.add_links(current, self.request))

    def build_response(self, record: Record, status: int = 200) -> Response:
        """Return the response to a write, with the record as it is now."""
        data = self.add_links(record, self.request)
        response = Response(data, status=status, headers={"ETag": self.get_etag(record)})
        if status == 201:
            response["Location"] = data["links"]["self"]
        return response

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(final, ["Accept", "Authorization", "Cookie"])
        # Permissions are checked again for each request.
        final.setdefault("Cache-Control", "no-cache")
        is_read = request.method in ("GET", "HEAD") and final.status_code == 200
        if is_read and isinstance(final, Response):
            final.add_post_render_callback(partial(conditional.apply_etag, request))
        return final

    def _stream(self, rows: QuerySet[Any], media_type: str) -> Any:
        if paged := sorted({"cursor", "page_size"} & set(self.request.query_params)):
            raise InvalidParameters((name, "A stream has no pages.") for name in paged)
        # Evaluate every parameter here: an error cannot be sent once the stream has begun.
        if self.expanded and media_type == CSV:
            raise InvalidParameters([("expand", "CSV has no nested objects. Use NDJSON.")])
        rows, columns = self.order.sort(rows), self._get_columns()
        if self.request.method == "HEAD":
            return HttpResponse(content_type=media_type)
        # Connect here: once the stream has begun, an outage cannot be reported either.
        connection.cursor().close()
        batches = (self.build_results(records) for records in self.iterate_batches(rows))
        lines = stream_csv(batches, columns) if media_type == CSV else stream_ndjson(batches)
        response = StreamingHttpResponse(lines, content_type=media_type)
        if media_type == CSV:
            response["Content-Disposition"] = f'attachment; filename="{self.basename}.csv"'
        return response

    def _get_columns(self) -> Sequence[str]:
        left_out = {"links", *(() if self.fields else self.deferred_fields)}
        return [
            name
            for name in self.get_field_names()
            if name not in left_out and (self.fields is None or name in self.fields)
        ]


class NestedResourceViewSet(ResourceViewSet):
    """A read-only resource below another one, such as `feeds/ID/entries/`.

    `parent_field` is the foreign key to the parent, and in the route the parent's id.
    """

    parent: type[ResourceViewSet]
    parent_field: str

    def get_queryset(self) -> QuerySet[Any]:
        """Raise Http404 if the user cannot see the parent."""
        parents = self.parent.get_rows(self.request.user)
        parent = get_object_or_404(parents, public_id=self.kwargs[self.parent_field])
        return super().get_queryset().filter(**{self.parent_field: parent})


@cache
def get_cached_serializer(serializer_class: Any) -> Any:
    """Return a serializer for reading. Building its fields is slower than using them."""
    return serializer_class()


def get_api_url(request: Request) -> str:
    """Return the base URL of the API as the client sees it."""
    plain: Any = request._request
    if not hasattr(plain, "api_url"):
        plain.api_url = plain.build_absolute_uri(API_PATH)
    return str(plain.api_url)
