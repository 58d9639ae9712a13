"""Conditional requests (RFC 9110): `ETag`, `Last-Modified`, `If-None-Match` and `If-Match`."""

import hashlib
import re
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.http import http_date, parse_etags
from rest_framework.request import Request

from config.api.problems import Problem
from config.api.renderers import to_json
from config.types import Record

_ETAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
# Lists may have empty elements (RFC 9110, 5.6.1).
_ETAGS = re.compile(rf"[ \t,]*{_ETAG}(?:[ \t]*,[ \t,]*{_ETAG})*[ \t,]*\Z")
ANY = "*"


class PreconditionRequired(Problem):
    def __init__(self) -> None:
        super().__init__(
            "precondition-required",
            "If-Match is required",
            status=428,
            detail="Send the ETag of the version that you read in If-Match, such as "
            'If-Match: "3". This prevents overwriting somebody else’s change.',
        )


class PreconditionFailed(Problem):
    """The resource has changed since the client read it; `current` is its present state."""

    def __init__(self, current: Record) -> None:
        super().__init__(
            "precondition-failed",
            "This resource has changed since you read it",
            status=412,
            detail="Read the present state (`current`) and send the change again with its "
            "ETag in If-Match.",
            current=current,
        )


def compute_etag(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def get_record_etag(record: Record) -> str:
    return compute_etag(to_json(record))


def set_last_modified(response: HttpResponse, records: list[Record]) -> None:
    """Set Last-Modified to the latest change to any of the records, if it is known."""
    times = [
        time if isinstance(time, str) else time.isoformat()
        for record in records
        if (time := record.get("updated_at") or record.get("created_at"))
    ]
    if times:
        response["Last-Modified"] = http_date(datetime.fromisoformat(max(times)).timestamp())


def apply_etag(request: Request, response: Any) -> Any:
    """Add an ETag to a rendered response, or replace it by a 304 if the client has it."""
    if "ETag" not in response:
        response["ETag"] = compute_etag(response.content)
    seen = [tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))]
    # Compressing proxies make tags weak.
    if ANY not in seen and response["ETag"].removeprefix("W/") not in seen:
        return response
    not_modified = HttpResponse(status=304)
    for name in ("ETag", "Last-Modified", "Cache-Control", "Vary", "Link"):
        if name in response:
            not_modified[name] = response[name]
    return not_modified


def parse_if_match(request: Request) -> list[str]:
    """Return the tags in `If-Match` in their strong form, or only ANY for `*`.

    Weak tags count as well, because compression weakens them. Raises PreconditionRequired.
    """
    given = request.headers.get("If-Match", "").strip()
    if given == ANY:
        return [ANY]
    if not _ETAGS.match(given):
        raise PreconditionRequired
    return [etag.removeprefix("W/") for etag in re.findall(_ETAG, given)]
