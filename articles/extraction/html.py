"""A saved or fetched web page: the article in it, and what stands in its way.

Nothing of the page is ever rendered: it is parsed to words, blocks, links and metadata."""

import re
from collections.abc import Iterable, Iterator
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import trafilatura
from django.conf import settings
from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura.settings import DEFAULT_CONFIG, Document

from articles.errors import IngestError
from articles.extraction.blockers import (
    ExtractionBlocker,
    Reason,
    blocker,
    find_blocker,
    visible_text,
)
from articles.extraction.cleanup import BREAK, CAPTION, deck_of, make_ready
from articles.extraction.draft import ArticleDraft
from articles.extraction.metadata import Metadata, read_metadata
from articles.models.article import MAX_TITLE
from articles.text.blocks import Block, BlockKind, read_habits, split_blocks
from articles.text.byline import Credit, read_byline
from articles.text.charset import decode_page
from articles.text.headline import propose_title
from articles.text.language import describe_guess, guess_language
from articles.text.links import Link, find_links
from articles.text.normalise import normalise
from articles.text.urls import clean_url, resolve_url

_CONFIG = copy(DEFAULT_CONFIG)
_CONFIG.read_dict({"DEFAULT": {"MIN_EXTRACTED_SIZE": "60", "MIN_OUTPUT_SIZE": "1"}})

