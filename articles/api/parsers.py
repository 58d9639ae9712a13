"""Reading request bodies, never more of them than the limit."""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from articles.api.problems import Problem


class LimitedJSONParser(JSONParser):
    """JSON, up to the size that a request may have."""

    def parse(
        self,
        stream: BinaryIO | Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Parse. Raises Problem (413) or ParseError."""
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise Problem(
                "too-large",
                "The request is too large",
                status=413,
                detail=f"A request may have at most {limit:,} bytes; "
                f"a text at most {settings.MAX_TEXT_BYTES:,}.",
            )
        try:
            # JSON is UTF-8 (RFC 8259, section 8.1), whatever the request's `charset` says.
            return super().parse(io.BytesIO(body), media_type, {"encoding": "utf-8"})
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply.") from None
