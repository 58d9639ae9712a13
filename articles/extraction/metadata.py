"""Read an article's metadata from JSON-LD, meta tags, microdata and byline conventions.

https://schema.org/NewsArticle, https://ogp.me, Dublin Core and common publisher vocabularies.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from lxml.html import HtmlElement

from articles.extraction.cleanup import get_short_text
from articles.extraction.draft import ArticleDraft
from articles.text.blocks import BYLINE_START
from articles.text.byline import Credit, split_credit
from articles.text.normalise import normalise
from articles.text.urls import clean_url, is_same_site, resolve_url
from config.language_tags import is_language_tag

_ARTICLE_TYPE = re.compile(r"(?:Article|Posting|Report|Review)$")
_ARTICLE_KEYS = {"headline", "author", "datePublished"}
_JSON_LD_DEPTH = 8
_TAG = re.compile(r"<[^>]{1,500}>")
_LINE_BREAK_TAG = re.compile(r"<br\s*/?>|</(?:p|h\d|li|div)>", re.IGNORECASE)
_CREATIVE_COMMONS = re.compile(
    r"creativecommons\.org/(?:licenses/([a-z-]+)|publicdomain/(zero|mark))/(\d\.\d)"
)

# Names of meta tags by field, in order of preference.
_PUBLISHED = (
    *("article:published_time", "og:article:published_time", "og:published_time"),
    *("datepublished", "date"),
    *("dc.date", "dc.date.issued", "dc.date.created"),
    *("dcterms.created", "dcterms.date", "dcterms.issued"),
    *("pubdate", "publishdate", "publish-date", "publish_date", "publication_date"),
    *("parsely-pub-date", "sailthru.date", "citation_publication_date", "citation_date"),
    *("cxenseparse:recs:publishtime", "originalpublicationdate", "article_date_original"),
    *("date.created", "last-published"),
)
_AUTHOR = (
    *("author", "article:author", "og:article:author", "parsely-author", "sailthru.author"),
    *("dc.creator", "dcterms.creator", "citation_author", "byl", "byline", "cxenseparse:author"),
)
_TITLE = (
    *("og:title", "twitter:title", "dc.title", "dcterms.title"),
    *("parsely-title", "sailthru.title"),
)
_OUTLET = (
    *("og:site_name", "application-name", "dc.publisher", "dcterms.publisher", "publisher"),
    *("apple-mobile-web-app-title", "citation_journal_title"),
)
_LICENCE = ("dcterms.license", "dc.rights", "dcterms.rights", "license", "licence")
_LANGUAGE = ("content-language", "language", "dc.language", "dcterms.language", "og:locale")

_FRONT_PAGE = re.compile(r"https?://[^/?#]*/?")
_SEPARATOR = r"\s+[-|–—·•:]+\s+"
# "Source" and "reporter" in the line under a Chinese headline.
_CHINESE_OUTLET = re.compile(r"(?:来源|來源)\s*[:：]\s*([^\s|｜:：]{2,30})")
_CHINESE_AUTHOR = re.compile(r"(?:记者|記者|作者|撰文)\s*[:：]\s*([\u3400-\u9fff·]{2,8})")
_LONGEST_INFO = 150
_SENTENCE = re.compile(r"\w{3,}[.!?:][)\s]*(?:$|[A-ZÀ-Þ])|[。！？]")
_LONGEST_BYLINE = 200
_MOST_ELEMENTS = 20
_MOST_AUTHORS = 100
_AUTHOR_ELEMENTS = (
    "//*[@itemprop='author' and not(ancestor::*[@itemprop='comment'])]"
    " | //a[contains(concat(' ',@rel,' '),' author ')]"
)
_BYLINE_ELEMENTS = (
    "//*[self::p or self::div or self::span or self::address or self::li or self::h3 or self::h4]"
    "[contains(translate(@class,'BYLINEAUTHOR','bylineauthor'),'byline') or "
    "contains(concat(' ',@class,' '),' author ') or contains(@class,'author-name') or "
    "contains(@class,'article-author') or contains(@class,'post-author') or "
    "contains(concat(' ',translate(@class,'WRITE','write'),' '),' writer ')]"
)
_INFO_ELEMENTS = "//*[self::p or self::div][contains(@class,'meta') or contains(@class,'info')]"
_DATE_ATTRIBUTES = (
    "//*[@itemprop='datePublished']/@datetime",
    "//time[@datetime and not(ancestor::aside or ancestor::footer or ancestor::nav or "
    "contains(translate(concat(@class,@itemprop,../@class),'MODUPATE','modupate'),'mod') "
    "or contains(translate(concat(@class,@itemprop,../@class),'UPDATE','update'),'update'))"
    "]/@datetime",
)


@dataclass(frozen=True)
class _Page:
    """The parts of a page that declare metadata."""

    tree: HtmlElement
    url: str
    article: Mapping[str, Any]
    meta: Mapping[str, list[str]]
    title: str
    headings: list[str]

    def first_meta(self, names: Iterable[str]) -> str:
        return next((self.meta[name][0] for name in names if name in self.meta), "")


def read_metadata(tree: HtmlElement, url: str) -> tuple[ArticleDraft, bool | None]:
    """Return what the page at `url` declares for its article, and whether access is free.

    The text is that of the structured data, if any.
    """
    page = _Page(
        tree=tree,
        url=url,
        article=_find_article(list(_iter_json_ld(tree))),
        meta=_read_meta_tags(tree),
        title=_clean_line(tree.findtext(".//title")),
        headings=[line for h in tree.iter("h1") if (line := _clean_line(h.text_content()))],
    )
    outlet = _find_outlet(page)
    draft = ArticleDraft(
        title=_find_title(page, outlet),
        url=_find_canonical_url(page) or None,
        outlet=outlet[:200].strip(),
        authors=_find_authors(page),
        language=_find_language(page) or None,
        published_at=_find_publication_date(page),
        licence=_find_licence(page),
        text=_clean_text(page.article.get("articleBody")),
    )
    return draft, _find_access(page)


def read_moment(raw: Any) -> datetime | None:
    """Parse ISO 8601 or RFC 5322, assuming UTC where no zone is given. Return None if invalid.

    Dates before 1600, or outside the range of UTC datetimes, are taken for errors of the page.
    """
    if not isinstance(raw, str):
        return None
    # No date is longer. The patterns below take quadratic time on long runs of spaces.
    raw = raw.strip()[:100]
    # Accept a zone after a space, which datetime does not.
    iso = re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", raw))
    for parse, text in ((datetime.fromisoformat, iso), (parsedate_to_datetime, raw)):
        with suppress(IndexError, OverflowError, TypeError, ValueError):
            moment = parse(text)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
            return moment if moment.year >= 1600 else None
    return None


def read_language(raw: Any) -> str:
    """Parse a BCP 47 tag or POSIX locale (`en_GB`) to a BCP 47 tag; return "" if invalid."""
    if not isinstance(raw, str):
        return ""
    language, *subtags = re.split(r"[,;.@]", raw)[0].strip().replace("_", "-").split("-")
    tag = "-".join([language.lower(), *(s.upper() if len(s) == 2 else s for s in subtags)])
    return tag if is_language_tag(tag) else ""


def _iter_json_ld(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield every object in the page's JSON-LD, nested ones included."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        # The array around the objects is optional, and some sites add comments or CDATA marks.
        objects = re.search(r"\{.*\}", script.text or "", re.DOTALL)
        # Publishers leave line breaks in strings, which strict parsing rejects.
        with suppress(ValueError, RecursionError):
            yield from _iter_objects(
                json.loads(f"[{objects[0]}]" if objects else "[]", strict=False)
            )


def _iter_objects(data: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        yield data
        data = list(data.values())
    if isinstance(data, list) and depth <= _JSON_LD_DEPTH:
        for value in data:
            yield from _iter_objects(value, depth + 1)


def _find_article(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the first article among the objects, with its `@id` references resolved."""
    by_id = {o["@id"]: o for o in objects if isinstance(o.get("@id"), str) and len(o) > 1}
    article = next(filter(_is_article, objects), {})
    return {key: _resolve_references(value, by_id) for key, value in article.items()}


