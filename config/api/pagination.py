"""Keyset pagination: a page is found by the values of the row that it follows, not by an offset.

Rows that are added or removed do not shift the pages, and the last page costs as much as the
first.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from config.api.filters import IntegerParameter
from config.api.problems import InvalidParameters
from config.types import Record

CURSOR = OpenApiParameter(
    "cursor", description="The position of the page: follow `next` and `previous`."
)
PAGE_SIZE = IntegerParameter("page_size", 50, 1000, description="Results per page.")


@dataclass(frozen=True, slots=True)
class Order:
    """By the column `path`, shown as the field `name`, then by id; nulls always come last."""

    name: str
    path: str
    descending: bool = False

    @classmethod
    def from_request(cls, request: Request, fields: Mapping[str, str]) -> "Order":
        """Parse `ordering`. Raises InvalidParameters."""
        given = request.query_params.get("ordering", "id")
        name = given.removeprefix("-")
        if name not in fields:
            detail = f"Choices: {', '.join(fields)}; prefix - for descending order."
            raise InvalidParameters([("ordering", detail)])
        return cls(name, fields[name], given.startswith("-"))

    def __str__(self) -> str:
        return f"{'-' * self.descending}{self.name}"

    def sort(self, rows: QuerySet[Any], *, backwards: bool = False) -> QuerySet[Any]:
        is_descending = self.descending != backwards
        key = F("public_id").desc() if is_descending else F("public_id").asc()
        if self.path == "public_id":
            return rows.order_by(key)
        nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
        value = F(self.path).desc(**nulls) if is_descending else F(self.path).asc(**nulls)
        return rows.order_by(value, key)

    def build_condition(self, position: list[Any], *, backwards: bool) -> Q:
        """Return the Q that selects rows after (or before) `position`."""
        *values, key = position
        is_descending = self.descending != backwards
        further = Q(**{f"public_id__{'lt' if is_descending else 'gt'}": key})
        if not values:
            return further
        (value,) = values
        same, null = Q(**{self.path: value}), Q(**{f"{self.path}__isnull": True})
        if value is None:
            return null & further | (~null if backwards else Q(pk__in=[]))
        past = Q(**{f"{self.path}__{'lt' if is_descending else 'gt'}": value}) | same & further
        return past if backwards else past | null

    def get_position(self, record: Record) -> list[Any]:
        """Return the values by which a cursor finds the record again."""
        return [record["id"]] if self.path == "public_id" else [record[self.name], record["id"]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position of the row that a page follows, or precedes if `backwards`."""

    position: list[Any]
    backwards: bool

    def encode(self, order: Order) -> str:
        content = json.dumps([str(order), int(self.backwards), *self.position], default=str)
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, given: str, order: Order, model: Any) -> "Cursor":
        """Parse a cursor that was encoded for the same order. Raises InvalidParameters."""
        columns = ["public_id"] if order.path == "public_id" else [order.path, "public_id"]
        try:
            content = base64.urlsafe_b64decode(given.encode() + b"=" * (-len(given) % 4))
            name, backwards, *position = json.loads(content)
            if name != str(order) or backwards not in (0, 1):
                raise ValueError(given)
            values = [
                None if value is None else model._meta.get_field(column).clean(value, None)
                for column, value in zip(columns, position, strict=True)
            ]
        except Exception as error:
            detail = "Use the cursor in `next` or `previous` of a page with the same `ordering`."
            raise InvalidParameters([("cursor", detail)]) from error
        return cls(values, bool(backwards))


class KeysetPagination(BasePagination):
    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        """Return the records of a page. Raises InvalidParameters."""
        order = view.order
        size = PAGE_SIZE.parse(request)
        given = request.query_params.get("cursor")
        cursor = Cursor.decode(given, order, queryset.model) if given is not None else None
        backwards = cursor is not None and cursor.backwards
        if cursor:
            condition = order.build_condition(cursor.position, backwards=backwards)
            queryset = queryset.filter(condition)
        # One more row tells whether there is another page.
        rows = order.sort(queryset, backwards=backwards)[: size + 1]
        records: list[Record] = view.serialize_rows(rows)
        has_more, records = len(records) > size, records[:size]
        if backwards:
            records.reverse()
        has_previous, has_next = (has_more, True) if backwards else (cursor is not None, has_more)
        url = request.build_absolute_uri()
        self.links = {"first": remove_query_param(url, "cursor"), "prev": None, "next": None}
        for rel, index, exists in (("prev", 0, has_previous), ("next", -1, has_next)):
            if records and exists:
                cursor = Cursor(order.get_position(records[index]), rel == "prev")
                self.links[rel] = replace_query_param(url, "cursor", cursor.encode(order))
        return records

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with links to others in the body and in `Link` (RFC 8288)."""
        link = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in self.links.items() if url)
        body = {"next": self.links["next"], "previous": self.links["prev"], "results": data}
        return Response(body, headers={"Link": link})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }
