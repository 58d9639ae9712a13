"""What a page says of itself: JSON-LD, OpenGraph and meta tags, and the habits of bylines.

https://schema.org/NewsArticle, https://ogp.me, and the names that Dublin Core and publishers use.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from django.core.exceptions import ValidationError
from lxml.html import HtmlElement

from articles.extraction.cleanup import short_text
from articles.text.address import clean_address, is_same_site, web_address
from articles.text.blocks import BYLINE_START
from articles.text.byline import Credit, split_credit
from articles.text.normalise import normalise
from config.db.languages import validate_language_tag

_ARTICLE_TYPES = re.compile(
    r"(?:Article|NewsArticle|BlogPosting|Report|Review|Posting|LiveBlogPosting|ClaimReview)$"
)
_LD_DEPTH = 8
_SPACE = re.compile(r"\s+")
_TAG = re.compile(r"<[^>]{1,500}>")
_CREATIVE_COMMONS = re.compile(
    r"creativecommons\.org/(?:licenses/([a-z-]+)/(\d\.\d)|publicdomain/(zero|mark)/(\d\.\d))"
)
_PUBLISHED = [
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dc.date.created",
    "dcterms.created",
    "dcterms.date",
    "dcterms.issued",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "citation_publication_date",
    "citation_date",
    "cxenseparse:recs:publishtime",
    "originalpublicationdate",
    "article_date_original",
    "date.created",
    "last-published",
]
_AUTHOR = [
    "author",
    "article:author",
    "og:article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "byl",
    "byline",
    "cxenseparse:author",
]
_TITLE = [
    "og:title",
    "twitter:title",
    "dc.title",
    "dcterms.title",
    "parsely-title",
    "sailthru.title",
]
_OUTLET = [
    "og:site_name",
    "application-name",
    "dc.publisher",
    "dcterms.publisher",
    "publisher",
    "apple-mobile-web-app-title",
    "citation_journal_title",
]
_LICENCE = ["dcterms.license", "dc.rights", "dcterms.rights", "license", "licence"]
# "Source" and "reporter", as the line under a Chinese headline has them.
_CHINESE_OUTLET = re.compile(r"(?:来源|來源)\s*[:：]\s*([^\s|｜:：]{2,30})")
_CHINESE_AUTHOR = re.compile(r"(?:记者|記者|作者|撰文)\s*[:：]\s*([\u3400-\u9fff·]{2,8})")
_LONGEST_INFO = 150
_SENTENCE = re.compile(r"\w{3,}[.!?:][)\s]*(?:$|[A-ZÀ-Þ])|[。！？]")
_BYLINE_XPATH = (
    "//*[@itemprop='author'] | //a[contains(concat(' ',@rel,' '),' author ')]",
    "//*[self::p or self::div or self::span or self::address or self::li or self::h3 or self::h4]"
    "[contains(translate(@class,'BYLINEAUTHOR','bylineauthor'),'byline') or "
    "contains(concat(' ',@class,' '),' author ') or contains(@class,'author-name') or "
    "contains(@class,'article-author') or contains(@class,'post-author') or "
    "contains(concat(' ',translate(@class,'WRITE','write'),' '),' writer ')]",
    # What is said about an article, where it begins with "By".
    "//*[self::p or self::div][contains(@class,'meta') or contains(@class,'info')]",
)
_LONGEST_BYLINE = 200


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What a page says of the article in it; empty where it says nothing."""

    title: str = ""
    url: str = ""
    outlet: str = ""
    authors: list[Credit] = field(default_factory=list)
    language: str = ""
    published_at: datetime | None = None
    licence: str = ""
    body: str = ""
    is_free: bool | None = None


def read_metadata(tree: HtmlElement, url: str) -> Metadata:
    """Read what the page at `url` says of its article."""
    article = _article_of(_linked_data(tree))
    meta = _meta(tree)
    outlet = (
        _line(_name(article.get("publisher")))
        or _first(meta, _OUTLET)
        or _in_title(tree)
        or _in_chinese(tree, _CHINESE_OUTLET)
    )
    return Metadata(
        title=_title(tree, article, meta, outlet),
        url=_canonical(tree, article, meta, url),
        outlet=outlet,
        authors=_authors(tree, article, meta),
        language=_language(tree, article, meta),
        published_at=_published(tree, article, meta),
        licence=_licence(tree, article, meta),
        body=_plain(article.get("articleBody")),
        is_free=_is_free(article, meta),
    )


