import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer as DRFJSONRenderer
from rest_framework.utils.encoders import JSONEncoder

NDJSON = "application/x-ndjson"
CSV = "text/csv"

# Spreadsheets evaluate a cell that begins with one of these as a formula, some also after spaces,
# quotes and invisible characters, and in forms that Unicode normalises to the ASCII sign.
_FORMULA = re.compile(
    r"""[\t\r\n]|[\s"'`´‘’“”«»\x00-\x1f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*"""
    r"[-=+@⁺⁼₊₌−⩵⩶﬩﹢﹣﹦﹫＋－＝＠]"
)


def to_json(value: Any) -> bytes:
    return orjson.dumps(value, default=JSONEncoder().default)


class JSONRenderer(DRFJSONRenderer):
    """JSON by orjson; by DRF where the accepted media type asks for an `indent`."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if data is None:
            return b""
        if self.get_indent(accepted_media_type or "", renderer_context or {}):
            return bytes(super().render(data, accepted_media_type, renderer_context))
        return to_json(data)


class NDJSONRenderer(JSONRenderer):
    """One JSON object per line. Lists stream without it; this renders the short responses."""

    media_type = NDJSON
    format = "ndjson"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return b"".join(
            to_json(value) + b"\n" for value in (data if isinstance(data, list) else [data])
        )


class CSVRenderer(JSONRenderer):
    """CSV (RFC 4180). Lists stream without it; this renders errors, as JSON."""

    media_type = CSV
    format = "csv"
    charset = "utf-8"


def format_csv_row(values: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(map(_format_cell, values))
    return line.getvalue()


def _format_cell(value: Any) -> Any:
    if isinstance(value, Mapping | list):
        return to_json(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return value
