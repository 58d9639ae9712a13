import io
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from config.api.renderers import NDJSON


class StrictJSONParser(JSONParser):
    """A JSON parser that reads UTF-8 (RFC 8259) and rejects excessive nesting."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        # Ignore a charset in the header: JSON defines none.
        context = {**(parser_context or {}), "encoding": "utf-8"}
        try:
            return super().parse(stream, media_type, context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply.") from None


class NDJSONParser(StrictJSONParser):
    """A parser for one JSON value per line; blank lines are skipped."""

    media_type = NDJSON

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        values = []
        for number, line in enumerate(stream.read().split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                values.append(super().parse(io.BytesIO(line), media_type, parser_context))
            except ParseError as error:
                raise ParseError(f"Line {number}: {error.detail}") from None
        return values