def _is_article(candidate: dict[str, Any]) -> bool:
    types = candidate.get("@type")
    return not _ARTICLE_KEYS.isdisjoint(candidate) and any(
        isinstance(name, str) and _ARTICLE_TYPE.search(name)
        for name in (types if isinstance(types, list) else [types])
    )


def _resolve_references(value: Any, by_id: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_resolve_references(item, by_id) for item in value]
    if isinstance(value, dict) and isinstance(value.get("@id"), str) and "name" not in value:
        return by_id.get(value["@id"], value)
    return value


def _read_meta_tags(tree: HtmlElement) -> dict[str, list[str]]:
    """Return the contents of the meta tags by lower-case name."""
    contents: dict[str, list[str]] = {}
    for tag in tree.iter("meta"):
        content = _clean_line(tag.get("content"))
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if content and (name := tag.get(attribute)):
                contents.setdefault(name.strip().lower(), []).append(content)
    return contents


def _clean_line(raw: Any) -> str:
    """Return a string of the page as one line without entities and tags; empty for non-strings."""
    return " ".join(_clean_text(raw, " ").split())


def _clean_text(raw: Any, in_place_of_tags: str = "") -> str:
    """Return a string of the page without entities and tags, but with its line breaks."""
    if not isinstance(raw, str):
        return ""
    text = _TAG.sub(in_place_of_tags, _LINE_BREAK_TAG.sub("\n", html.unescape(raw)))
    # JSON may escape lone surrogates.
    return normalise(text.encode(errors="replace").decode()).strip()


