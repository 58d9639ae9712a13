"""Cursor paging: pages stay where they are while rows come and go."""

import uuid
from typing import Any

from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from articles.api.problems import InvalidParameters


class IdCursorPagination(CursorPagination):
    """Pages in the order of the public ids, which is the order of making."""

    ordering = "public_id"
    page_size = 50
    max_page_size = 1000
    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int:
        """Read `page_size`; one that cannot be used is an error, not a guess."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= self.max_page_size):
            raise InvalidParameters(
                [(self.page_size_query_param, f"Give a number from 1 to {self.max_page_size}.")]
            )
        return int(asked)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Read `cursor`; only what an earlier page gave is taken."""
        wrong = InvalidParameters(
            [
                (
                    self.cursor_query_param,
                    "Use the cursor in `next` or `previous` of an earlier page.",
                )
            ]
        )
        try:
            cursor: Cursor | None = super().decode_cursor(request)
            if cursor is not None:
                uuid.UUID(str(cursor.position))
        except Exception as error:
            raise wrong from error
        return cursor

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Tell the schema how large a page may be."""
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"minimum": 1, "maximum": self.max_page_size}
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Tell the schema: the first page has no previous one, the last no next."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }
