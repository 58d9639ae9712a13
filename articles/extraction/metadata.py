"""Read an article's metadata from JSON-LD, meta tags, microdata and byline conventions.

https://schema.org/NewsArticle, https://ogp.me, Dublin Core and common publisher vocabularies.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain, islice, takewhile
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement
from trafilatura.htmlprocessing import prune_unwanted_nodes
from trafilatura.xpaths import AUTHOR_DISCARD_XPATHS, AUTHOR_XPATHS

from articles.extraction.cleanup import get_short_text
from articles.extraction.draft import ArticleDraft
from articles.text.blocks import BYLINE_START
from articles.text.byline import Credit, split_credit
from articles.text.headline import fold_title
from articles.text.normalise import normalise
from articles.text.urls import clean_url, get_page_key, is_same_site, resolve_url
from config.language_tags import is_language_tag

_ARTICLE_TYPE = re.compile(r"(?:Article|Posting|Report|Review)$")
_ARTICLE_KEYS = {"headline", "author", "datePublished"}
_JSON_LD_DEPTH = 8
# Keys whose values are not parts of the object.
_MAIN_KEYS = {"@graph", "mainEntity", "mainEntityOfPage"}
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
_CANONICAL = "//link[contains(concat(' ',@rel,' '),' canonical ')]/@href"
_SEPARATOR = r"\s+[-|–—·•:]+\s+"
# "Source" and "reporter" in the line under a Chinese headline.
_CHINESE_OUTLET = re.compile(r"(?:来源|來源)\s*[:：]\s*([^\s|｜:：]{2,30})")
_CHINESE_AUTHOR = re.compile(r"(?:记者|記者|作者|撰文)\s*[:：]\s*([\u3400-\u9fff·]{2,8})")
_LONGEST_INFO = 150
_SENTENCE = re.compile(r"\w{3,}[.!?][)\s]*(?:$|[A-ZÀ-Þ])|[。！？]")
_LONGEST_BYLINE = 200
_MOST_ELEMENTS = 100
_MOST_AUTHORS = 100
_AUTHOR_ELEMENTS = (
    "//*[contains(@itemprop,'author') or contains(concat(' ',@rel,' '),' author ')"
    " or @class='author' or contains(@class,'author-name') or contains(@class,'authorName')"
    " or contains(@class,'author_name') or contains(@class,'AuthorName')"
    " or contains(concat(' ',translate(@class,'W','w'),' '),' writer ')]"
    "[not(self::meta or self::link)] | //a["
    + " or ".join(
        f"contains(@href,'/{name}/')"
        for name in ("author", "authors", "autor", "autoren", "autores", "auteur", "journalist")
    )
    + "]"
)
_INFO_ELEMENTS = "//*[self::p or self::div][contains(@class,'meta') or contains(@class,'info')]"
_PROFILE_LINK = re.compile(
    r"auth?or|auteur|profil|person|journalist|/by/|/team|/people|staff|redac|writer", re.IGNORECASE
)
# Boxes about other articles, or by readers.
_BOX = re.compile(
    r"comment|related|recirc|recommend|sidebar|share|social|newsletter|teaser|promo|(?<!v)card|popular|"
    r"most-|nav|menu|quote|caption|bio|footer",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"comment|related|recirc|recommend", re.IGNORECASE)
_BOX_TAGS = {"aside", "footer", "nav", "figure", "blockquote", "form", "button"}
_LINE_END = " "
_LINE_TAGS = (
    *("div", "p", "li", "ul", "ol", "section", "header", "td", "tr", "dd", "dt", "br"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
)
_DATE_ELEMENTS = (
    "//*[@datetime and (self::time or @itemprop='datePublished') and not("
    "contains(translate(concat(@class,@itemprop,../@class),'MOD','mod'),'mod') or "
    "contains(translate(concat(@class,@itemprop,../@class),'UPDATE','update'),'update'))]"
)


class _Node(NamedTuple):
    """A JSON-LD object, and whether it is part of another one, as the item of a list is."""

    values: dict[str, Any]
    is_part: bool


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
    meta, title = _read_meta_tags(tree), _clean_line(tree.findtext(".//title"))
    headings = [line for h in tree.iter("h1") if (line := _clean_line(h.text_content()))]
    urls = [url, *tree.xpath(_CANONICAL), *meta.get("og:url", [])]
    titles = [title, *re.split(_SEPARATOR, title), *headings, *meta.get("og:title", [])]
    article = _find_article(list(_iter_json_ld(tree)), urls, titles)
    page = _Page(tree, url, article, meta, title, headings)
    outlet = _find_outlet(page)
    draft = ArticleDraft(
        title=_find_title(page, outlet),
        url=_find_canonical_url(page) or None,
        outlet=outlet[:200].strip(),
        authors=_find_authors(page, outlet),
        language=_find_language(page) or None,
        published_at=_find_publication_date(page),
        licence=_find_licence(page),
        text=_clean_text(page.article.get("articleBody")),
    )
    return draft, _find_access(page)


def read_moment(raw: Any) -> datetime | None:
    """Parse ISO 8601 or RFC 5322, assuming UTC where no zone is given. Return None if invalid.

    The time keeps its zone, so that its date is the one that the page states. Dates before 1600,
    or outside the range of UTC datetimes, are taken for errors of the page.
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
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment if moment.astimezone(UTC).year >= 1600 else None
    return None