_MOST_ELEMENTS = 50_000
_BLOCK_TAGS = {
    "p",
    "head",
    "item",
    "quote",
    "row",
    "code",
    "ab",
    "fw",
    "div",
    "body",
    "list",
    "table",
}
# What trafilatura calls the elements of HTML, after the Text Encoding Initiative.
_TEI = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "head"),
    **dict.fromkeys(("ul", "ol", "dl"), "list"),
    **dict.fromkeys(("tbody", "thead", "tfoot"), "table"),
    **dict.fromkeys(("td", "th"), "cell"),
    **{"li": "item", "blockquote": "quote", "tr": "row", "pre": "code", "a": "ref", "br": "lb"},
}
_SPACE = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page as it was read: the draft of its article, and what there is to say of it."""

    draft: ArticleDraft
    blocker: ExtractionBlocker | None = None
    cleaned: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def get_article(self) -> ArticleDraft:
        """Give the draft. Raises IngestError (field `page`) where the article is not all there."""
        if self.blocker:
            raise ExtractionFailed(self.blocker)
        return self.draft


class ExtractionFailed(IngestError):
    """A page has no article in it, or only the beginning; `blocker` says why."""

    def __init__(self, found: ExtractionBlocker) -> None:
        self.blocker = found
        super().__init__({"page": [f"{found.detail} ({found.reason})"]})


def read_page(data: bytes, url: str = "", *, charset: str = "") -> Page:
    """Read the article of a page; `url` is where it was found, `charset` what its server said.

    Raises IngestError (field `page`) when the page is too large. All else that is wrong with it is
    said in what is returned.
    """
    if len(data) > settings.MAX_PAGE_BYTES:
        raise ExtractionFailed(_too_large(len(data)))
    decoded = decode_page(data, charset)
    tree = _parse(decoded.text)
    if tree is None:
        return _nothing(url, Reason.NOT_HTML if data.strip() else Reason.EMPTY)
    if sum(1 for _ in tree.iter()) > _MOST_ELEMENTS:
        raise ExtractionFailed(_too_complex())
    found = read_metadata(tree, url)
    text, blocks, links = _extract(tree, url or found.url, found.title, found.authors)
    cleaned = [f"The page calls its encoding another; it is {decoded.encoding}."] * (
        decoded.mislabelled
    )
    if found.is_free is not False and len(found.body) > 2 * len(text):
        text, blocks, links = _of_plain(found.body)
        cleaned.append("The text is the one that the page holds for search engines.")
    draft = _draft(tree, found, text, blocks, links, url)
    return Page(
        draft=draft,
        blocker=find_blocker(tree, text, is_free=found.is_free)
        if text.strip()
        else find_blocker(tree, "") or blocker(Reason.EMPTY),
        cleaned=cleaned + _what_was_cleaned(draft, url, found.language),
        missing=_what_is_missing(draft),
    )


def _too_large(size: int) -> ExtractionBlocker:
    return ExtractionBlocker(
        Reason.TOO_LARGE,
        f"The page is {size / 1e6:.1f} MB; the limit is {settings.MAX_PAGE_BYTES / 1e6:.1f} MB. "
        "Paste the text of the article.",
    )


def _too_complex() -> ExtractionBlocker:
    return ExtractionBlocker(
        Reason.TOO_LARGE,
        f"The page has more than {_MOST_ELEMENTS:,} elements. Paste the text of the article.",
    )


def _nothing(url: str, reason: Reason) -> Page:
    draft = ArticleDraft(title="", text="", url=clean_url(url) or None, blocks=[], links=[])
    return Page(draft=draft, blocker=blocker(reason), missing=_what_is_missing(draft))


def _parse(page: str) -> HtmlElement | None:
    if "<" not in page or "\x00\x00" in page[:1000]:
        return None
    try:
        # As bytes, because lxml takes no str that declares an encoding.
        tree = document_fromstring(
            page.replace("\x00", "").encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    return tree if tree.find(".//body") is not None or tree.tag == "html" else None


def read_fragment(markup: str, title: str = "") -> tuple[str, list[Block], list[Link]]:
    """Read all of a piece of HTML that has nothing but the article in it."""
    tree = _parse(f"<body>{markup}</body>")
    body = None if tree is None else tree.find(".//body")
    if body is None:
        return "", [], []
    for element in list(body.iter(etree.Element)):
        if element.tag == "a":
            element.set("target", resolve_url(element.get("href") or ""))
        element.tag = _TEI.get(element.tag, element.tag)
    return _write(body, title)


# --- Text, blocks and links ---------------------------------------------------------------


def _extract(
    tree: HtmlElement, url: str, title: str, authors: Iterable[Credit]
) -> tuple[str, list[Block], list[Link]]:
    """Extract the main text with its blocks, and its links at their places."""
    if not visible_text(tree):
        return "", [], []
    tree = deepcopy(tree)
    make_ready(tree, authors)
    base = resolve_url(next(iter(tree.xpath("//base/@href")), ""), url) or url
    for anchor in list(tree.iter("a")):
        if href := _href(anchor.get("href") or "", base, url):
            anchor.set("href", href)
        else:
            anchor.drop_tag()
    for favor_recall in (False, True):
        document = trafilatura.bare_extraction(
            deepcopy(tree),
            include_links=True,
            include_comments=False,
            include_tables=True,
            config=_CONFIG,
            favor_recall=favor_recall,
        )
        if isinstance(document, Document) and len(document.body):
            _put_deck(document.body, tree)
            if (written := _write(document.body, title))[0]:
                return written
    return "", [], []


def _put_deck(body: Any, tree: HtmlElement) -> None:
    """Put the sentence that stands under the headline back before the text, if it was left out."""
    tag, words = deck_of(tree)
    if words and words not in " ".join(" ".join(body.itertext()).split()):
        block = body.makeelement(_TEI.get(tag, "p"))
        block.text = words
        body.insert(0, block)


@dataclass
class _Writing:
    """The text as it grows, one block a line, and where its blocks and links lie."""

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def add(self, kind: BlockKind, runs: list[tuple[str, str]]) -> None:
        """Add a block of `(words, href)` runs, with its spaces made one and its ends trimmed."""
        words, places = _joined(runs)
        if not words:
            return
        if words.startswith(CAPTION):
            kind, words, places = BlockKind.CAPTION, *_without_mark(words, places)
        whole = normalise(words)
        if not whole.strip():
            return
        at = len(self.text) + 1 if self.text else 0
        self.text += ("\n" if self.text else "") + whole
        self.blocks.append(Block(kind, at, at + len(whole)))
        for start, end, href in places:
            start, end = (min(len(normalise(words[:place])), len(whole)) for place in (start, end))
            if start < end:
                self.links.append(Link(at + start, at + end, href))


def _joined(runs: list[tuple[str, str]]) -> tuple[str, list[tuple[int, int, str]]]:
    """Join runs to words with single spaces, and say where those with an address lie."""
    words = ""
    places: list[tuple[int, int, str]] = []
    for raw, href in runs:
        run = re.sub(r" *\n *", "\n", _SPACE.sub(" ", raw))
        if not words or words[-1] in " \n":
            run = run.lstrip()
        if words.endswith(" ") and raw.startswith("\n"):
            words = words[:-1]
        core = run.strip()
        if href and core:
            start = len(words) + len(run) - len(run.lstrip())
            if places and places[-1][2] == href and places[-1][1] == start:
                places[-1] = (places[-1][0], start + len(core), href)
            else:
                places.append((start, start + len(core), href))
        words += run
    return words.rstrip(), places


def _without_mark(
    words: str, places: list[tuple[int, int, str]]
) -> tuple[str, list[tuple[int, int, str]]]:
    cut = len(words) - len(words.removeprefix(CAPTION).lstrip())
    return words[cut:], [(max(0, start - cut), end - cut, href) for start, end, href in places]


def _write(body: Any, title: str) -> tuple[str, list[Block], list[Link]]:
    writing = _Writing()
    for kind, runs in _blocks(body, BlockKind.PARAGRAPH):
        heading = " ".join("".join(words for words, _ in runs).split())
        # The title is a field of its own.
        if not (kind == BlockKind.HEADING and not writing.text and _same(heading, title)):
            for part in _parts(runs):
                writing.add(kind, part)
    known = {place for link in writing.links for place in range(link.start, link.end)}
    bare = [link for link in find_links(writing.text) if link.start not in known]
    links = sorted([*writing.links, *bare], key=lambda link: link.start)
    return writing.text, read_habits(writing.text, writing.blocks), links


def _parts(runs: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Part the runs of a block at the breaks that were marked."""
    part: list[tuple[str, str]] = []
    for words, href in runs:
        first, *others = words.split(BREAK)
        part.append((first, href))
        for other in others:
            yield part
            part = [(other, href)]
    yield part


