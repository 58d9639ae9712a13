"""A page's tree made ready for extraction: what an extractor does not know is done before it.

Each step changes the tree in place."""

import re
from collections.abc import Iterable
from typing import Any

from lxml.html import HtmlElement

from articles.text.byline import Credit

# Marks a caption on its way through trafilatura, which has no kind for it.
CAPTION = "⟦caption⟧"
_SMALL = "translate({},'ABCDEFGHIJKLMNOPQRSTUVWXYZ_-','abcdefghijklmnopqrstuvwxyz  ')"
_WORDS_OF_CLASS = f"concat(' ',{_SMALL.format('@class')},' ')"
_CAPTIONS = (
    "//figcaption | //*[contains(@class,'wp-caption-text')] | "
    f"//*[self::p or self::span or self::div][contains({_WORDS_OF_CLASS},' caption ')]"
    "[not(.//img or .//p or ancestor::figcaption or ancestor::table)]"
)
# Marks where two line breaks part what are paragraphs to a reader.
BREAK = "⟦break⟧"
_INDENT = "\u3000"
_CLUTTER = re.compile(
    r"(?:^|[\s_-])(?:newsletter|advert\w*|ad-slot|ads?|cookies?|consent|gdpr|promo|outbrain|taboola|"
    r"share|sharing|social|related|read-?more|pull-?quote|recirc\w*|most-read|breadcrumbs?)(?:$|[\s_-])",
    re.IGNORECASE,
)
_CLUTTER_TAGS = ("div", "aside", "section", "ul", "nav", "form", "p", "blockquote")
_MOST_CLUTTER_WORDS = 60
_DECKS = (
    "//h1/following-sibling::*[position() < 4][@itemprop='alternativeHeadline' or "
    + " or ".join(
        f"contains({_WORDS_OF_CLASS},' {name} ')"
        for name in (
            *("deck", "dek", "standfirst", "subtitle", "summary", "strapline", "intro", "lede"),
            *("lead", "subline", "subhead", "subheadline", "ingress", "vorspann", "bajada"),
            *("entradilla", "chapo", "occhiello", "sottotitolo"),
        )
    )
    + "]"
)
# What leads away from a text, in the words that newsrooms have for it.
_READ_MORE = re.compile(
    r"\s*(?:read (?:more|also|next)|see also|more on this|related|lesen sie (?:auch|mehr)|"
    r"mehr dazu|lea también|lee también|leia (?:também|mais)|lire aussi|à lire aussi|"
    r"leggi anche|lees ook|läs också|czytaj też|читайте также|اقرأ أيضا|اقرأ أيضًا|"
    r"相关阅读|相關閱讀|関連記事)\s*[:\uff1a\u2013\u2014-]",
    re.IGNORECASE,
)
_LONGEST_WAY_OUT = 200
_LONGEST_DATE = 40
_YEAR = re.compile(r"(?:19|20)\d\d")
_FEWEST_DIGITS = 6
_FEWEST_PARAGRAPHS = 2
_NEVER_TEXT = "//script | //style | //noscript | //template | //iframe | //svg | //comment()"


def make_ready(tree: HtmlElement, authors: Iterable[Credit]) -> None:
    """Take out what is not the article's, and mark captions and the breaks between paragraphs."""
    for element in tree.xpath(_NEVER_TEXT):
        _drop(element)
    _drop_clutter(tree)
    _drop_ways_out(tree)
    _drop_head_lines(tree, authors)
    _undo_layout_tables(tree)
    _mark_captions(tree)
    _mark_breaks(tree)
    _frame(tree)


def short_text(element: HtmlElement, most: int) -> str:
    """Give the text of an element that has at most so many characters; "" for a longer one.

    However large a page is, looking at each of its elements takes no longer than that.
    """
    pieces: list[str] = []
    for piece in element.itertext():
        pieces.append(piece)
        most -= len(piece)
        if most < 0:
            return ""
    return "".join(pieces)


