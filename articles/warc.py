"""Export snapshots as WARC (ISO 28500:2017)."""

from collections.abc import Iterable
from datetime import UTC
from io import BytesIO
from typing import BinaryIO

from django.conf import settings
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from articles.models import Snapshot

# Snapshots hold the decoded body, to which these headers do not apply.
_TRANSFER_HEADERS = {"content-encoding", "content-length", "transfer-encoding", "connection"}


def write_warc(file: BinaryIO, snapshots: Iterable[Snapshot], *, name: str) -> int:
    """Write snapshots as individually compressed response records; return their number."""
    writer = WARCWriter(file, gzip=True)
    info = {"software": settings.USER_AGENT, "format": "WARC File Format 1.0"}
    writer.write_record(writer.create_warcinfo_record(name, info))
    count = 0
    for snapshot in snapshots:
        body = snapshot.get_body()
        headers = [
            (header, str(value))
            for header, value in snapshot.headers.items()
            if header not in _TRANSFER_HEADERS
        ]
        record = writer.create_warc_record(
            snapshot.final_url,
            "response",
            payload=BytesIO(body),
            length=len(body),
            http_headers=StatusAndHeaders(
                str(snapshot.status),
                [*headers, ("content-length", str(len(body)))],
                protocol="HTTP/1.1",
            ),
            warc_headers_dict={
                "WARC-Date": snapshot.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            },
        )
        writer.write_record(record)
        count += 1
    return count