def _same(heading: str, title: str) -> bool:
    def plain(words: str) -> str:
        return re.sub(r"\W+", " ", words).strip().casefold()

    return bool(title) and plain(heading) == plain(title)


def _blocks(element: Any, kind: BlockKind) -> Iterator[tuple[BlockKind, Any]]:
    """Walk trafilatura's tree (TEI names) and give each block with its runs."""
    kind = {
        "head": BlockKind.HEADING,
        "item": BlockKind.LIST_ITEM,
        "quote": BlockKind.QUOTE,
    }.get(element.tag, kind)
    if element.tag == "row":
        cells = [list(_runs(cell)) for cell in element]
        yield kind, [run for cell in cells for run in (*cell, (" | ", ""))][:-1]
        return
    runs: list[tuple[str, str]] = [(element.text or "", "")]
    for child in element:
        if child.tag in _BLOCK_TAGS:
            yield kind, runs
            runs = []
            yield from _blocks(child, kind)
        else:
            runs.extend(_runs(child))
        runs.append((child.tail or "", ""))
    yield kind, runs


def _runs(element: Any, href: str = "") -> Iterator[tuple[str, str]]:
    if element.tag == "lb":
        yield "\n", ""
        return
    if element.tag == "ref":
        href = element.get("target") or ""
    yield element.text or "", href
    for child in element:
        yield from _runs(child, href)
        yield child.tail or "", href


def _href(target: str, base: str, url: str) -> str:
    """Give where a link leads; nothing for a place on the same page."""
    address = resolve_url(target, base)
    return "" if url and address.partition("#")[0] == url.partition("#")[0] else address


def _of_plain(body: str) -> tuple[str, list[Block], list[Link]]:
    text = "\n".join(line.strip() for line in body.split("\n") if line.strip())
    return text, split_blocks(text), find_links(text)


# --- The draft ----------------------------------------------------------------------------


def _draft(
    tree: HtmlElement,
    found: Metadata,
    text: str,
    blocks: list[Block],
    links: list[Link],
    url: str,
) -> ArticleDraft:
    return ArticleDraft(
        title=(found.title or propose_title(text, blocks))[:MAX_TITLE].strip(),
        text=text,
        language=found.language or guess_language(text) or None,
        url=found.url or None,
        outlet=found.outlet[:200].strip(),
        authors=found.authors or _byline(text, blocks),
        published_at=found.published_at or _printed_date(tree, url),
        licence=found.licence,
        links=links,
        blocks=blocks,
    )


def _byline(text: str, blocks: list[Block]) -> list[Credit]:
    return [c for c in read_byline(text, blocks) if c.name]


def _printed_date(tree: HtmlElement, url: str) -> datetime | None:
    """Find a day that is only printed on the page or in its address; midnight of it in UTC."""
    day = find_date(deepcopy(tree), url=url or None, original_date=True, extensive_search=False)
    return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) if day else None


def _what_was_cleaned(draft: ArticleDraft, url: str, said_language: str) -> list[str]:
    notes = []
    if url and draft.url and draft.url != url:
        notes.append(f"The address is the article's own, not the one that was given: {draft.url}")
    if draft.language and not said_language:
        notes.append(describe_guess(draft.language))
    return notes


def _what_is_missing(draft: ArticleDraft) -> list[str]:
    found = {
        "title": draft.title,
        "authors": draft.authors,
        "outlet": draft.outlet,
        "published_at": draft.published_at,
        "language": draft.language,
        "url": draft.url,
        "text": draft.text.strip(),
    }
    return [name for name, value in found.items() if not value]
