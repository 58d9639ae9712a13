"""Read an article from a PDF, rejoining the lines of each paragraph."""

import io
import re
from collections import Counter
from itertools import chain, groupby
from operator import attrgetter
from statistics import median
from typing import Any, NamedTuple

from pypdf import PageObject, PdfReader

from articles.extraction.draft import ArticleDraft
from articles.extraction.plain_text import FileError
from articles.text.blocks import ends_sentence, split_blocks
from articles.text.byline import read_byline, split_credit
from config.translation import gettext as _

MOST_PAGES = 300
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]$")
# What programs write for a title or an author that nobody gave.
_PLACEHOLDER = re.compile(
    r"\(?(?:untitled|anonymous|unspecified|unknown|unbenannt|sans titre|sin título|"
    r"(?:no )?title|(?:document|dokument|documento)\s*\d*|user|owner|author|microsoft word\b.*|"
    r".*\.(?:docx?|indd|odt|pdf|qxd|rtf))\)?",
    re.IGNORECASE,
)
_PAGE_NUMBER = re.compile(
    r"(?:(?:page|seite|página|pagina|strona|стр\.?|p\.|s\.)\s*)?[-–—]?\s*\d{1,4}\s*[-–—]?"
    r"(?:\s*(?:/|of|von|de|di|z|из)\s*\d{1,4})?",
    re.IGNORECASE,
)
# Lines at the top and the bottom of a page that may be running heads or feet.
_EDGE = 3
_MAX_HEAD_WORDS = 8
# Characters of a line, and rows, from which text drawn side by side is columns and no table.
_MIN_COLUMN = 20
_MIN_COLUMN_ROWS = 5
# A line shorter than this share of the median ends its paragraph.
_SHORT = 0.8


class _Piece(NamedTuple):
    """Text that was drawn at once, and where."""

    x: float
    y: int
    text: str


def read_pdf(data: bytes) -> ArticleDraft:
    """Return the article of a PDF. Raises FileError if no text can be read."""
    lines, title, author = _parse_pdf(data)
    text = _strip_title(_join_paragraphs(lines), title)
    if not text:
        raise FileError(_("The PDF has no text; it may be a scan. Run text recognition first."))
    authors = read_byline(text, split_blocks(text, title=title)) or split_credit(author)
    return ArticleDraft(title=title, text=text, authors=authors)


def _parse_pdf(data: bytes) -> tuple[list[str], str, str]:
    """Return the lines, the title and the author of a PDF."""
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise FileError(_("The PDF is encrypted. Save it without a password."))
        if len(reader.pages) > MOST_PAGES:
            raise FileError(_("The PDF has more than %(limit)d pages.") % {"limit": MOST_PAGES})
        lines = _strip_page_marks([_read_lines(page) for page in reader.pages])
        return lines, _read_info(reader, "/Title"), _read_info(reader, "/Author")
    except FileError:
        raise
    except Exception:  # pypdf raises anything for a damaged file.
        raise FileError(_("This is not a PDF, or it is damaged.")) from None


def _read_info(reader: PdfReader, key: str) -> str:
    value = reader.metadata.get(key) if reader.metadata else None
    line = " ".join(value.replace("\0", "").split()) if isinstance(value, str) else ""
    return "" if _PLACEHOLDER.fullmatch(line) else line


def _read_lines(page: PageObject) -> list[str]:
    """Return the lines of a page, column by column."""
    pieces: list[_Piece] = []

    def visit(text: str, cm: list[float], tm: list[float], *_font: Any) -> None:
        # A glyph without a Unicode character is NUL.
        if text := text.replace("\0", "").strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            pieces.append(_Piece(x, round(y), text))

    lines = page.extract_text(visitor_text=visit).replace("\0", "").split("\n")
    return _separate_columns(pieces) or lines


def _separate_columns(pieces: list[_Piece]) -> list[str]:
    """Return the lines of columns that were drawn row by row; [] for any other page."""
    rows = [list(row) for _y, row in groupby(pieces, key=attrgetter("y"))]
    wide = [row for row in rows if len(row) > 1 and min(len(p.text) for p in row) > _MIN_COLUMN]
    if len(wide) < _MIN_COLUMN_ROWS:
        return []
    starts = sorted({round(piece.x) for piece in max(wide, key=len)})
    first, last = rows.index(wide[0]), rows.index(wide[-1]) + 1
    columns: list[list[str]] = [[] for _start in starts]
    for piece in chain.from_iterable(rows[first:last]):
        nearest = min(range(len(starts)), key=lambda n: abs(starts[n] - piece.x))
        columns[nearest].append(piece.text)
    before, after = (
        [piece.text for row in part for piece in row] for part in (rows[:first], rows[last:])
    )
    return [*before, *chain.from_iterable(columns), *after]


def _strip_page_marks(pages: list[list[str]]) -> list[str]:
    """Return the lines of all pages without running heads, running feet and page numbers."""
    edges = Counter(
        mark
        for lines in pages
        for mark in {_mask(line) for line in (*lines[:_EDGE], *lines[-_EDGE:])}
    )

    def is_mark(line: str) -> bool:
        is_repeated = edges[_mask(line)] >= max(2, len(pages) / 2)
        return bool(_PAGE_NUMBER.fullmatch(line.strip()) or (is_repeated and line.strip()))

    kept: list[str] = []
    for lines in pages:
        at_edge = {*range(_EDGE), *range(len(lines) - _EDGE, len(lines))}
        kept += [line for at, line in enumerate(lines) if not (at in at_edge and is_mark(line))]
    return kept


def _mask(line: str) -> str:
    """Return a line without its numbers if it is as short as a running head."""
    parts = line.split()
    return re.sub(r"\d+", "0", " ".join(parts)) if len(parts) <= _MAX_HEAD_WORDS else line


def _strip_title(text: str, title: str) -> str:
    """Strip a first line that repeats the title, unless it is all there is."""
    first, _end, rest = text.partition("\n")
    return rest or text if title and first.split() == title.split() else text


def _join_paragraphs(lines: list[str]) -> str:
    """Join the lines of each paragraph; a short or empty line ends it."""
    lines = [" ".join(line.split()) for line in lines]
    usual = median([len(line) for line in lines if len(line) > 20] or [80])
    paragraphs: list[str] = []
    is_open = False
    for line in lines:
        if line and is_open:
            paragraphs[-1] = _join_lines(paragraphs[-1], line)
        elif line:
            paragraphs.append(line)
        # A full line continues, unless it ends a sentence and is short of the median.
        is_open = len(line) >= (usual if ends_sentence(line) else _SHORT * usual)
    return "\n".join(paragraphs)


def _join_lines(first: str, second: str) -> str:
    """Join two lines by a space, or without the hyphen that breaks a word between them."""
    whole = _HYPHENATED.sub("", first) if second[0].islower() else first
    return whole + second if whole != first else f"{first} {second}"
