"""Extract the article of a web page: text, blocks, links and metadata.

The page is only parsed, never rendered.
"""

import re
from collections import deque
from collections.abc import Iterator
from configparser import ConfigParser
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import trafilatura
from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura.settings import DEFAULT_CONFIG, Document, use_config

from articles.extraction.blockers import (
    BlockReason,
    ExtractionFailed,
    build_blocker,
    count_left_out_words,
    count_words,
    find_blocker,
    get_visible_text,
)
from articles.extraction.cleanup import (
    BREAK,
    clean_characters,
    find_captions,
    find_deck,
    prepare_tree,
)
from articles.extraction.draft import MAX_TITLE, ArticleDraft
from articles.extraction.metadata import read_metadata
from articles.extraction.page_text import PageText, read_page_text
from articles.text.blocks import Block, BlockKind, refine_kinds, split_blocks
from articles.text.byline import read_byline
from articles.text.charset import decode_page, name_encoding
from articles.text.headline import fold_title, propose_title
from articles.text.language import describe_guess, guess_language
from articles.text.links import Link, find_links
from articles.text.normalise import normalise
from articles.text.urls import clean_url, resolve_url
from config.translation import gettext as _

# Articles of a few sentences, in scripts without spaces of few characters.
_BRIEF = use_config()
_BRIEF["DEFAULT"]["MIN_EXTRACTED_SIZE"] = "60"
# A page whose text is longer was not taken as a whole for want of text.
_LONGEST_RESCUE = 3_000
# Fewer words left out, such as those of teasers, are not worth a note.
_FEWEST_WORDS_LEFT_OUT = 60

_MAX_ELEMENTS = 50_000
# HTML elements to the TEI names that trafilatura uses.
_TEI = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "head"),
    **dict.fromkeys(("ul", "ol", "dl"), "list"),
    **dict.fromkeys(("tbody", "thead", "tfoot"), "table"),
    **dict.fromkeys(("td", "th"), "cell"),
    **{"li": "item", "blockquote": "quote", "tr": "row", "pre": "code", "a": "ref", "br": "lb"},
}
_KINDS = {"head": BlockKind.HEADING, "item": BlockKind.LIST_ITEM, "quote": BlockKind.QUOTE}
_BLOCK_TAGS = {*_TEI.values(), "p", "ab", "fw", "div", "body"} - {"cell", "ref", "lb"}
_YEAR = re.compile(r"(?:19|20)\d\d")
_UPDATE_DATE = re.compile(
    r"(?:updated|modified|aktualisiert|mis à jour|actualizad[oa]|atualizad[oa]|aggiornat[oa]|"
    r"bijgewerkt|aktualizacja|обновлено|更新)[^,;|()]{0,40}?(?:19|20)\d\d[^\d\W]?",
    re.IGNORECASE,
)
_US_DATE = re.compile(r"\b(0?[1-9]|1[0-2])/(\d{1,2})/((?:19|20)\d\d)\b")
_SPACE = re.compile(r"[^\S\n]+")

# Pieces of text with their hrefs or "", and the kind of their block.
Runs = list[tuple[str, str]]
RunsOfKind = tuple[BlockKind, Runs]


@dataclass(frozen=True, kw_only=True)
class Page:
    """An extracted page. `notes` are those of the draft and others of less weight."""

    draft: ArticleDraft
    blocker: ExtractionFailed | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """The fields that were not found."""
        fields = ("title", "authors", "outlet", "published_at", "language", "url", "text")
        return [name for name in fields if not getattr(self.draft, name)]

    def get_article(self) -> ArticleDraft:
        """Return the draft. Raises ExtractionFailed if there is a blocker."""
        if self.blocker:
            raise self.blocker
        return self.draft


