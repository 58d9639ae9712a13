"""Cursor paging: pages stay where they are while rows come and go.

A page is found by the values of the row that it follows, not by counting: what is added or
taken away before it moves nothing, and the last page costs as much as the first."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from django.db.models import F, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from config.api.filters import number
from config.api.problems import InvalidParameters

Record = dict[str, Any]

PAGE = 50
LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Order:
    """By which value of a record a list is sorted; those with the same by their id.

    `path` leads to the column of the value. What has no such value comes last, either way.
    """

    name: str
    path: str
    descending: bool = False

    @classmethod
    def asked(cls, request: Request, fields: Mapping[str, str]) -> "Order":
        """Read `ordering`. Raises InvalidParameters."""
        given = request.query_params.get("ordering", "id")
        name = given.removeprefix("-")
        if name not in fields:
            choices = ", ".join(fields)
            raise InvalidParameters(
                [("ordering", f"Give one of {choices}; with - before it for the largest first.")]
            )
        return cls(name, fields[name], given.startswith("-"))

    def __str__(self) -> str:
        return f"{'-' * self.descending}{self.name}"

    def sort(self, rows: QuerySet[Any], *, backwards: bool = False) -> QuerySet[Any]:
        """Sort the rows, or sort them the other way round."""
        falling = self.descending != backwards
        key = F("public_id").desc() if falling else F("public_id").asc()
        if self.path == "public_id":
            return rows.order_by(key)
        # Nothing comes last, so backwards it comes first.
        nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
        value = F(self.path).desc(**nulls) if falling else F(self.path).asc(**nulls)
        return rows.order_by(value, key)

    def beyond(self, position: list[Any], *, backwards: bool) -> Q:
        """Give the condition of standing after a row, or before it."""
        *values, key = position
        falling = self.descending != backwards
        further = Q(**{f"public_id__{'lt' if falling else 'gt'}": key})
        if not values:
            return further
        (value,) = values
        same, absent = Q(**{self.path: value}), Q(**{f"{self.path}__isnull": True})
        if value is None:
            return absent & further | (~absent if backwards else Q(pk__in=[]))
        past = Q(**{f"{self.path}__{'lt' if falling else 'gt'}": value}) | same & further
        return past if backwards else past | absent

    def position(self, record: Record) -> list[Any]:
        """Give the values by which the place of a record is found again."""
        return [record["id"]] if self.path == "public_id" else [record[self.name], record["id"]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the row that a page follows, or comes before."""

    position: list[Any]
    backwards: bool

    def encode(self, order: Order) -> str:
        """Write it down for an address."""
        written = json.dumps([str(order), int(self.backwards), *map(_plain, self.position)])
        return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, given: str, order: Order, model: Any) -> "Cursor":
        """Read what `encode` wrote for the same order. Raises InvalidParameters."""
        try:
            written = base64.urlsafe_b64decode(given.encode() + b"=" * (-len(given) % 4))
            name, backwards, *position = json.loads(written)
            if name != str(order) or backwards not in (0, 1):
                _refuse_cursor()
            columns = [order.path, "public_id"][-len(position) :]
            if len(position) != (1 if order.path == "public_id" else 2):
                _refuse_cursor()
            return cls(
                [
                    model._meta.get_field(column).clean(value, None) if value is not None else None
                    for column, value in zip(columns, position, strict=True)
                ],
                bool(backwards),
            )
        except InvalidParameters:
            raise
        except Exception as error:
            raise _wrong_cursor() from error


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


def _wrong_cursor() -> InvalidParameters:
    return InvalidParameters(
        [("cursor", "Use the cursor in `next` or `previous` of a page with the same `ordering`.")]
    )


def _refuse_cursor() -> NoReturn:
    raise _wrong_cursor()


class KeysetPagination(BasePagination):
    """Pages of records; `previous` and `next` are whole addresses."""

    def page(self, rows: QuerySet[Any], request: Request, view: Any) -> list[Record]:
        """Read a page. Raises InvalidParameters."""
        order = view.order
        size = number(request, "page_size", PAGE, most=LARGEST_PAGE)
        given = request.query_params.get("cursor")
        cursor = Cursor.decode(given, order, rows.model) if given is not None else None
        backwards = cursor is not None and cursor.backwards
        if cursor:
            rows = rows.filter(order.beyond(cursor.position, backwards=backwards))
        # One more than the page has tells whether there is another.
        found: list[Record] = view.records(order.sort(rows, backwards=backwards)[: size + 1])
        more, found = len(found) > size, found[:size]
        if backwards:
            found.reverse()
        before, after = (more, True) if backwards else (cursor is not None, more)
        here = request.build_absolute_uri()
        self.next = self.previous = None
        if found and after:
            self.next = _at(here, Cursor(order.position(found[-1]), False).encode(order))
        if found and before:
            self.previous = _at(here, Cursor(order.position(found[0]), True).encode(order))
        self.first = remove_query_param(here, "cursor")
        return found

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        """Read a page, as DRF asks for it."""
        return self.page(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        """Answer with a page and the way to others, in the body and as `Link` (RFC 8288)."""
        links = {"first": self.first, "prev": self.previous, "next": self.next}
        link = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items() if url)
        body = {"next": self.next, "previous": self.previous, "results": data}
        return Response(body, headers={"Link": link})

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Tell the schema of the parameters."""
        cursor = "Where to go on: follow `next` and `previous`, which have it."
        return [
            _parameter("cursor", {"type": "string"}, cursor),
            _parameter(
                "page_size",
                {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
                "How many results a page has.",
            ),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Tell the schema: the first page has no previous one, the last no next."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _at(here: str, cursor: str) -> str:
    address: str = replace_query_param(here, "cursor", cursor)
    return address
