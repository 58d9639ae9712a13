"""Reading request bodies."""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from config.api.renderers import NDJSON


class StrictJSONParser(JSONParser):
    """JSON in UTF-8, as RFC 8259 has it, that is not nested more deeply than anybody needs."""

    def parse(
        self,
        stream: BinaryIO | Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Parse. Raises ParseError."""
        try:
            # Whatever charset the header names: there is none for JSON.
            return super().parse(
                stream, media_type, {**(parser_context or {}), "encoding": "utf-8"}
            )
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply.") from None


class NDJSONParser(StrictJSONParser):
    """One JSON value a line: a list of them."""

    media_type = NDJSON

    def parse(
        self,
        stream: BinaryIO | Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Parse each line that is not blank. Raises ParseError, which names the line."""
        values = []
        for number, line in enumerate(stream.read().split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                values.append(super().parse(io.BytesIO(line), media_type, parser_context))
            except ParseError as error:
                raise ParseError(f"Line {number}: {error.detail}") from None
        return values