def read_page(
    data: bytes, url: str = "", *, charset: str = "", max_bytes: int | None = None
) -> Page:
    """Extract the article of the page at `url`; `charset` is that of its Content-Type.

    Raises ExtractionFailed if the page is too large. Any other blocker is in the result.
    """
    if max_bytes and len(data) > max_bytes:
        message = _("The page is %(size).1f MB; the limit is %(limit).1f MB.")
        raise _build_size_error(message % {"size": len(data) / 1e6, "limit": max_bytes / 1e6})
    decoded = decode_page(data, charset)
    tree = _parse(decoded.text)
    if tree is None:
        draft = ArticleDraft(text="", url=clean_url(url) or None, blocks=[], links=[])
        reason = BlockReason.NOT_HTML if data.strip() else BlockReason.EMPTY
        return Page(draft=draft, blocker=build_blocker(reason))
    if sum(1 for _element in tree.iter()) > _MAX_ELEMENTS:
        message = _("The page has more than %(limit)s elements.")
        raise _build_size_error(message % {"limit": f"{_MAX_ELEMENTS:,}"})
    declared, is_free = read_metadata(tree, url)
    content = _extract(tree, declared, url or declared.url or "")
    notes = []
    if decoded.mislabelled:
        note = _("The page declares a wrong encoding. It was read as %(encoding)s.")
        notes.append(note % {"encoding": name_encoding(decoded.encoding)})
    word_count, left_out = count_words(content.text), count_left_out_words(tree, content.text)
    if left_out > max(word_count, _FEWEST_WORDS_LEFT_OUT):
        note = _(
            "The text has %(words)d words; %(left_out)d words of running text on the page were "
            "left out. Check that nothing is missing."
        )
        notes.append(note % {"words": word_count, "left_out": left_out})
    if is_free is not False and len(declared.text) > 2 * len(content.text):
        text = "\n".join(line.strip() for line in declared.text.split("\n") if line.strip())
        content = ArticleDraft(text=text, blocks=split_blocks(text), links=find_links(text))
        notes.append(_("The text was taken from the page's structured data."))
    draft = replace(_add_metadata(content, declared, tree, url), notes=tuple(notes))
    blocker = find_blocker(tree, draft.text, is_free=is_free if draft.text else None)
    if not (blocker or draft.text):
        blocker = build_blocker(BlockReason.EMPTY)
    if url and draft.url and draft.url != url:
        note = _("The page declares another URL for the article: %(url)s")
        notes.append(note % {"url": draft.url})
    if draft.language and not declared.language:
        notes.append(describe_guess(draft.language))
    return Page(draft=draft, blocker=blocker, notes=notes)


def read_fragment(markup: str, title: str = "") -> ArticleDraft:
    """Extract HTML that contains only the article."""
    tree = _parse(f"<body>{markup}</body>")
    body = None if tree is None else tree.find(".//body")
    if body is None:
        return ArticleDraft(title=title, text="", blocks=[], links=[])
    for element in list(body.iter(etree.Element)):
        if element.tag == "a":
            element.set("target", resolve_url(element.get("href") or ""))
        element.tag = _TEI.get(element.tag, element.tag)
    return _write(body, title)


def _build_size_error(message: str) -> ExtractionFailed:
    detail = f"{message} {_('Paste the text of the article.')}"
    return ExtractionFailed(BlockReason.TOO_LARGE, detail)


def _parse(page: str) -> HtmlElement | None:
    if "<" not in page or "\x00\x00" in page[:1000]:
        return None
    try:
        # lxml rejects str with an encoding declaration.
        tree = document_fromstring(
            page.replace("\x00", "").encode("utf-8", "replace"),
            parser=HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True),
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    clean_characters(tree)
    return tree if tree.find(".//body") is not None or tree.tag == "html" else None


def _extract(tree: HtmlElement, declared: ArticleDraft, url: str) -> ArticleDraft:
    """Return a draft with the main text, its blocks and its links."""
    empty = ArticleDraft(text="", blocks=[], links=[])
    if not get_visible_text(tree):
        return empty
    tree = deepcopy(tree)
    prepare_tree(tree, declared.authors or ())
    page = read_page_text(tree, find_captions(tree))
    _resolve_links(page, tree, url)
    body = _find_body(tree)
    if body is None:
        return empty
    _restore_deck(body, tree)
    return _write(body, declared.title, page)


def _find_body(tree: HtmlElement) -> Any:
    """Return what trafilatura takes for the article, as a TEI body; None if there is none.

    Where it finds little, it takes the whole page, menus included. For a brief that is complete,
    the little is right.
    """
    body = _run_trafilatura(tree)
    if body is not None and len(_get_text(body)) < _LONGEST_RESCUE:
        brief = _run_trafilatura(tree, _BRIEF)
        if brief is not None:
            text = _get_text(brief)
            is_brief = len(text) < DEFAULT_CONFIG.getint("DEFAULT", "MIN_EXTRACTED_SIZE")
            if is_brief and not count_left_out_words(tree, text):
                return brief
    return body