def deck_of(tree: HtmlElement) -> tuple[str, str]:
    """Give the tag and the words of the sentence under the headline; none where it has none."""
    for deck in tree.xpath(_DECKS)[:1]:
        words = " ".join(deck.text_content().split())
        if len(words.split()) < _MOST_CLUTTER_WORDS:
            return deck.tag, words
    return "", ""


def _drop_clutter(tree: HtmlElement) -> None:
    """Take out the small boxes that call themselves advertising, sharing and the like."""
    for element in list(tree.iter(*_CLUTTER_TAGS)):
        named = f"{element.get('class') or ''} {element.get('id') or ''}"
        if _CLUTTER.search(named) and len(element.text_content().split()) < _MOST_CLUTTER_WORDS:
            _drop(element)


def _drop_ways_out(tree: HtmlElement) -> None:
    """Take out the lines of a text that only lead to other articles."""
    for line in list(tree.iter("p", "li", "div")):
        if _READ_MORE.match(short_text(line, _LONGEST_WAY_OUT)) and line.find(".//a") is not None:
            _drop(line)


def _drop_head_lines(tree: HtmlElement, authors: Iterable[Credit]) -> None:
    """Take out the lines under the headline that have the date alone, or the author."""
    names = {credit.name for credit in authors}
    for line in tree.xpath("//h1/following-sibling::*[position() < 4]"):
        words = " ".join(short_text(line, _LONGEST_WAY_OUT).split())
        is_date = (
            len(words) <= _LONGEST_DATE
            and _YEAR.search(words)
            and sum(character.isdigit() for character in words) >= _FEWEST_DIGITS
        )
        if is_date or words in names:
            _drop(line)


def _undo_layout_tables(tree: HtmlElement) -> None:
    """Make plain containers of tables that hold paragraphs rather than figures."""
    for table in tree.xpath(
        "//table[.//p or .//h1 or .//h2 or .//table or .//ul or .//td[count(.//br) > 3]]"
    ):
        for part in table.iter("table", "tbody", "thead", "tr", "td", "th"):
            part.tag = "div"


def _mark_breaks(tree: HtmlElement) -> None:
    """Mark where a line break follows another, or begins a line that is indented as in Japanese."""
    for second in tree.iter("br"):
        first = second.getprevious()
        if first is not None and first.tag == "br" and not (first.tail or "").strip():
            second.tail = BREAK + (second.tail or "").lstrip()
        elif (second.tail or "").startswith(_INDENT):
            second.tail = BREAK + second.tail


def _frame(tree: HtmlElement) -> None:
    """Put what stands in the body itself into an article element, where there is none."""
    body = tree.find(".//body")
    if body is None or tree.find(".//article") is not None or tree.find(".//main") is not None:
        return
    if len(body.findall("p")) >= _FEWEST_PARAGRAPHS:
        article = body.makeelement("article")
        article.text, body.text = body.text, None
        article.extend(list(body))
        body.append(article)


def _mark_captions(tree: HtmlElement) -> None:
    """Make each caption a paragraph of its own with a mark before it, outside of its figure."""
    for caption in tree.xpath(_CAPTIONS):
        if not caption.text_content().strip():
            continue
        caption.tag = "p"
        caption.attrib.clear()
        caption.text = CAPTION + (caption.text or "")
        figure = next(caption.iterancestors("figure"), None)
        if figure is not None and figure.getparent() is not None:
            _drop(caption)
            caption.tail = None
            figure = _frame_of(figure)
            figure.addnext(caption)
            # lxml moves the figure's tail along with neither.
            caption.tail, figure.tail = figure.tail, None


def _frame_of(figure: Any) -> Any:
    """Give the outermost box that has this figure in it and nothing else."""
    while (
        (parent := figure.getparent()) is not None
        and parent.tag in ("div", "span", "a")
        and parent.getparent() is not None
        and len(parent) == 1
        and not (parent.text or "").strip()
        and not (figure.tail or "").strip()
    ):
        figure = parent
    return figure


def _drop(element: Any) -> None:
    """Take an element out and leave what stands after it."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        previous = element.getprevious()
        if previous is None:
            parent.text = (parent.text or "") + element.tail
        else:
            previous.tail = (previous.tail or "") + element.tail
    parent.remove(element)