def read_language(raw: Any) -> str:
    """Parse a BCP 47 tag or POSIX locale (`en_GB`) to a BCP 47 tag; return "" if invalid."""
    if not isinstance(raw, str):
        return ""
    language, *subtags = re.split(r"[,;.@]", raw)[0].strip().replace("_", "-").split("-")
    tag = "-".join([language.lower(), *(s.upper() if len(s) == 2 else s for s in subtags)])
    return tag if is_language_tag(tag) else ""


def _iter_json_ld(tree: HtmlElement) -> Iterator[_Node]:
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


def _iter_objects(data: Any, *, is_part: bool = False, depth: int = 0) -> Iterator[_Node]:
    if isinstance(data, dict):
        yield _Node(data, is_part)
    if depth > _JSON_LD_DEPTH or not isinstance(data, dict | list):
        return
    pairs = data.items() if isinstance(data, dict) else ((None, value) for value in data)
    for key, value in pairs:
        is_inner = is_part or (key is not None and key not in _MAIN_KEYS)
        yield from _iter_objects(value, is_part=is_inner, depth=depth + 1)


def _find_article(nodes: list[_Node], urls: Iterable[str], titles: Iterable[str]) -> dict[str, Any]:
    """Return the article that the page is about, with its `@id` references resolved.

    Pages also describe the other articles that they list. The page's own has its URL or its
    headline, or else is no part of another object.
    """
    keys = {get_page_key(url) for url in urls if url}
    headlines = {fold_title(_clean_line(title)) for title in titles}

    def rate(node: _Node) -> tuple[bool, bool, bool]:
        has_url = not keys.isdisjoint(map(get_page_key, _iter_urls(node.values)))
        headline = fold_title(_clean_line(node.values.get("headline")))
        return has_url, headline in headlines, not node.is_part

    by_id = {
        node.values["@id"]: node.values
        for node in nodes
        if isinstance(node.values.get("@id"), str) and len(node.values) > 1
    }
    best = max(filter(_is_article, nodes), key=rate, default=None)
    if best is None or not any(rate(best)):
        return {}
    return {key: _resolve_references(value, by_id) for key, value in best.values.items()}


def _iter_urls(article: Mapping[str, Any]) -> Iterator[str]:
    """Yield the URLs by which an article in JSON-LD names its page."""
    for value in (article.get("url"), article.get("mainEntityOfPage"), article.get("@id")):
        for url in value.values() if isinstance(value, dict) else (value,):
            if isinstance(url, str) and resolve_url(url):
                yield url


