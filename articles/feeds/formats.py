"""Parsers for feeds and sitemaps, and for the links to feeds in web pages.

RSS and Atom by feedparser; JSON Feed 1.1 (https://jsonfeed.org/version/1.1); sitemaps and sitemap
indexes (https://www.sitemaps.org/protocol.html)."""

import json
import re
from calendar import timegm
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import feedparser
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from lxml import etree
from lxml.html import HTMLParser, document_fromstring, fragment_fromstring

from articles.errors import IngestError
from articles.feeds.models import MAX_GUID_LENGTH, FeedKind
from articles.text.charset import decode_page
from articles.text.urls import MAX_URL_LENGTH, resolve_url

# Per poll. A sitemap may list fifty thousand pages.
MAX_ITEMS = 500
_MAX_LINKS = 20
_LINK_TYPES = {
    "application/rss+xml": FeedKind.RSS,
    "application/atom+xml": FeedKind.ATOM,
    "application/feed+json": FeedKind.JSON,
}
_DTD = re.compile(r"<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>")
_NEWS_DATE = "{*}news/{*}publication_date"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class FeedItem:
    """`guid` is the item's permanent id (RSS `guid`; Atom and JSON Feed `id`), or ""."""

    url: str
    updated_at: datetime | None = None
    title: str = ""
    guid: str = ""


@dataclass(frozen=True)
class ParsedFeed:
    """The items are newest first. Of a sitemap index, `sitemaps` are the URLs of its sitemaps."""

    kind: FeedKind
    title: str = ""
    items: list[FeedItem] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FeedLink:
    url: str
    title: str
    kind: FeedKind


class NotAFeed(IngestError):
    """A document is not a feed; `links` are the feeds that it links to."""

    def __init__(self, links: Iterable[FeedLink] = ()) -> None:
        self.links = list(links)
        message = _("This is not an RSS, Atom or JSON feed, nor a sitemap.")
        if len(self.links) == 1:
            url = self.links[0].url
            message += " " + _("The page links to a feed: %(url)s") % {"url": url}
        elif self.links:
            number = len(self.links)
            message += " " + _("The page links to %(number)d feeds.") % {"number": number}
        super().__init__({"url": [message]})


def read_feed(data: bytes, url: str, charset: str = "") -> ParsedFeed:
    """Parse a feed or sitemap fetched from `url`; `charset` is that of its Content-Type.

    Raises NotAFeed.
    """
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        parsed = _parse_json_feed(data, url)
    else:
        # A byte order mark, then the Content-Type, then the XML declaration (RFC 7303, 3).
        text = _remove_dtd(decode_page(data, charset).text)
        utf8 = text.encode(errors="replace")
        parsed = _parse_sitemap(utf8, url) or _parse_xml_feed(utf8, url)
    if parsed is None:
        raise NotAFeed(find_feeds(data, url) if start == b"<" else ())
    return parsed


def _remove_dtd(text: str) -> str:
    start = text.find("<!DOCTYPE")
    dtd = _DTD.match(text, start) if start >= 0 else None
    return text[:start] + text[dtd.end() :] if dtd else text


def find_feeds(data: bytes, url: str) -> list[FeedLink]:
    """Return the feeds that a web page links to."""
    try:
        # Encode as UTF-8 again, as lxml rejects str that declares another encoding.
        page = decode_page(data).text.encode(errors="replace")
        root = document_fromstring(page, HTMLParser(encoding="utf-8", no_network=True))
    except (etree.LxmlError, ValueError):
        return []
    links: dict[str, FeedLink] = {}
    base = resolve_url(root.xpath("string(//base/@href)"), url) or url
    for link in root.iter("link"):
        kind = _LINK_TYPES.get((link.get("type") or "").partition(";")[0].strip().lower())
        if kind is None or "alternate" not in (link.get("rel") or "").lower().split():
            continue
        address = resolve_url(link.get("href") or "", base)
        if address and len(address) <= MAX_URL_LENGTH and len(links) < _MAX_LINKS:
            links.setdefault(address, FeedLink(address, _clean_title(link.get("title")), kind))
    return list(links.values())


