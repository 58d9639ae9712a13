"""Read an article from a PDF, rejoining the lines of each paragraph."""

import io
import re
from statistics import median

from pypdf import PdfReader

from articles.extraction.draft import ArticleDraft
from articles.extraction.plain_text import FileError
from articles.text.blocks import ends_sentence, split_blocks
from articles.text.byline import read_byline, split_credit
from config.translation import gettext as _

MOST_PAGES = 300
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]$")
# A line shorter than this share of the median ends its paragraph.
_SHORT = 0.8


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
        # A glyph without a Unicode character is NUL.
        pages = [page.extract_text().replace("\0", "") for page in reader.pages]
        lines = [line for page in pages for line in page.split("\n")]
        return lines, _read_info(reader, "/Title"), _read_info(reader, "/Author")
    except FileError:
        raise
    except Exception:  # pypdf raises anything for a damaged file.
        raise FileError(_("This is not a PDF, or it is damaged.")) from None


def _read_info(reader: PdfReader, key: str) -> str:
    value = reader.metadata.get(key) if reader.metadata else None
    return " ".join(value.replace("\0", "").split()) if isinstance(value, str) else ""


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