def _is_article(node: _Node) -> bool:
    types = node.values.get("@type")
    return not _ARTICLE_KEYS.isdisjoint(node.values) and any(
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
        *page.tree.xpath(_CANONICAL),
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


def _find_authors(page: _Page, outlet: str) -> list[Credit]:
    """Return the credits of the first source that names an author other than the outlet."""
    sources: tuple[Iterable[Credit], ...] = (
        _iter_credits(page.article.get("author") or page.article.get("creator")),
        _iter_credits([content for name in _AUTHOR for content in page.meta.get(name, [])]),
        _iter_marked_credits(page),
        _iter_described_credits(page),
        _iter_byline_credits(page),
        map(Credit, islice(_iter_info(page, _CHINESE_AUTHOR), 1)),
    )
    host = (urlsplit(page.url).hostname or "").removeprefix("www.")
    outlets = {outlet.casefold(), host, host.partition(".")[0]}
    fallback: list[Credit] = []
    for source in sources:
        credits = list({c.name.casefold(): c for c in source if 0 < len(c.name) <= 200}.values())
        authors = [credit for credit in credits if credit.name.casefold() not in outlets]
        # What follows the outlet's name is usually its address.
        if authors and authors[0] is credits[0]:
            return authors[:_MOST_AUTHORS]
        fallback = fallback or credits
    return fallback[:_MOST_AUTHORS]


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


def _iter_near_headline(page: _Page, path: str) -> Iterator[tuple[int, HtmlElement]]:
    """Yield the elements of an XPath by their distance to the headline, leaving out boxes.

    The distance is the number of levels from the headline up to the first element that contains
    both.
    """
    headings = list(page.tree.iter("h1"))
    named = (h for h in headings if _clean_line(h.text_content()) in page.title)
    heading = next(named, next(iter(headings), page.tree))
    levels = {element: level for level, element in enumerate([heading, *heading.iterancestors()])}
    found = []
    for element in page.tree.xpath(path)[:_MOST_ELEMENTS]:
        inner = list(
            takewhile(lambda e: e not in levels, chain([element], element.iterancestors()))
        )
        if not any(map(_is_box, inner)):
            found.append((levels[inner[-1].getparent()] if inner else 0, element))
    return iter(sorted(found, key=itemgetter(0)))


def _lists_others(element: HtmlElement) -> bool:
    return element.tag in _BOX_TAGS or bool(_OTHERS.search(element.get("class") or ""))


def _is_box(element: HtmlElement) -> bool:
    names = " ".join(element.get(name) or "" for name in ("class", "id", "itemprop"))
    return element.tag in _BOX_TAGS or bool(_BOX.search(names))


def _iter_marked_credits(page: _Page) -> Iterator[Credit]:
    """Yield the authors that are marked or linked to nearest to the headline."""
    elements = list(_iter_near_headline(page, _AUTHOR_ELEMENTS))
    for distance, first in elements:
        if credits := _split_byline(first):
            yield from credits
            others = (e for at, e in elements if at == distance and e is not first)
            for element in others:
                if _is_alike(first, element):
                    yield from _split_byline(element)
            return


def _is_alike(first: HtmlElement, other: HtmlElement) -> bool:
    """Return whether two elements are marked alike and belong to one list."""
    has_same_marks = first.tag == other.tag and all(
        first.get(name) == other.get(name) for name in ("class", "itemprop", "rel")
    )
    near = list(islice(first.iterancestors(), 2))
    return has_same_marks and bool(near) and near[-1] in other.iterancestors()


def _iter_described_credits(page: _Page) -> Iterator[Credit]:
    """Yield the authors of the first element that trafilatura takes for a byline."""
    tree = prune_unwanted_nodes(deepcopy(page.tree), AUTHOR_DISCARD_XPATHS)
    elements = chain.from_iterable(path(tree)[:_MOST_ELEMENTS] for path in AUTHOR_XPATHS)
    own = (e for e in elements if not any(map(_lists_others, e.iterancestors())))
    short = (e for e in own if get_short_text(e, _LONGEST_BYLINE).strip())
    yield from next(filter(None, map(_split_byline, short)), [])


def _iter_byline_credits(page: _Page) -> Iterator[Credit]:
    """Yield the authors of the first line of information that starts with "By"."""
    for element in page.tree.xpath(_INFO_ELEMENTS)[:_MOST_ELEMENTS]:
        if BYLINE_START.match(_clean_line(get_short_text(element, _LONGEST_BYLINE))):
            yield from _split_byline(element)
            return


def _split_byline(element: HtmlElement) -> list[Credit]:
    """Return the authors that an element names, in microdata, in links to profiles or in a line."""
    names = element.xpath(".//*[@itemprop='name']") or [
        link
        for link in element.iter("a")
        if _PROFILE_LINK.search(" ".join(link.get(n) or "" for n in ("href", "rel", "class")))
    ]
    if listed := [credit for name in names for credit in _split_lines(name)]:
        return listed
    return _split_lines(element)


def _split_lines(element: HtmlElement) -> list[Credit]:
    """Return the authors of the first line that names any."""
    for line in _list_lines(element):
        # A sentence is not a byline, whatever its class.
        is_byline = len(line) <= _LONGEST_BYLINE and not _SENTENCE.search(line)
        if is_byline and (credits := split_credit(line)):
            return credits
    return []


def _list_lines(element: HtmlElement) -> list[str]:
    """Return the lines that an element shows, without dates and buttons."""
    if not get_short_text(element, _LONGEST_INFO * 10).strip():
        return []
    part = deepcopy(element)
    etree.strip_elements(part, "time", "button", "script", "style", with_tail=False)
    for child in part.iter(*_LINE_TAGS):
        child.text = _LINE_END + (child.text or "")
        child.tail = _LINE_END + (child.tail or "")
    return [line for text in part.text_content().split(_LINE_END) if (line := _clean_line(text))]


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
        *(element.get("datetime") for _level, element in _iter_near_headline(page, _DATE_ELEMENTS)),
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
