"""What a feed or a sitemap says: which articles there are, and when each was last changed.

RSS and Atom by feedparser; JSON Feed 1.1 (https://jsonfeed.org/version/1.1); sitemaps
(https://www.sitemaps.org/protocol.html), also a sitemap of sitemaps. And which feeds a web page
names."""

import json
from calendar import timegm
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

import feedparser
from django.utils.dateparse import parse_date, parse_datetime
from lxml import etree
from lxml.html import HTMLParser, document_fromstring, fragment_fromstring

from articles.errors import IngestError
from articles.feeds.models import FeedKind
from articles.text.address import LONGEST, web_address
from articles.text.charset import decode_page

# Of one poll. A sitemap may list fifty thousand pages.
MOST_ENTRIES = 500
_MOST_OFFERS = 20
_LINK_TYPES = {
    "application/rss+xml": FeedKind.RSS,
    "application/atom+xml": FeedKind.ATOM,
    "application/feed+json": FeedKind.JSON,
}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Named:
    """An article that a feed names, and when it says that it was last changed."""

    url: str
    said_at: datetime | None = None
    title: str = ""


@dataclass(frozen=True)
class Found:
    """What a feed says: its title, and its articles, the newest first."""

    kind: FeedKind
    title: str = ""
    entries: list[Named] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)

    @property
    def urls(self) -> list[str]:
        """The addresses of the articles."""
        return [entry.url for entry in self.entries]


@dataclass(frozen=True)
class Offer:
    """A feed that a web page names."""

    url: str
    title: str
    kind: FeedKind


class NotAFeed(IngestError):
    """There is no feed at an address; `offers` are those that the page there names."""

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        self.offers = list(offers)
        said = "This is no RSS, Atom or JSON feed, and no sitemap."
        if len(self.offers) == 1:
            said += f" The page names a feed: {self.offers[0].url}"
        elif self.offers:
            said += f" The page names {len(self.offers)} of them: take one."
        super().__init__({"url": [said]})


def read_feed(data: bytes, url: str) -> Found:
    """Read a feed or a sitemap that was found at `url`. Raises NotAFeed where it is neither."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    found = _json_feed(data, url) if start == b"{" else _sitemap(data, url) or _xml_feed(data, url)
    if found is None:
        raise NotAFeed(find_feeds(data, url) if start == b"<" else ())
    return found


def find_feeds(data: bytes, url: str) -> list[Offer]:
    """Give the feeds that a web page names in its head."""
    try:
        # In UTF-8 again, as lxml takes no words that name another encoding.
        page = decode_page(data).text.encode(errors="replace")
        root = document_fromstring(page, HTMLParser(encoding="utf-8", no_network=True))
    except (etree.LxmlError, ValueError):
        return []
    offers: dict[str, Offer] = {}
    base = web_address(root.xpath("string(//base/@href)"), url) or url
    for link in root.iter("link"):
        kind = _LINK_TYPES.get((link.get("type") or "").partition(";")[0].strip().lower())
        if kind is None or "alternate" not in (link.get("rel") or "").lower().split():
            continue
        address = web_address(link.get("href") or "", base)
        if address and len(address) <= LONGEST and len(offers) < _MOST_OFFERS:
            offers.setdefault(address, Offer(address, _title(link.get("title")), kind))
    return list(offers.values())


def _json_feed(data: bytes, url: str) -> Found | None:
    try:
        feed = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        return None
    items = feed.get("items")
    named = (
        (
            item.get("url") or item.get("external_url") or item.get("id"),
            _moment(item.get("date_modified") or item.get("date_published")),
            _title(item.get("title")),
        )
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
    )
    return Found(FeedKind.JSON, _title(feed.get("title")), list(_entries(named, url)))


def _sitemap(data: bytes, url: str) -> Found | None:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    name = etree.QName(root).localname
    # Only what stands directly in them: a picture has a `loc` too. News sitemaps tell the title
    # (https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap).
    named = [
        (
            part.findtext("{*}loc"),
            _moment(part.findtext("{*}lastmod")),
            _title(part.findtext("{*}news/{*}title")),
        )
        for part in root.iter("{*}url", "{*}sitemap")
    ]
    # Unlike a feed, a sitemap has no order.
    named.sort(key=lambda one: one[1] or _LONG_AGO, reverse=True)
    found = list(_entries(named, url))
    if name == "urlset":
        return Found(FeedKind.SITEMAP, "", found)
    if name == "sitemapindex":
        return Found(FeedKind.SITEMAP, "", [], [one.url for one in found])
    return None


def _xml_feed(data: bytes, url: str) -> Found | None:
    # Bytes are never looked up as an address or a file. Nothing is rendered, so nothing is mended.
    parsed = feedparser.parse(data, sanitize_html=False, resolve_relative_uris=False)
    if not (version := parsed.get("version")):
        return None
    named = (
        (entry.get("link") or entry.get("id"), _changed(entry), _title_in(entry))
        for entry in parsed.entries
    )
    kind = FeedKind.ATOM if version.startswith("atom") else FeedKind.RSS
    return Found(kind, _title_in(parsed.feed), list(_entries(named, url)))


def _title_in(part: Any) -> str:
    """Give the title of a feed or of an entry in plain words; some write it in HTML."""
    title, detail = part.get("title"), part.get("title_detail") or {}
    if title and "html" in (detail.get("type") or ""):
        try:
            title = fragment_fromstring(title, create_parent=True).text_content()
        except (etree.LxmlError, ValueError):
            return ""
    return _title(title)


def _changed(entry: Any) -> datetime | None:
    """Give when an entry was changed, or else published; feedparser has both in UTC."""
    # Not by its `get`, which takes the one for the other.
    given = dict.get(entry, "updated_parsed") or dict.get(entry, "published_parsed")
    try:
        return datetime.fromtimestamp(timegm(given), UTC) if given else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _moment(given: Any) -> datetime | None:
    """Read a time, or a day, as it stands in JSON feeds and sitemaps."""
    if not isinstance(given, str):
        return None
    try:
        moment = parse_datetime(given.strip())
        if moment is None:
            day = parse_date(given.strip())
            if day is None:
                return None
            moment = datetime.combine(day, time.min)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _entries(named: Iterable[tuple[Any, datetime | None, str]], url: str) -> Iterator[Named]:
    seen = set()
    for link, said_at, title in named:
        address = web_address(link, url) if isinstance(link, str) and link.strip() else ""
        if address and address not in seen:
            seen.add(address)
            yield Named(address, said_at, title)
            if len(seen) >= MOST_ENTRIES:
                return


def _title(title: Any) -> str:
    # PostgreSQL keeps no NUL.
    words = title.replace("\0", "") if isinstance(title, str) else ""
    return " ".join(words.split())[:300]