def read_moment(raw: Any) -> datetime | None:
    """Read ISO 8601 or RFC 5322; a time without a zone is taken as UTC. None where it is neither.

    What lies before 1600 or cannot be put into UTC is a mistake of the page.
    """
    if not isinstance(raw, str):
        return None
    raw = raw.strip()
    moment = _iso(raw) or _of_mail(raw)
    if moment is None:
        return None
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if moment.year >= 1600 else None


def read_language(raw: Any) -> str:
    """Read a BCP 47 tag, also in the form of POSIX (`en_GB`); empty where it is none."""
    if not isinstance(raw, str):
        return ""
    tag = re.split(r"[,;.@]", raw)[0].strip().replace("_", "-")
    parts = tag.split("-")
    tag = "-".join([parts[0].lower(), *(p.upper() if len(p) == 2 else p for p in parts[1:])])
    try:
        validate_language_tag(tag)
    except ValidationError:
        return ""
    return tag


def _iso(raw: str) -> datetime | None:
    # Fractions of any length, and a zone after a space, are common.
    raw = re.sub(r"(\.\d{6})\d+", r"\1", raw)
    raw = re.sub(r"\s+(?=[+-]\d\d:?\d\d$|Z$)", "", raw)
    raw = re.sub(r"\s*(?:UTC|GMT)$", "Z", raw)
    try:
        return datetime.fromisoformat(raw)
    except ValueError:
        return None


def _of_mail(raw: str) -> datetime | None:
    try:
        return parsedate_to_datetime(raw)
    except (TypeError, ValueError, IndexError):
        return None


