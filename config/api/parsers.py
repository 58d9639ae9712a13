from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils.json import strict_constant

from config.api.renderers import NDJSON
from config.strict_json import load_json


class StrictJSONParser(JSONParser):
    """A JSON parser that reads UTF-8 (RFC 8259); repeated keys and deep nesting are errors."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        # A charset in the header means nothing: JSON defines none.
        return _parse_json(stream.read())


class NDJSONParser(StrictJSONParser):
    """A parser for one JSON value per line; blank lines are skipped."""

    media_type = NDJSON

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        values = []
        for number, line in enumerate(stream.read().split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                values.append(_parse_json(line))
            except ParseError as error:
                raise ParseError(f"Line {number}: {error.detail}") from None
        return values


def _parse_json(data: bytes) -> Any:
    """Raises ParseError."""
    try:
        return load_json(data.decode(), parse_constant=strict_constant)
    except RecursionError:
        raise ParseError("JSON parse error - nested too deeply.") from None
    except ValueError as error:
        message = str(error).encode(errors="replace").decode()
        raise ParseError(f"JSON parse error - {message}") from None
