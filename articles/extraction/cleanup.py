"""Prepare a page's tree for extraction, in place: remove clutter, mark captions and breaks."""

import re
from collections.abc import Iterable
from typing import Any

from lxml.html import HtmlElement

from articles.text.blocks import ends_sentence
from articles.text.byline import Credit

# Marks captions in the text, as trafilatura has no element for them.
CAPTION = "⟦caption⟧"
_LOWER = "translate({},'ABCDEFGHIJKLMNOPQRSTUVWXYZ_-','abcdefghijklmnopqrstuvwxyz  ')"
_CLASS_WORDS = f"concat(' ',{_LOWER.format('@class')},' ')"
_CAPTIONS = (
    "//figcaption | //*[contains(@class,'wp-caption-text')] | "
    f"//*[self::p or self::span or self::div][contains({_CLASS_WORDS},' caption ')]"
    "[not(.//img or .//p or ancestor::figcaption or ancestor::table)]"
)
# Marks where line breaks separate paragraphs.
BREAK = "⟦break⟧"
_INDENT = "\u3000"
_CLUTTER = re.compile(
    r"(?:^|[\s_-])(?:newsletter|advert\w*|ad-slot|ads?|cookies?|consent|gdpr|promo|outbrain|taboola|"
    r"share|sharing|social|related|read-?more|pull-?quote|recirc\w*|most-read|breadcrumbs?)(?:$|[\s_-])",
    re.IGNORECASE,
)
_CLUTTER_TAGS = ("div", "aside", "section", "ul", "nav", "form", "p", "blockquote")
_MAX_CLUTTER_WORDS = 60
_DECKS = (
    "//h1/following-sibling::*[position() < 4][@itemprop='alternativeHeadline' or "
    + " or ".join(
        f"contains({_CLASS_WORDS},' {name} ')"
        for name in (
            *("deck", "dek", "standfirst", "subtitle", "summary", "strapline", "intro", "lede"),
            *("lead", "subline", "subhead", "subheadline", "ingress", "vorspann", "bajada"),
            *("entradilla", "chapo", "occhiello", "sottotitolo"),
        )
    )
    + "]"
)
# The start of a line that only links to another article.
_READ_MORE = re.compile(
    r"\s*(?:read (?:more|also|next)|see also|more on this|related|lesen sie (?:auch|mehr)|"
    r"mehr dazu|lea también|lee también|leia (?:também|mais)|lire aussi|à lire aussi|"
    r"leggi anche|lees ook|läs också|czytaj też|читайте также|اقرأ أيضا|اقرأ أيضًا|"
    r"相关阅读|相關閱讀|関連記事)\s*[:\uff1a\u2013\u2014-]",
    re.IGNORECASE,
)
_MAX_LINK_LINE = 200
_MAX_DATE_LINE = 40
_MAX_DATE_WORDS = 4
_MAX_MARKED_LINE = 100
_DATE_CLASS = re.compile(r"date|time|publi|info|meta|fecha|datum", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MIN_DATE_DIGITS = 5
_MIN_PARAGRAPHS = 2
_LIVE_BLOG = (
    "//script[contains(@type,'ld+json') and contains(.,'LiveBlogPosting')]"
    " | //*[contains(@itemtype,'LiveBlogPosting')]"
)
_NON_TEXT = "//script | //style | //noscript | //template | //iframe | //svg | .//comment()"


def prepare_tree(tree: HtmlElement, authors: Iterable[Credit]) -> None:
    _keep_update_times(tree)
    for element in tree.xpath(_NON_TEXT):
        element.drop_tree()
    _drop_clutter(tree)
    _drop_link_lines(tree)
    _drop_date_and_author_lines(tree, authors)
    _flatten_layout_tables(tree)
    _mark_captions(tree)
    _mark_breaks(tree)
    _wrap_in_article(tree)


def get_short_text(element: HtmlElement, max_length: int) -> str:
    """Return the text of an element, or "" if it is longer than `max_length`.

    Stops reading there, so that checking every element of a large page stays fast.
    """
    pieces: list[str] = []
    for piece in element.itertext():
        pieces.append(piece)
        max_length -= len(piece)
        if max_length < 0:
            return ""
    return "".join(pieces)


def find_deck(tree: HtmlElement) -> tuple[str, str]:
    """Return the tag and the text of the deck under the headline, or ("", "")."""
    for deck in tree.xpath(_DECKS)[:1]:
        pieces = deck.text_content().split()
        if len(pieces) < _MAX_CLUTTER_WORDS:
            return deck.tag, " ".join(pieces)
    return "", ""


def _drop_clutter(tree: HtmlElement) -> None:
    """Remove small boxes whose class or id says advertising, sharing and the like."""
    for element in list(tree.iter(*_CLUTTER_TAGS)):
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if _CLUTTER.search(names) and len(element.text_content().split()) < _MAX_CLUTTER_WORDS:
            element.drop_tree()


def _drop_link_lines(tree: HtmlElement) -> None:
    for line in list(tree.iter("p", "li", "div")):
        if _READ_MORE.match(get_short_text(line, _MAX_LINK_LINE)) and line.find(".//a") is not None:
            line.drop_tree()


def _drop_date_and_author_lines(tree: HtmlElement, authors: Iterable[Credit]) -> None:
    """Remove lines under the headline that contain only the date or the author."""
    names = {credit.name for credit in authors}
    for line in tree.xpath("//h1/following-sibling::*[position() < 4]"):
        text = " ".join(get_short_text(line, _MAX_LINK_LINE).split())
        if text in names or _is_date_line(line, text):
            line.drop_tree()


def _is_date_line(line: HtmlElement, text: str) -> bool:
    """Return whether a short line contains little more than a date."""
    is_marked = line.tag == "time" or bool(_DATE_CLASS.search(line.get("class") or ""))
    is_short = len(text) <= (_MAX_MARKED_LINE if is_marked else _MAX_DATE_LINE)
    is_date = bool(_YEAR.search(text)) and sum(map(str.isdigit, text)) >= _MIN_DATE_DIGITS
    is_bare = is_marked or len(_WORD.findall(text)) <= _MAX_DATE_WORDS
    return is_short and is_date and is_bare and not ends_sentence(text)


def _keep_update_times(tree: HtmlElement) -> None:
    """Move the times of a live blog's updates into their headings.

    An update without a heading gets its time as a paragraph.
    """
    if not tree.xpath(_LIVE_BLOG):
        return
    for time in tree.xpath("//time[ancestor::article or ancestor::li or ancestor::section]"):
        update = next(time.iterancestors("article", "li", "section"))
        shown = " ".join(time.text_content().split())
        heading = next(update.iter("h2", "h3", "h4"), None)
        if not shown or len(update.findall(".//time")) > 1:
            continue
        if heading is None:
            time.tag = "p"
        else:
            heading.text = f"{shown} {(heading.text or '').lstrip()}"
            time.drop_tree()


def _flatten_layout_tables(tree: HtmlElement) -> None:
    """Turn tables that contain paragraphs rather than data into divs."""
    for table in tree.xpath(
        "//table[.//p or .//h1 or .//h2 or .//table or .//ul or .//td[count(.//br) > 3]]"
    ):
        for part in table.iter("table", "tbody", "thead", "tr", "td", "th"):
            part.tag = "div"


def _mark_breaks(tree: HtmlElement) -> None:
    """Mark double line breaks, and line breaks before an ideographic space (Japanese indent)."""
    for second in tree.iter("br"):
        first = second.getprevious()
        if first is not None and first.tag == "br" and not (first.tail or "").strip():
            second.tail = BREAK + (second.tail or "").lstrip()
        elif (second.tail or "").startswith(_INDENT):
            second.tail = BREAK + second.tail


def _wrap_in_article(tree: HtmlElement) -> None:
    """Wrap the body in an article element if there is none and it contains the paragraphs."""
    body = tree.find(".//body")
    if body is None or tree.find(".//article") is not None or tree.find(".//main") is not None:
        return
    if len(body.findall("p")) >= _MIN_PARAGRAPHS:
        article = body.makeelement("article")
        article.text, body.text = body.text, None
        article.extend(list(body))
        body.append(article)


def _mark_captions(tree: HtmlElement) -> None:
    """Move each caption out of its figure, as a paragraph that starts with the mark."""
    for caption in tree.xpath(_CAPTIONS):
        if not caption.text_content().strip():
            continue
        caption.tag = "p"
        caption.attrib.clear()
        caption.text = CAPTION + (caption.text or "")
        figure = next(caption.iterancestors("figure"), None)
        if figure is not None and figure.getparent() is not None:
            caption.drop_tree()
            caption.tail = None
            figure = _get_outermost_wrapper(figure)
            figure.addnext(caption)
            # lxml leaves the tail behind the figure.
            caption.tail, figure.tail = figure.tail, None


def _get_outermost_wrapper(figure: Any) -> Any:
    """Return the outermost element that contains nothing but the figure."""
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