def _parse_json_feed(data: bytes, url: str) -> ParsedFeed | None:
    try:
        feed = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        return None
    items = feed.get("items")
    found = (
        (
            item.get("url") or item.get("external_url") or item.get("id"),
            _parse_moment(item.get("date_modified") or item.get("date_published")),
            item.get("title"),
            str(item.get("id") or ""),
        )
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
    )
    return ParsedFeed(FeedKind.JSON, _clean_title(feed.get("title")), _read_items(found, url))


def _parse_sitemap(data: bytes, url: str) -> ParsedFeed | None:
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    name = etree.QName(root).localname
    # Direct children only, as an image has a `loc` too. News sitemaps have titles
    # (https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap).
    found = [
        (
            part.findtext("{*}loc"),
            _parse_moment(part.findtext("{*}lastmod") or part.findtext(_NEWS_DATE)),
            part.findtext("{*}news/{*}title"),
            "",
        )
        for part in root.iter("{*}url", "{*}sitemap")
    ]
    # Unlike a feed, a sitemap is not sorted.
    found.sort(key=lambda one: one[1] or _LONG_AGO, reverse=True)
    items = _read_items(found, url)
    if name == "urlset":
        return ParsedFeed(FeedKind.SITEMAP, "", items)
    if name == "sitemapindex":
        return ParsedFeed(FeedKind.SITEMAP, "", [], [item.url for item in items])
    return None


def _parse_xml_feed(data: bytes, url: str) -> ParsedFeed | None:
    # Given bytes, feedparser opens no URL or file. No sanitising: nothing of it is rendered.
    parsed = feedparser.parse(
        data,
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not (version := parsed.get("version")):
        return None
    found = (
        (
            entry.get("link") or entry.get("id"),
            _get_updated_at(entry),
            _get_title(entry),
            entry.get("id"),
        )
        for entry in parsed.entries
    )
    kind = FeedKind.ATOM if version.startswith("atom") else FeedKind.RSS
    return ParsedFeed(kind, _clean_title(_get_title(parsed.feed)), _read_items(found, url))


def _get_title(part: Any) -> Any:
    """Return the title of a feed or entry as plain text; it may be HTML."""
    title, detail = part.get("title"), part.get("title_detail") or {}
    if not (title and "html" in (detail.get("type") or "")):
        return title
    try:
        return fragment_fromstring(title, create_parent=True).text_content()
    except (etree.LxmlError, ValueError):
        return ""


def _get_updated_at(entry: Any) -> datetime | None:
    """Return when an entry was updated, or else published; feedparser has both in UTC."""
    # feedparser's own `get` would return one for the other.
    given = dict.get(entry, "updated_parsed") or dict.get(entry, "published_parsed")
    try:
        return datetime.fromtimestamp(timegm(given), UTC) if given else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _parse_moment(given: Any) -> datetime | None:
    """Parse a time or a date of a JSON feed or sitemap."""
    if not isinstance(given, str):
        return None
    try:
        moment = parse_datetime(given.strip()) or parse_datetime(f"{given.strip()}T00:00")
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read_items(found: Iterable[tuple[Any, datetime | None, Any, Any]], url: str) -> list[FeedItem]:
    """Return the items with an address, each address once, MAX_ITEMS at most."""
    items: dict[str, FeedItem] = {}
    for link, updated_at, title, guid in found:
        address = resolve_url(link, url) if isinstance(link, str) and link.strip() else ""
        if address:
            item = FeedItem(address, updated_at, _clean_title(title), _clean_guid(guid))
            items.setdefault(address, item)
        if len(items) >= MAX_ITEMS:
            break
    # An id that several items have identifies none of them.
    counts = Counter(item.guid for item in items.values())
    return [replace(item, guid="") if counts[item.guid] > 1 else item for item in items.values()]


def _clean_guid(guid: Any) -> str:
    # PostgreSQL cannot store NUL. A longer id is not cut: another may start like it.
    text = guid.replace("\0", "").strip() if isinstance(guid, str) else ""
    return text if len(text) <= MAX_GUID_LENGTH else ""


def _clean_title(title: Any) -> str:
    # PostgreSQL cannot store NUL.
    text = title.replace("\0", "") if isinstance(title, str) else ""
    return " ".join(text.split())[:300]
