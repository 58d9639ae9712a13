"""Lists as streams: the whole filtered set, one object a line (NDJSON)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from articles.api.problems import InvalidParameters
from articles.api.renderers import NDJSON

# Rows that are read, and whose parts are fetched, at a time.
CHUNK = 1000


class StreamedListMixin(mixins.ListModelMixin):
    """A list that is paged as JSON, and streamed whole to those who accept NDJSON."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give a page, or everything."""
        if request.accepted_renderer.media_type != NDJSON:
            return super().list(request, *args, **kwargs)
        rows = self.filter_queryset(self.get_queryset())  # type: ignore[attr-defined]
        if paged := sorted({"cursor", "page_size"} & set(request.query_params)):
            raise InvalidParameters((name, "A stream is not paged.") for name in paged)
        written = self.get_serializer().to_representation  # type: ignore[attr-defined]
        lines = _lines(rows.order_by("public_id"), written)
        # DRF hands on what it did not make itself.
        return StreamingHttpResponse(lines, content_type=NDJSON)  # type: ignore[return-value]


def _lines(rows: QuerySet[Any], written: Any) -> Iterator[str]:
    with _snapshot():
        for row in rows.iterator(chunk_size=CHUNK):
            yield json.dumps(written(row), cls=JSONEncoder, ensure_ascii=False) + "\n"


@contextmanager
def _snapshot() -> Iterator[None]:
    """Read everything as it is at one moment, and keep nobody from writing."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Not by `atomic()`, which would take the lock of a writer.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
