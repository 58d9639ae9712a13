"""What every resource of the API has: lists in several forms, and single things."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework import serializers, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.conditional import (
    has_seen,
    last_modified,
    require_seen,
    tag_of_record,
    with_validators,
)
from config.api.expansions import Expansion, Tree, asked, expand
from config.api.filters import OF_MANY, OF_WRITING, check_parameters
from config.api.pagination import KeysetPagination, Order
from config.api.problems import InvalidParameters
from config.api.renderers import CSV, NDJSON, CSVRenderer
from config.api.streams import ndjson, table

Record = dict[str, Any]

# Rows of a stream that are read, and whose parts are fetched, at a time.
CHUNK = 1000
# What `fields` never takes away.
ALWAYS = ("id", "kind")


class UrlsField(serializers.DictField):
    """Where a thing and what belongs to it are found; the resource fills it in."""

    def __init__(self) -> None:
        super().__init__(child=serializers.URLField(), read_only=True)


class ResourceViewSet(viewsets.GenericViewSet):
    """An endpoint for things with public ids.

    A resource says which rows there are for whom (`readable`), how they are written down
    (`records`), where what belongs to them is found (`urls_of`), by what they can be sorted and
    what can be told in place of an id.
    """

    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    pagination_class = KeysetPagination
    own_parameters = OF_MANY

    ordering_fields: Mapping[str, str] = {"id": "public_id"}
    expansions: Mapping[str, Expansion] = {}
    # Values that a list tells only where `fields` names them.
    on_request: tuple[str, ...] = ()

    # --- What a resource says of itself ---

    @classmethod
    def readable(cls, user: Any) -> QuerySet[Any]:
        """Give the rows that the user may see."""
        rows: QuerySet[Any] = cls.queryset.all()  # type: ignore[union-attr]
        return rows

    @classmethod
    def records(cls, rows: Iterable[Any]) -> list[Record]:
        """Write rows down."""
        written = cls.writer().to_representation
        return [dict(written(row)) for row in rows]

    @classmethod
    def writer(cls) -> Any:
        """Give the serializer that writes rows down."""
        serializer_class: Any = cls.serializer_class
        return writer(serializer_class)

    @classmethod
    def streamed(cls, rows: QuerySet[Any]) -> Iterator[list[Record]]:
        """Write any number of rows down, some at a time."""
        found = rows.iterator(chunk_size=CHUNK)
        while records := cls.records(islice(found, CHUNK)):
            yield records

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of a record and of what belongs to it, under that of the API."""
        raise NotImplementedError(f"{cls.__name__} does not say where its things are found.")

    @classmethod
    def names(cls) -> list[str]:
        """Name the values of a record, in their order."""
        fields = cls.writer().fields
        return [name for name, field in fields.items() if not field.write_only]

    @classmethod
    def tag(cls, record: Record) -> str:
        """Give the entity tag of a record."""
        return tag_of_record(record)

    @classmethod
    def told(cls, record: Record, request: Request) -> Record:
        """Give a record with its addresses."""
        return {**record, "urls": cls.urls_of(record, base_of(request))}

    # --- What a request asks for ---

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse parameters that a write does not know. Raises InvalidParameters."""
        super().initial(request, *args, **kwargs)
        if self.action and request.method not in SAFE_METHODS:
            check_parameters(request, OF_WRITING)

    def get_queryset(self) -> QuerySet[Any]:
        """Give the rows that the asker may see."""
        return self.readable(self.request.user)

    @cached_property
    def order(self) -> Order:
        """How the list is sorted. Raises InvalidParameters."""
        return Order.asked(self.request, self.ordering_fields)

    @cached_property
    def expanded(self) -> Tree:
        """What is to be expanded. Raises InvalidParameters."""
        return asked(self.request.query_params.get("expand", ""), self.expansions)

    @cached_property
    def fields(self) -> frozenset[str] | None:
        """The values that are to be told; None for all. Raises InvalidParameters."""
        given = self.request.query_params.get("fields")
        if given is None:
            return None
        wanted = [name.strip(" ") for name in given.split(",")]
        known = [*self.names(), *self.expansions]
        if unknown := [name for name in wanted if name not in known]:
            choices = ", ".join(dict.fromkeys(known))
            raise InvalidParameters(
                ("fields", f"There is no “{name[:100]}”. There are: {choices}.") for name in unknown
            )
        return frozenset([*wanted, *ALWAYS])

    @property
    def fields_on_request(self) -> frozenset[str]:
        """The values asked for that a list leaves out else."""
        return (self.fields or frozenset()).intersection(self.on_request)

    def shaped(self, records: list[Record]) -> list[Record]:
        """Expand the records, add their addresses, and leave out what was not asked for."""
        expand(records, self.expanded, self.expansions, self.request)
        if self.fields is None:
            return [self.told(record, self.request) for record in records]
        told = self.told if "urls" in self.fields else lambda record, _: record
        return [
            {k: v for k, v in told(record, self.request).items() if k in self.fields}
            for record in records
        ]

    # --- Answers ---

    def get_renderers(self) -> Any:
        """Offer tables too, of many things; what is not allowed is not refused for its form."""
        offered = super().get_renderers()
        many = getattr(self, "action", None) in ("list", None)
        return [*offered, CSVRenderer()] if many else offered

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Give a page; or everything, to those who accept a stream or a table."""
        rows = self.filter_queryset(self.get_queryset())
        form = request.accepted_renderer.media_type
        if form in (NDJSON, CSV):
            return self._stream(rows, form)
        paginator: Any = self.paginator
        records = paginator.page(rows, request, self)
        response: Response = paginator.get_paginated_response(self.shaped(records))
        if moment := last_modified(records):
            response["Last-Modified"] = moment
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Give one thing."""
        record = self.read_one()
        whole = not self.expanded and self.fields is None
        tag = self.tag(record) if whole else ""
        has_it = whole and has_seen(request, tag)
        # Who has it already is not told it again.
        response = HttpResponse(status=304) if has_it else Response(self.shaped([record])[0])
        if tag:
            response["ETag"] = tag
        if moment := last_modified([record]):
            response["Last-Modified"] = moment
        return response

    def read_one(self) -> Record:
        """Give the record of this address. Raises Http404."""
        rows = self.filter_queryset(self.get_queryset())
        found = self.records(rows.filter(**{self.lookup_field: self.kwargs[self.lookup_field]})[:1])
        if not found:
            raise Http404
        return found[0]

    def require_seen(self, current: Record) -> None:
        """Refuse a change by one who has not seen the record. Raises Problem (428, 412)."""
        require_seen(self.request, self.tag(current), self.told(current, self.request))

    def written(self, record: Record, status: int = 200) -> Response:
        """Answer with what was written."""
        told = self.told(record, self.request)
        response = Response(told, status=status, headers={"ETag": self.tag(record)})
        if status == 201:
            response["Location"] = told["urls"]["self"]
        return response

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say on what the answer depends, and whether the asker has it already."""
        final = super().finalize_response(request, response, *args, **kwargs)
        # Who may see it, and in which form, is asked of each request anew.
        patch_vary_headers(final, ["Accept", "Authorization", "Cookie"])
        final.setdefault("Cache-Control", "no-cache")
        read = request.method in ("GET", "HEAD") and final.status_code == 200
        if read and isinstance(final, Response):
            final.add_post_render_callback(lambda rendered: with_validators(request, rendered))
        return final

    def _stream(self, rows: QuerySet[Any], form: str) -> HttpResponse | StreamingHttpResponse:
        if paged := sorted({"cursor", "page_size"} & set(self.request.query_params)):
            raise InvalidParameters((name, "A stream is not paged.") for name in paged)
        if form == CSV and self.expanded:
            raise InvalidParameters([("expand", "A table has no room for it. Ask for NDJSON.")])
        # What is wrong with the request is said before the stream begins.
        rows, columns = self.order.sort(rows), self._columns()
        if self.request.method == "HEAD":
            return HttpResponse(content_type=form)
        batches = (self.shaped(records) for records in self.streamed(rows))
        lines = table(batches, columns) if form == CSV else ndjson(batches)
        response = StreamingHttpResponse(lines, content_type=form)
        if form == CSV:
            response["Content-Disposition"] = f'attachment; filename="{self.basename}.csv"'
        return response

    def _columns(self) -> Sequence[str]:
        left_out = {"urls", *(() if self.fields else self.on_request)}
        return [
            name
            for name in self.names()
            if name not in left_out and (self.fields is None or name in self.fields)
        ]


@cache
def writer(serializer_class: Any) -> Any:
    """Give a serializer that writes rows down. Making its fields takes longer than using them."""
    return serializer_class()


def base_of(request: Request) -> str:
    """Give the address of the API as the client knows it."""
    plain: Any = request._request
    if not hasattr(plain, "api_base"):
        plain.api_base = plain.build_absolute_uri("/api/v1/")
    base: str = plain.api_base
    return base


def id_of(value: Any, name: str = "id") -> str:
    """Give the id of what may have been expanded already."""
    return str(value[name]) if isinstance(value, dict) else str(value)


def site_of(base: str) -> str:
    """Give the address of the pages that belong to an API."""
    return base.removesuffix("api/v1/")
