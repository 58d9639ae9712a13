"""Validators of what is answered: `ETag`, `Last-Modified`, `If-None-Match` and `If-Match`
(RFC 9110)."""

import hashlib
import re
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.http import http_date, parse_etags
from rest_framework.request import Request

from config.api.problems import Problem
from config.api.renderers import to_json

Record = dict[str, Any]

# One entity tag or several, as RFC 9110 has them. `*` names nothing that was seen.
_TAG = r'(?:W/)?"[!#-~\x80-\xff]*"'
_TAGS = re.compile(rf"{_TAG}(?:[ \t]*,[ \t]*{_TAG})*\Z")


def tag_of(written: bytes) -> str:
    """Give the entity tag of what is written."""
    return f'"{hashlib.blake2b(written, digest_size=12).hexdigest()}"'


def tag_of_record(record: Record) -> str:
    """Give the entity tag of a record."""
    return tag_of(to_json(record))


def last_modified(records: list[Record]) -> str:
    """Give the HTTP date of the latest change to any of the records; empty where none is known."""
    moments = [
        moment if isinstance(moment, str) else moment.isoformat()
        for record in records
        if (moment := record.get("updated_at") or record.get("created_at"))
    ]
    return http_date(datetime.fromisoformat(max(moments)).timestamp()) if moments else ""


def has_seen(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` names the tag; a compressing server in between makes it weak."""
    given = request.headers.get("If-None-Match", "")
    return bool(given) and any(
        seen == "*" or seen.removeprefix("W/") == tag.removeprefix("W/")
        for seen in parse_etags(given)
    )


def not_modified(response: Any) -> HttpResponse:
    """Give the answer to one who has it already."""
    short = HttpResponse(status=304)
    for name in ("ETag", "Last-Modified", "Cache-Control", "Vary", "Link"):
        if name in response:
            short[name] = response[name]
    return short


def with_validators(request: Request, response: Any) -> Any:
    """Give a rendered answer its tag; to one who has it already, say no more than that."""
    if "ETag" not in response:
        response["ETag"] = tag_of(response.content)
    return not_modified(response) if has_seen(request, response["ETag"]) else response


def names_a_tag(request: Request) -> bool:
    """Whether `If-Match` names an entity tag, any at all."""
    return bool(_TAGS.match(request.headers.get("If-Match", "").strip()))


def require_seen(request: Request, tag: str, current: Record) -> None:
    """Refuse a change by one who has not seen what is there now. Raises Problem (428, 412)."""
    if not names_a_tag(request):
        raise precondition_required()
    given = parse_etags(request.headers["If-Match"])
    if tag not in {seen.removeprefix("W/") for seen in given}:
        raise Problem(
            "stale",
            "This has changed since you read it",
            status=412,
            detail="Look at what is there now (`current`), and send the change again with its "
            "ETag in If-Match.",
            current=current,
        )


def precondition_required() -> Problem:
    """Ask for the tag of what was seen."""
    return Problem(
        "precondition-required",
        "Name what you saw",
        status=428,
        detail="Send the ETag that you got when you read this in If-Match, such as "
        'If-Match: "3", so that nobody’s work is overwritten unseen.',
    )