def _linked_data(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            raw = (script.text or "").strip().removeprefix("<!--").removesuffix("-->")
            raw = re.sub(r"^\s*(?://)?\s*<!\[CDATA\[|(?://)?\s*\]\]>\s*;?\s*$", "", raw)
            try:
                # Publishers let line ends into their strings.
                data = json.loads(raw.strip().rstrip(";"), strict=False)
            except (ValueError, RecursionError):
                continue
            yield from _objects(data)


def _objects(data: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > _LD_DEPTH:
        return
    if isinstance(data, dict):
        yield data
        for value in data.values():
            if isinstance(value, dict | list):
                yield from _objects(value, depth + 1)
    elif isinstance(data, list):
        for value in data:
            yield from _objects(value, depth + 1)


def _article_of(objects: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Give the first object that is an article, with the names that its references stand for."""
    found = list(objects)
    by_id = {o["@id"]: o for o in found if isinstance(o.get("@id"), str) and len(o) > 1}
    for candidate in found:
        kinds = candidate.get("@type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if any(isinstance(kind, str) and _ARTICLE_TYPES.search(kind) for kind in kinds) and (
            "headline" in candidate or "author" in candidate or "datePublished" in candidate
        ):
            return {key: _resolved(value, by_id) for key, value in candidate.items()}
    return {}


def _resolved(value: Any, by_id: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_resolved(one, by_id) for one in value]
    if isinstance(value, dict) and isinstance(value.get("@id"), str) and "name" not in value:
        return by_id.get(value["@id"], value)
    return value


def _meta(tree: HtmlElement) -> dict[str, list[str]]:
    """Give what the meta tags say, by the name in small letters."""
    said: dict[str, list[str]] = {}
    for tag in tree.iter("meta"):
        content = _line(tag.get("content"))
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if content and (name := tag.get(attribute)):
                said.setdefault(name.strip().lower(), []).append(content)
    return said


def _first(meta: Mapping[str, list[str]], names: Iterable[str]) -> str:
    return next((meta[name][0] for name in names if name in meta), "")


def _line(raw: Any) -> str:
    """Put a string of a page on one line, without entities and tags; empty for anything else."""
    if not isinstance(raw, str):
        return ""
    words = _TAG.sub(" ", html.unescape(html.unescape(raw)))
    return _SPACE.sub(" ", normalise(words.encode(errors="replace").decode())).strip()


def _plain(raw: Any) -> str:
    """Give a text of JSON-LD with its line ends."""
    if not isinstance(raw, str):
        return ""
    words = re.sub(r"(?i)<br\s*/?>|</(?:p|h\d|li|div)>", "\n", html.unescape(raw))
    return normalise(_TAG.sub("", words).encode(errors="replace").decode()).strip()


def _name(value: Any) -> Any:
    if isinstance(value, list):
        return _name(value[0]) if value else ""
    return _name(value.get("name")) if isinstance(value, dict) else value


def _is_free(article: Mapping[str, Any], meta: Mapping[str, list[str]]) -> bool | None:
    """Tell whether the page declares that all may read it; None where it says nothing."""
    if _first(meta, ["article:content_tier", "og:article:content_tier"]).lower() == "locked":
        return False
    said = str(article.get("isAccessibleForFree")).lower()
    return {"true": True, "false": False}.get(said)


def _title(
    tree: HtmlElement, article: Mapping[str, Any], meta: Mapping[str, list[str]], outlet: str
) -> str:
    headings = [_line(h.text_content()) for h in tree.iter("h1")]
    named = _line(tree.findtext(".//title"))
    found = (
        _line(article.get("headline"))
        or _first(meta, _TITLE)
        or next((h for h in headings if h and named.startswith(h)), "")
        or next((h for h in headings if h and h in named), "")
        or (headings[0] if len(headings) == 1 else "")
        or named
    )
    return _without_outlet(found, outlet, headings)


def _without_outlet(title: str, outlet: str, headings: Iterable[str]) -> str:
    """Take ` | The Gazette` off a title; in scripts without spaces `:` and `_` will do."""
    for heading in headings:
        if heading and re.match(re.escape(heading) + r"\s+[-|–—·•:]\s", title):
            return heading
    if outlet:
        parted = rf"(?:\s+[-|–—·•:]+\s+|\s*[|:：｜_]\s*){re.escape(outlet)}$"
        return re.sub(parted, "", title, flags=re.IGNORECASE)
    return title


def _in_title(tree: HtmlElement) -> str:
    """Give what stands behind the heading of the page in its title: most name themselves there."""
    named = _line(tree.findtext(".//title"))
    for heading in (_line(h.text_content()) for h in tree.iter("h1")):
        behind = re.match(re.escape(heading) + r"\s+[-|–—·•:]+\s+(\S.{1,60})$", named)
        if heading and behind:
            return re.split(r"\s[-|–—·•]\s", behind[1])[-1]
    return ""


def _canonical(
    tree: HtmlElement, article: Mapping[str, Any], meta: Mapping[str, list[str]], url: str
) -> str:
    """Give the address that the page calls its own; that it was found at, where it names none.

    The front page is nobody's own address, though some name it for all of theirs.
    """
    links = tree.xpath("//link[contains(concat(' ',@rel,' '),' canonical ')]/@href")
    entity = article.get("mainEntityOfPage")
    said = [
        *links,
        _first(meta, ["og:url"]),
        article.get("url"),
        entity.get("@id") if isinstance(entity, dict) else entity,
    ]
    for one in said:
        address = web_address(one, url) if isinstance(one, str) and one.strip() else ""
        if not address or (_is_front(address) and not _is_front(url)):
            continue
        # A page of one site cannot speak for another's; a saved page may be from anywhere.
        if not url or is_same_site(address, url):
            return clean_address(address)
    return clean_address(url) if url else ""


def _is_front(url: str) -> bool:
    return bool(re.fullmatch(r"https?://[^/?#]*/?", url))


def _authors(
    tree: HtmlElement, article: Mapping[str, Any], meta: Mapping[str, list[str]]
) -> list[Credit]:
    return (
        _unique(_credits(article.get("author") or article.get("creator")))
        or _unique(
            credit
            for name in _AUTHOR
            for said in meta.get(name, [])
            if not web_address(said)
            for credit in split_credit(said)
        )
        or _unique(_in_markup(tree))
        or _unique([Credit(name)] if (name := _in_chinese(tree, _CHINESE_AUTHOR)) else [])
    )


def _credits(value: Any) -> Iterator[Credit]:
    if isinstance(value, list):
        for one in value[:50]:
            yield from _credits(one)
    elif isinstance(value, dict):
        post = _line(_name(value.get("affiliation") or value.get("worksFor")))
        for credit in _credits(value.get("name")):
            yield Credit(credit.name, credit.affiliation or post[:300])
    elif isinstance(value, str) and not web_address(value):
        yield from split_credit(_line(value))


def _in_markup(tree: HtmlElement) -> Iterator[Credit]:
    """Read the byline that is marked as one: for what it is, or else by its class."""
    named, classed, about = (tree.xpath(path)[:20] for path in _BYLINE_XPATH)
    for element in named:
        name = _line(element.xpath("string(.//*[@itemprop='name'][1])"))
        yield from split_credit(name or _line(element.text_content())[:_LONGEST_BYLINE])
    if named:
        return
    about = [one for one in about if BYLINE_START.match(_line(one.text_content()))]
    for element in [*about, *classed]:
        said = _line(element.text_content())
        linked = ", ".join(
            _line(a.text_content()) for a in element.xpath(".//a[normalize-space()]")
        )
        words = linked or said
        # A sentence is no byline, whatever its class says.
        is_sentence = not linked and _SENTENCE.search(said)
        if len(words) <= _LONGEST_BYLINE and not is_sentence and (credits := split_credit(words)):
            yield from credits
            return


def _in_chinese(tree: HtmlElement, pattern: re.Pattern[str]) -> str:
    """Give what a short line of the page says after a Chinese word for it."""
    for element in tree.iter("p", "div", "span"):
        if found := pattern.search(short_text(element, _LONGEST_INFO)):
            return found[1]
    return ""


def _unique(credits: Iterable[Credit]) -> list[Credit]:
    found = {c.name.casefold(): c for c in credits if c.name and len(c.name) <= 200}
    return list(found.values())[:100]


def _language(tree: HtmlElement, article: Mapping[str, Any], meta: Mapping[str, list[str]]) -> str:
    said = [
        tree.get("lang"),
        tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang"),
        _name(article.get("inLanguage")),
        _first(meta, ["content-language", "language", "dc.language", "dcterms.language"]),
        _first(meta, ["og:locale"]),
        next(iter(tree.xpath("//article/@lang | //body/@lang | //main/@lang")), None),
    ]
    return next((tag for one in said if (tag := read_language(one))), "")


def _published(
    tree: HtmlElement, article: Mapping[str, Any], meta: Mapping[str, list[str]]
) -> datetime | None:
    said = [
        article.get("datePublished"),
        *(value for name in _PUBLISHED for value in meta.get(name, [])),
        *tree.xpath("//*[@itemprop='datePublished']/@datetime"),
        *tree.xpath("//time[@pubdate]/@datetime"),
        *tree.xpath(
            "//time[@datetime and not(ancestor::aside or ancestor::footer or ancestor::nav or "
            "contains(translate(concat(@class,@itemprop,../@class),'MODUPATE','modupate'),'mod') "
            "or contains(translate(concat(@class,@itemprop,../@class),'UPDATE','update'),'update'))"
            "]/@datetime"
        ),
    ]
    return next((moment for one in said if (moment := read_moment(one))), None)


def _licence(tree: HtmlElement, article: Mapping[str, Any], meta: Mapping[str, list[str]]) -> str:
    said = [
        article.get("license") if isinstance(article.get("license"), str) else "",
        *tree.xpath("//*[self::a or self::link][contains(concat(' ',@rel,' '),' license ')]/@href"),
        _first(meta, _LICENCE),
    ]
    return next((_licence_name(one) for one in said if one and one.strip()), "")[:200]


def _licence_name(said: str) -> str:
    """Give the SPDX identifier of a Creative Commons licence; others as they are."""
    found = _CREATIVE_COMMONS.search(said.lower())
    if not found:
        return _line(said)
    if found[1]:
        return f"CC-{found[1].upper()}-{found[2]}"
    return f"CC0-{found[4]}" if found[3] == "zero" else f"PDM-{found[4]}"
