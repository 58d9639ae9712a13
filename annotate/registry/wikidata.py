"""Find Wikidata items by name (wbsearchentities of the MediaWiki API).

Disabled unless WIKIDATA_API is set: search terms leave this server only if the administrator
wants that. Responses are cached. After a failure no request is made for a while, so that users
do not wait for a server that is down.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache

from config.http import AllowedHosts, FetchOptions, RequestError, get

MAX_CANDIDATES = 7
# Keeps the URL shorter than the HTTP client allows, even if every character is escaped.
MAX_NAME_LENGTH = 100
MAX_BYTES = 1_000_000
TIMEOUT = 4.0
CACHE_TIMEOUT = 24 * 60 * 60
RETRY_DELAY = 30
_DOWN = "wikidata:down"
_QID = re.compile(r"Q[1-9][0-9]*\Z")


@dataclass(frozen=True, slots=True)
class Candidate:
    qid: str
    label: str
    description: str


class LookupDisabled(Exception):
    """WIKIDATA_API is not set."""


class LookupFailed(Exception):
    """Wikidata did not respond, or not as documented."""


def find_candidates(name: str, language: str) -> list[Candidate]:
    """Return the items with this name, best first. Raises LookupDisabled, LookupFailed."""
    if not settings.WIKIDATA_API:
        raise LookupDisabled
    query = f"{settings.WIKIDATA_API} {language} {name}"
    key = f"wikidata:{hashlib.sha256(query.encode()).hexdigest()}"
    request = partial(_request_candidates, name, language)
    return cache.get_or_set(key, request, CACHE_TIMEOUT) or []


def _request_candidates(name: str, language: str) -> list[Candidate]:
    if cache.get(_DOWN) == settings.WIKIDATA_API:
        raise LookupFailed
    params = {
        "action": "wbsearchentities",
        "search": name[:MAX_NAME_LENGTH],
        "language": language,
        "uselang": language,
        "type": "item",
        "limit": str(MAX_CANDIDATES),
        "format": "json",
    }
    try:
        options = FetchOptions(
            max_bytes=MAX_BYTES,
            timeout=TIMEOUT,
            max_redirects=0,
            # The administrator chose this address, so it may be private.
            allowed_hosts=AllowedHosts.from_url(settings.WIKIDATA_API),
        )
        response = get(f"{settings.WIKIDATA_API}?{urlencode(params)}", options)
        if not response.is_success:
            raise ValueError(f"Wikidata responded with status {response.status}.")
        items = json.loads(response.body)["search"]
        return [_parse_candidate(item) for item in items[:MAX_CANDIDATES]]
    except (RequestError, ValueError, KeyError, TypeError) as error:
        cache.set(_DOWN, settings.WIKIDATA_API, RETRY_DELAY)
        raise LookupFailed from error


def _parse_candidate(item: Any) -> Candidate:
    qid = str(item["id"])
    if not _QID.match(qid):
        raise ValueError(f"{qid} is not an item id.")
    label, description = str(item.get("label") or qid), str(item.get("description") or "")
    return Candidate(qid, label[:300], description[:500])