def _name_value(value: Any) -> Any:
    """Return the name of a JSON-LD value, which may be an object or a list of objects."""
    if isinstance(value, list):
        return _name_value(value[0]) if value else ""
    return _name_value(value.get("name")) if isinstance(value, dict) else value


def _find_title(page: _Page, outlet: str) -> str:
    title = (
        _clean_line(page.article.get("headline"))
        or page.first_meta(_TITLE)
        or min((h for h in page.headings if h in page.title), key=page.title.index, default="")
        or (page.headings[0] if len(page.headings) == 1 else "")
        or page.title
    )
    # In scripts without spaces, `:` and `_` separate the outlet from the title, too.
    suffix = rf"(?:{_SEPARATOR}|\s*[|:：｜_]\s*){re.escape(outlet)}$"
    return re.sub(suffix, "", title, flags=re.IGNORECASE) if outlet else title


def _find_outlet(page: _Page) -> str:
    return (
        _clean_line(_name_value(page.article.get("publisher")))
        or page.first_meta(_OUTLET)
        or _find_title_suffix(page)
        or next(_iter_info(page, _CHINESE_OUTLET), "")
    )


def _find_title_suffix(page: _Page) -> str:
    """Return what follows the heading in the page's title, which is usually the site's name."""
    for heading in page.headings:
        if suffix := re.match(re.escape(heading) + _SEPARATOR + r"(\S.{1,60})$", page.title):
            return re.split(_SEPARATOR, suffix[1])[-1]
    return ""


