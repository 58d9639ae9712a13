"""Candidates for an entity from Wikidata's search (wbsearchentities of the MediaWiki API).

Off unless WIKIDATA_API is set: what somebody types leaves this server only where its keeper
wants that. Answers are kept in the cache; a server that does not answer is left alone for a
while, so that nobody waits for it at every word."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings
from django.core.cache import cache

MOST = 7
TIMEOUT = httpx.Timeout(4.0, connect=2.0)
KEPT_FOR = 24 * 60 * 60
LEFT_ALONE_FOR = 30
_DOWN = "wikidata:down"
_QID = re.compile(r"Q[1-9][0-9]*\Z")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item of Wikidata."""

    qid: str
    label: str
    description: str


class LookupOff(Exception):
    """This installation asks Wikidata nothing."""


class LookupFailed(Exception):
    """Wikidata did not answer, or not as documented."""


def candidates(words: str, language: str) -> list[Candidate]:
    """Give the items that are called so, the likeliest first. Raises LookupOff, LookupFailed."""
    if not settings.WIKIDATA_API:
        raise LookupOff
    asked = hashlib.sha256(f"{settings.WIKIDATA_API} {language} {words}".encode()).hexdigest()
    key = f"wikidata:{asked}"
    found: list[Candidate] | None = cache.get(key)
    if found is None:
        if cache.get(_DOWN) == settings.WIKIDATA_API:
            raise LookupFailed
        found = _asked(words, language)
        cache.set(key, found, KEPT_FOR)
    return found


def _asked(words: str, language: str) -> list[Candidate]:
    params = {
        "action": "wbsearchentities",
        "search": words,
        "language": language,
        "uselang": language,
        "type": "item",
        "limit": str(MOST),
        "format": "json",
    }
    headers = {"User-Agent": settings.USER_AGENT}
    try:
        with httpx.Client(timeout=TIMEOUT, headers=headers) as client:
            answer = client.get(settings.WIKIDATA_API, params=params).raise_for_status().json()
        return [_candidate(item) for item in answer["search"][:MOST]]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        cache.set(_DOWN, settings.WIKIDATA_API, LEFT_ALONE_FOR)
        raise LookupFailed from error


def _candidate(item: Any) -> Candidate:
    """Read one item; nothing that it says is taken for more than text."""
    qid = str(item["id"])
    if not _QID.match(qid):
        raise ValueError(f"{qid} is not the id of an item.")
    return Candidate(
        qid=qid,
        label=str(item.get("label") or qid)[:300],
        description=str(item.get("description") or "")[:500],
    )