def _run_trafilatura(tree: HtmlElement, config: ConfigParser = DEFAULT_CONFIG) -> Any:
    document = trafilatura.bare_extraction(deepcopy(tree), include_comments=False, config=config)
    return document.body if isinstance(document, Document) and len(document.body) else None


def _get_text(body: Any) -> str:
    return " ".join(body.itertext())


def _resolve_links(page: PageText, tree: HtmlElement, url: str) -> None:
    """Make links absolute, and drop those to the same page."""
    base = resolve_url(next(iter(tree.xpath("//base/@href")), ""), url) or url
    links = [(start, end, resolve_url(href, base)) for start, end, href in page.links]
    here = url.partition("#")[0]
    page.links = [link for link in links if link[2] and link[2].partition("#")[0] != here]


def _restore_deck(body: Any, tree: HtmlElement) -> None:
    """Insert the deck before the text if trafilatura left it out."""
    tag, deck = find_deck(tree)
    if deck and deck not in " ".join(" ".join(body.itertext()).split()):
        block = body.makeelement(_TEI.get(tag, "p"))
        block.text = deck
        body.insert(0, block)


@dataclass
class _TextBuilder:
    """Builds the text, one block per line, and records where its blocks and links are."""

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def add(self, kind: BlockKind, runs: list[tuple[str, str]]) -> None:
        """Add a block of `(text, href)` runs, collapsing white space."""
        text, links = _join_runs(runs)
        if not text:
            return
        normalised = normalise(text)
        if not normalised.strip():
            return
        offset = len(self.text) + 1 if self.text else 0
        self.text += ("\n" if self.text else "") + normalised
        self.blocks.append(Block(kind, offset, offset + len(normalised)))
        for *span, href in links:
            start, end = (min(len(normalise(text[:at])), len(normalised)) for at in span)
            if start < end:
                self.links.append(Link(offset + start, offset + end, href))


def _join_runs(runs: list[tuple[str, str]]) -> tuple[str, list[tuple[int, int, str]]]:
    """Return the joined text of runs, and (start, end, href) of each link."""
    text = ""
    links: list[tuple[int, int, str]] = []
    for raw, href in runs:
        run = re.sub(r" *\n *", "\n", _SPACE.sub(" ", raw))
        if not text or text[-1] in " \n":
            run = run.lstrip()
        if text.endswith(" ") and raw.startswith("\n"):
            text = text[:-1]
        core = run.strip()
        if href and core:
            start = len(text) + len(run) - len(run.lstrip())
            if links and links[-1][2] == href and links[-1][1] == start:
                links[-1] = (links[-1][0], start + len(core), href)
            else:
                links.append((start, start + len(core), href))
        text += run
    return text.rstrip(), links


def _write(body: Any, title: str, page: PageText | None = None) -> ArticleDraft:
    """Return the text, blocks and links of a TEI body, without a heading that is the title."""
    builder = _TextBuilder()
    found = _iter_blocks(body, BlockKind.PARAGRAPH)
    for kind, runs in found if page is None else _add_links_and_captions(found, page):
        heading = "".join(text for text, _href in runs)
        is_first_heading = kind == BlockKind.HEADING and not builder.text
        is_title = is_first_heading and title and fold_title(heading) == fold_title(title)
        if not is_title:
            for part in _split_at_breaks(runs):
                builder.add(kind, part)
    linked = {offset for link in builder.links for offset in range(link.start, link.end)}
    bare = [link for link in find_links(builder.text) if link.start not in linked]
    links = sorted([*builder.links, *bare], key=lambda link: link.start)
    blocks = refine_kinds(builder.text, builder.blocks)
    return ArticleDraft(title=title, text=builder.text, blocks=blocks, links=links)


