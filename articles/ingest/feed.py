"""Feeds and sitemaps: which articles there are, and fetching those that are new.

RSS and Atom by feedparser; JSON Feed 1.1 (https://jsonfeed.org/version/1.1); sitemaps
(https://www.sitemaps.org/protocol.html), also a sitemap of sitemaps.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import feedparser
from django.db import IntegrityError
from lxml import etree

from articles.ingest.refusals import AlreadyHere, NotFetched
from articles.ingest.store import IngestError
from articles.ingest.url import PATIENCE_OF_COMMANDS, ask, conditions, fetch_article
from articles.models import Article, Feed, FeedEntry
from articles.text.address import LONGEST, same_page_key, web_address

FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/json",
        "application/rdf+xml",
        "application/xml",
        "text/xml",
        "text/html",
        "text/plain",
    }
)
LARGEST = 5_000_000
# Of one poll. A sitemap may list fifty thousand pages.
MOST_ENTRIES = 500
_MOST_SITEMAPS = 20
# Reasons that may pass; whatever else refused an entry will do so again.
_PASSING = {"timeout", "unreachable", "broken", "name-not-found", "busy", "status", "tls"}
_MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Found:
    """What a feed says: its title, and the addresses of its articles, the newest first."""

    title: str = ""
    urls: list[str] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)


@dataclass
class Polled:
    """What one poll brought."""

    brought: int = 0
    known: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)


def read_feed(data: bytes, url: str) -> Found:
    """Read a feed or a sitemap that was found at `url`. Raises IngestError where it is neither."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    found = _json_feed(data, url) if start == b"{" else _sitemap(data, url) or _xml_feed(data, url)
    if found is None:
        raise IngestError({"url": ["This is no RSS, Atom or JSON feed, and no sitemap."]})
    return found


def poll(feed: Feed) -> Polled:
    """Ask a feed for what is new and fetch it; faults of single articles do not stop the others.

    The feed is asked whether it changed since the last time. Raises nothing: a feed that fails
    keeps the reason, and is asked later and later.
    """
    polled = Polled()
    try:
        answer = ask(
            feed.url,
            media_types=FEED_TYPES,
            largest=LARGEST,
            patience=PATIENCE_OF_COMMANDS,
            headers=conditions(feed.validators),
        )
        if answer.status != 304:
            found = read_feed(answer.body, answer.url)
            feed.title = feed.title or found.title
            _note(feed, _all_urls(found))
            feed.validators = {
                name: answer.headers[name]
                for name in ("etag", "last-modified")
                if name in answer.headers
            }
    except IngestError as error:
        feed.fail(str(error))
        polled.faults.append((feed.url, str(error)))
        return polled
    feed.succeed()
    for entry in feed.entries.filter(is_done=False).order_by("pk"):
        _bring_in(feed, entry, polled)
    return polled


def _all_urls(found: Found) -> list[str]:
    """Give the addresses of a feed, and those of the sitemaps that a sitemap names."""
    urls, waiting = list(found.urls), list(found.sitemaps)
    seen: set[str] = set()
    while waiting and len(seen) < _MOST_SITEMAPS and len(urls) < MOST_ENTRIES:
        url = waiting.pop(0)
        if url not in seen:
            seen.add(url)
            answer = ask(
                url, media_types=FEED_TYPES, largest=LARGEST, patience=PATIENCE_OF_COMMANDS
            )
            more = read_feed(answer.body, answer.url)
            urls += more.urls
            waiting += more.sitemaps
    return urls[:MOST_ENTRIES]


def _note(feed: Feed, urls: list[str]) -> None:
    """Keep the addresses that the feed has not named before."""
    by_key = {same_page_key(url)[:LONGEST]: url for url in urls}
    known = set(feed.entries.filter(key__in=by_key).values_list("key", flat=True))
    FeedEntry.objects.bulk_create(
        (FeedEntry(feed=feed, key=key, url=url) for key, url in by_key.items() if key not in known),
        ignore_conflicts=True,
    )


def _bring_in(feed: Feed, entry: FeedEntry, polled: Polled) -> None:
    try:
        entry.article = fetch_article(entry.url, by=feed.added_by, patience=PATIENCE_OF_COMMANDS)
        entry.is_done, entry.fault = True, ""
        polled.brought += 1
    except AlreadyHere as error:
        entry.article = Article.objects.filter(public_id=error.public_id).first()
        entry.is_done, entry.fault = True, ""
        polled.known += 1
    except IngestError as error:
        entry.attempts += 1
        passes = isinstance(error, NotFetched) and error.reason in _PASSING
        entry.is_done = not passes or entry.attempts >= _MOST_ATTEMPTS
        entry.fault = str(error)
        polled.faults.append((entry.url, str(error)))
    entry.save()


def add_feed(url: str, *, by: Any = None, minutes: int = 60) -> Feed:
    """Keep a feed to be polled, after looking at it once. Raises IngestError."""
    answer = ask(url, media_types=FEED_TYPES, largest=LARGEST)
    found = read_feed(answer.body, answer.url)
    try:
        return Feed.objects.create(url=url, title=found.title[:300], added_by=by, minutes=minutes)
    except IntegrityError:
        raise IngestError({"url": ["This feed is polled already."]}) from None


def _json_feed(data: bytes, url: str) -> Found | None:
    try:
        feed = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        return None
    items = feed.get("items")
    links = (
        item.get("url") or item.get("external_url") or item.get("id")
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
    )
    return Found(_title(feed.get("title")), list(_addresses(links, url)))


def _sitemap(data: bytes, url: str) -> Found | None:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    name = etree.QName(root).localname
    locations = [element.text for element in root.iter("{*}loc") if _of_sitemap(element)]
    if name == "urlset":
        return Found("", list(_addresses(locations, url)))
    if name == "sitemapindex":
        return Found("", [], list(_addresses(locations, url)))
    return None


def _of_sitemap(element: Any) -> bool:
    """Tell whether a `loc` is a page's, not a picture's."""
    parent = element.getparent()
    return parent is not None and etree.QName(parent).localname in ("url", "sitemap")


def _xml_feed(data: bytes, url: str) -> Found | None:
    # Bytes are never looked up as an address or a file. Nothing is rendered, so nothing is mended.
    parsed = feedparser.parse(data, sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version"):
        return None
    links = (entry.get("link") or entry.get("id") for entry in parsed.entries)
    return Found(_title(parsed.feed.get("title")), list(_addresses(links, url)))


def _addresses(links: Any, url: str) -> Iterator[str]:
    seen = set()
    for link in links:
        address = web_address(link, url) if isinstance(link, str) and link.strip() else ""
        if address and address not in seen:
            seen.add(address)
            yield address
            if len(seen) >= MOST_ENTRIES:
                return


def _title(title: Any) -> str:
    return " ".join(title.split())[:300] if isinstance(title, str) else ""
