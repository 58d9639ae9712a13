"""Forms in which the API answers."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer as DRFJSONRenderer
from rest_framework.utils.encoders import JSONEncoder

NDJSON = "application/x-ndjson"
CSV = "text/csv"

# What a spreadsheet takes for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_json(value: Any) -> bytes:
    """Write a value as JSON in UTF-8."""
    return orjson.dumps(value, default=JSONEncoder().default)


class JSONRenderer(DRFJSONRenderer):
    """JSON, written by orjson; with an `indent` in the accepted media type by DRF, to be read."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Write the answer."""
        if data is None:
            return b""
        if self.get_indent(accepted_media_type or "", renderer_context or {}):
            written: bytes = super().render(data, accepted_media_type, renderer_context)
            return written
        return to_json(data)


class NDJSONRenderer(JSONRenderer):
    """One JSON object a line. Lists stream it themselves; what is left is short."""

    media_type = NDJSON
    format = "ndjson"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Write the answer on a line, or each of several on its own."""
        return b"".join(
            to_json(value) + b"\n" for value in (data if isinstance(data, list) else [data])
        )


class CSVRenderer(JSONRenderer):
    """A table (RFC 4180). Lists stream it themselves; what is left is a refusal, in JSON."""

    media_type = CSV
    format = "csv"
    charset = "utf-8"


def csv_line(values: Iterable[Any]) -> str:
    """Write a row of a table; what is no text or number as JSON."""
    line = io.StringIO()
    csv.writer(line).writerow(map(_cell, values))
    return line.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, Mapping | list):
        return to_json(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    # A text from outside is not for a spreadsheet to carry out.
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