def _add_links_and_captions(body: Iterator[RunsOfKind], page: PageText) -> Iterator[RunsOfKind]:
    """Split the runs at their links, and yield the captions that stand beside a block."""
    blocks = [(kind, runs, _get_line(runs)) for kind, runs in body]
    known = {text for _at, text in page.captions}
    lines = {line for _kind, _runs, line in blocks}
    captions = deque(caption for caption in page.captions if caption[1] not in lines)
    end = -1
    for kind, runs, line in blocks:
        located = [(text, *page.locate(text)) for text, _href in runs]
        spans = [span for _text, *span in located if span[0] >= 0]
        if spans:
            yield from _take_captions(captions, end, spans[0][0])
            end = spans[-1][1]
        yield (
            BlockKind.CAPTION if line in known else kind,
            [run for text, start, _end in located for run in page.split_at_links(text, start)],
        )
    yield from _take_captions(captions, end, len(page.text) + 1)


def _get_line(runs: Runs) -> str:
    return " ".join("".join(text for text, _href in runs).split())


def _take_captions(
    captions: deque[tuple[int, str]], before: int, after: int
) -> Iterator[RunsOfKind]:
    """Take the captions up to `after`; yield those directly at `before` or `after`."""
    while captions and captions[0][0] <= after:
        at, text = captions.popleft()
        if at in (before, after):
            yield BlockKind.CAPTION, [(text, "")]


def _split_at_breaks(runs: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    part: list[tuple[str, str]] = []
    for text, href in runs:
        first, *others = text.split(BREAK)
        part.append((first, href))
        for other in others:
            yield part
            part = [(other, href)]
    yield part


def _iter_blocks(element: Any, kind: BlockKind) -> Iterator[tuple[BlockKind, Any]]:
    """Yield the kind and the (text, href) runs of each block of a TEI tree."""
    kind = _KINDS.get(element.tag, kind)
    if element.tag == "row":
        cells = [list(_iter_runs(cell)) for cell in element]
        yield kind, [run for cell in cells for run in (*cell, (" | ", ""))][:-1]
        return
    runs: list[tuple[str, str]] = [(element.text or "", "")]
    for child in element:
        if child.tag in _BLOCK_TAGS:
            yield kind, runs
            runs = []
            yield from _iter_blocks(child, kind)
        else:
            runs.extend(_iter_runs(child))
        runs.append((child.tail or "", ""))
    yield kind, runs


def _iter_runs(element: Any, href: str = "") -> Iterator[tuple[str, str]]:
    if element.tag == "lb":
        yield "\n", ""
        return
    if element.tag == "ref":
        href = element.get("target") or ""
    yield element.text or "", href
    for child in element:
        yield from _iter_runs(child, href)
        yield child.tail or "", href


def _add_metadata(
    content: ArticleDraft, declared: ArticleDraft, tree: HtmlElement, url: str
) -> ArticleDraft:
    text, blocks = content.text, content.blocks or ()
    return replace(
        declared,
        title=(declared.title or propose_title(text, blocks))[:MAX_TITLE].strip(),
        text=text,
        language=declared.language or guess_language(text) or None,
        authors=declared.authors or [c for c in read_byline(text, blocks) if c.name],
        published_at=declared.published_at
        or _find_printed_date(tree, url, declared.language or ""),
        links=content.links,
        blocks=blocks,
    )


def _find_printed_date(tree: HtmlElement, url: str, language: str) -> datetime | None:
    """Return a date printed on the page or in its URL, as midnight UTC."""
    tree = deepcopy(tree)
    for script in tree.xpath("//script[contains(.,'ItemList')]"):
        # htmldate takes the first date in JSON-LD, also that of a listed article.
        script.drop_tree()
    for element in tree.iter(etree.Element):
        element.text, element.tail = (
            text and _clarify_dates(text, month_first=language == "en-US")
            for text in (element.text, element.tail)
        )
    day = find_date(tree, url=url or None, original_date=True)
    # htmldate gives 1 January where it found only a year, as in a copyright notice.
    if day is None or day.endswith("-01-01"):
        return None
    return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)


def _clarify_dates(text: str, *, month_first: bool) -> str:
    """Remove a date of update before one of publication; write US dates year first.

    htmldate takes the first date of a line, and the first number for the day.
    """
    published = _UPDATE_DATE.sub("", text)
    text = published if _YEAR.search(published) else text
    return _US_DATE.sub(r"\3-\1-\2", text) if month_first else text