def _iter_info(page: _Page, pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield the first group of each match of `pattern` in a short element."""
    for element in page.tree.iter("p", "div", "span"):
        if found := pattern.search(get_short_text(element, _LONGEST_INFO)):
            yield found[1]


def _find_canonical_url(page: _Page) -> str:
    """Return the URL that the page declares for itself, or else the one it was fetched from.

    Some sites declare their front page for every article, so a front page does not count.
    """
    entity = page.article.get("mainEntityOfPage")
    declared = [
        *page.tree.xpath("//link[contains(concat(' ',@rel,' '),' canonical ')]/@href"),
        page.first_meta(["og:url"]),
        page.article.get("url"),
        entity.get("@id") if isinstance(entity, dict) else entity,
    ]
    for raw in declared:
        address = resolve_url(raw, page.url) if isinstance(raw, str) and raw.strip() else ""
        # A page cannot speak for another site, but a saved page may be from anywhere.
        may_declare = not page.url or is_same_site(address, page.url)
        is_front_page = _FRONT_PAGE.fullmatch(address) and not _FRONT_PAGE.fullmatch(page.url)
        if address and may_declare and not is_front_page:
            return clean_url(address)
    return clean_url(page.url) if page.url else ""


def _find_authors(page: _Page) -> list[Credit]:
    """Return the credits of the first source that has any."""
    sources: tuple[Iterable[Credit], ...] = (
        _iter_credits(page.article.get("author") or page.article.get("creator")),
        _iter_credits([content for name in _AUTHOR for content in page.meta.get(name, [])]),
        _iter_marked_credits(page),
        _iter_byline_credits(page),
        map(Credit, islice(_iter_info(page, _CHINESE_AUTHOR), 1)),
    )
    for source in sources:
        credits = {c.name.casefold(): c for c in source if 0 < len(c.name) <= 200}
        if credits:
            return list(credits.values())[:_MOST_AUTHORS]
    return []


def _iter_credits(value: Any) -> Iterator[Credit]:
    if isinstance(value, list):
        for item in value[:_MOST_AUTHORS]:
            yield from _iter_credits(item)
    elif isinstance(value, dict):
        employer = _clean_line(_name_value(value.get("affiliation") or value.get("worksFor")))
        for credit in _iter_credits(value.get("name")):
            yield Credit(credit.name, credit.affiliation or employer[:300])
    elif isinstance(value, str) and not resolve_url(value):
        yield from split_credit(_clean_line(value))


def _iter_marked_credits(page: _Page) -> Iterator[Credit]:
    """Yield the authors that microdata or a link relation marks."""
    for element in page.tree.xpath(_AUTHOR_ELEMENTS)[:_MOST_ELEMENTS]:
        name = _clean_line(element.xpath("string(.//*[@itemprop='name'][1])"))
        yield from split_credit(name or _clean_line(element.text_content())[:_LONGEST_BYLINE])


def _iter_byline_credits(page: _Page) -> Iterator[Credit]:
    """Yield the authors of the first byline: a line starting with "By", or marked by its class."""
    info, marked = (
        page.tree.xpath(path)[:_MOST_ELEMENTS] for path in (_INFO_ELEMENTS, _BYLINE_ELEMENTS)
    )
    info = [e for e in info if BYLINE_START.match(_clean_line(e.text_content()))]
    yield from next(filter(None, map(_split_byline, [*info, *marked])), [])


def _split_byline(element: HtmlElement) -> list[Credit]:
    links = [_clean_line(link.text_content()) for link in element.iter("a")]
    linked = ", ".join(filter(None, links))
    byline = linked or _clean_line(element.text_content())
    # A sentence is not a byline, whatever its class.
    if len(byline) > _LONGEST_BYLINE or (not linked and _SENTENCE.search(byline)):
        return []
    return split_credit(byline)


def _find_language(page: _Page) -> str:
    declared = [
        page.tree.get("lang"),
        _name_value(page.article.get("inLanguage")),
        *(page.first_meta([name]) for name in _LANGUAGE),
    ]
    return next(filter(None, map(read_language, declared)), "")


def _find_publication_date(page: _Page) -> datetime | None:
    declared = [
        page.article.get("datePublished"),
        *(content for name in _PUBLISHED for content in page.meta.get(name, [])),
        *(value for path in _DATE_ATTRIBUTES for value in page.tree.xpath(path)),
    ]
    return next(filter(None, map(read_moment, declared)), None)


def _find_licence(page: _Page) -> str:
    """Return the SPDX identifier of a Creative Commons licence, or another licence as declared."""
    declared = [
        page.article.get("license"),
        *page.tree.xpath(
            "//*[self::a or self::link][contains(concat(' ',@rel,' '),' license ')]/@href"
        ),
        page.first_meta(_LICENCE),
    ]
    licence = next(filter(None, map(_clean_line, declared)), "")
    if found := _CREATIVE_COMMONS.search(licence.lower()):
        name, dedication, version = found.groups()
        names = {"zero": "CC0", "mark": "PDM"}
        return f"CC-{name.upper()}-{version}" if name else f"{names[dedication]}-{version}"
    return licence[:200]


def _find_access(page: _Page) -> bool | None:
    """Return whether the page declares free access; None if it declares neither."""
    if page.first_meta(["article:content_tier"]).lower() == "locked":
        return False
    declared = str(page.article.get("isAccessibleForFree")).lower()
    return {"true": True, "false": False}.get(declared)
