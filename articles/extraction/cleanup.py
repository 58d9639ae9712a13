"""Prepare a page's tree for extraction, in place: remove clutter, mark captions and breaks."""

import re
from collections.abc import Iterable

from lxml.html import HtmlElement

from articles.extraction.blockers import count_words
from articles.extraction.page_text import squeeze
from articles.text.blocks import ends_sentence
from articles.text.byline import Credit

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
_CLUTTER_TAGS = ("div", "aside", "section", "ul", "nav", "form", "p")
# Classes that articles use for boxes of their own, too, and that trafilatura drops.
_AMBIGUOUS = re.compile(r"shar(?:e|ing)|social|related|promo", re.IGNORECASE)
_CONTROLS = ".//a | .//button | .//input | .//form | .//svg | .//iframe | .//img"
_FEWEST_WORDS_OF_OWN_BOX = 5
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
# The whole text of links around a newsletter.
_NEWSLETTER_LINK = re.compile(
    r"\s*(?:(?:view|read|open) (?:this (?:e-?mail )?)?(?:in|on)(?: (?:your|the|a))? browser|"
    r"(?:im|in) browser (?:an(?:sehen|zeigen)|öffnen)|ver en (?:el|tu) navegador|"
    r"voir dans (?:le|votre) navigateur|unsubscribe|abbestellen|abmelden|darse de baja|"
    r"se désabonner|se désinscrire|cancelar (?:a )?(?:inscrição|subscrição)|disiscriviti|"
    r"uitschrijven|wypisz się|отписаться|配信停止|退订|إلغاء الاشتراك)\s*",
    re.IGNORECASE,
)
_MAX_LINK_LINE = 200
_FEWEST_WORDS_OF_NOSCRIPT = 25
_MAX_DATE_LINE = 40
_MAX_DATE_WORDS = 4
_MAX_MARKED_LINE = 100
_DATE_CLASS = re.compile(r"date|time|publi|info|meta|fecha|datum", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MIN_DATE_DIGITS = 5
_LIVE_BLOG = (
    "//script[contains(@type,'ld+json') and contains(.,'LiveBlogPosting')]"
    " | //*[contains(@itemtype,'LiveBlogPosting')]"
)
_UNWANTED = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\ud800-\udfff\ufffe\uffff]|{BREAK}"
)


def clean_characters(tree: HtmlElement) -> None:
    """Remove soft hyphens, our mark, and what XML forbids but HTML parsers let through.

    lxml raises ValueError when such a character is set again, as when text is moved.
    """
    for element in tree.iter():
        for name in ("text", "tail"):
            value = getattr(element, name)
            if value and _UNWANTED.search(value):
                setattr(element, name, _UNWANTED.sub("", value))
        for name, value in element.attrib.items():
            if _UNWANTED.search(value):
                element.set(name, _UNWANTED.sub("", value))


def find_captions(tree: HtmlElement) -> set[HtmlElement]:
    return set(tree.xpath(_CAPTIONS))


def prepare_tree(tree: HtmlElement, authors: Iterable[Credit]) -> None:
    _join_updates(tree)
    _show_noscript(tree)
    _drop_clutter(tree)
    _drop_link_lines(tree)
    _drop_date_and_author_lines(tree, authors)
    has_layout_tables = _flatten_layout_tables(tree)
    _mark_breaks(tree)
    _wrap_in_article(tree, has_layout_tables)


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
    """Remove small boxes whose class or id says advertising, sharing and the like.

    A box of text without links or buttons is the article's own whatever its class says, and loses
    the class so that trafilatura keeps it.
    """
    for element in list(tree.iter(*_CLUTTER_TAGS)):
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        word_count = count_words(element.text_content()) if names.strip() else 0
        if not 0 < word_count < _MAX_CLUTTER_WORDS:
            continue
        if (
            _AMBIGUOUS.search(names)
            and word_count >= _FEWEST_WORDS_OF_OWN_BOX
            and not element.xpath(_CONTROLS)
        ):
            element.attrib.clear()
        elif _CLUTTER.search(names):
            element.drop_tree()


def _show_noscript(tree: HtmlElement) -> None:
    """Keep text for readers without scripts that is not on the page anyway."""
    for element in list(tree.iter("noscript")):
        text = " ".join(element.text_content().split())
        if count_words(text) < _FEWEST_WORDS_OF_NOSCRIPT:
            continue
        rest = tree.xpath("//body//text()[not(ancestor::noscript or ancestor::script)]")
        if squeeze(text) not in squeeze("".join(rest)):
            element.tag = "div"


def _drop_link_lines(tree: HtmlElement) -> None:
    for line in list(tree.iter("p", "li", "div")):
        if _READ_MORE.match(get_short_text(line, _MAX_LINK_LINE)) and line.find(".//a") is not None:
            line.drop_tree()
    for link in list(tree.iter("a")):
        line = next(link.iterancestors("p", "li", "td", "div"), None)
        is_newsletter_link = _NEWSLETTER_LINK.fullmatch(get_short_text(link, _MAX_LINK_LINE))
        if is_newsletter_link and line is not None and get_short_text(line, _MAX_LINK_LINE):
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


def _join_updates(tree: HtmlElement) -> None:
    """Make one article of a live blog's updates, with the time of each before its heading.

    An update without a heading gets its time as a paragraph.
    """
    if not tree.xpath(_LIVE_BLOG):
        return
    for time in tree.xpath("//time[not(ancestor::p)]"):
        shown = " ".join(time.text_content().split())
        update = next((e for e in time.iterancestors() if e.find(".//p") is not None), None)
        if not shown or update is None or len(update.findall(".//time")) > 1:
            continue
        heading = next(update.iter("h2", "h3", "h4"), None)
        if heading is None:
            time.tag = "p"
        else:
            heading.text = f"{shown} {(heading.text or '').lstrip()}"
            time.drop_tree()
        # trafilatura takes the first element that is, or is called, a post for the article.
        update.tag = "div" if update.tag == "article" else update.tag
        update.attrib.clear()


def _flatten_layout_tables(tree: HtmlElement) -> bool:
    """Turn tables that contain paragraphs rather than data into divs; return whether several."""
    tables = tree.xpath("//table[.//h1 or .//h2 or .//td[count(p) > 1] or .//td[count(.//br) > 3]]")
    for table in tables:
        for part in table.iter("table", "tbody", "thead", "tr", "td", "th"):
            part.tag = "div"
    return len(tables) > 1


def _mark_breaks(tree: HtmlElement) -> None:
    """Mark double line breaks, and line breaks before an ideographic space (Japanese indent)."""
    for second in tree.iter("br"):
        first = second.getprevious()
        if first is not None and first.tag == "br" and not (first.tail or "").strip():
            second.tail = BREAK + (second.tail or "").lstrip()
        elif (second.tail or "").startswith(_INDENT):
            second.tail = BREAK + second.tail


def _wrap_in_article(tree: HtmlElement, has_layout_tables: bool) -> None:
    """Wrap a body without any structure in an article element, which trafilatura looks for.

    Without it, trafilatura takes only paragraphs, and no headings, lists and quotes.
    """
    for body in tree.xpath("//body[not(.//article or .//main)]"):
        is_plain = len(body.findall("p")) > 1 and not body.xpath(".//div//p")
        if has_layout_tables or (is_plain and body.xpath("h2 | h3 | h4 | ul | ol | blockquote")):
            article = body.makeelement("article")
            article.text, body.text = body.text, None
            article.extend(list(body))
            body.append(article)
