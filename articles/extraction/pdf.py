"""PDF: the text of its pages, with the lines of a paragraph put together again."""

import io
import re
from statistics import median

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.models.article import MAX_TITLE
from articles.text.blocks import ends_sentence, split_blocks
from articles.text.byline import read_byline, split_credit
from articles.text.headline import propose_title

MOST_PAGES = 300
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]$")
# A line shorter than this share of the usual one ends its paragraph.
_SHORT = 0.8


def read_pdf(data: bytes) -> ArticleDraft:
    """Read the article of a PDF. Raises IngestError (field `file`) where it has no text."""
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise IngestError({"file": ["The PDF is encrypted. Save it without a password."]})
        if len(reader.pages) > MOST_PAGES:
            raise IngestError({"file": [f"The PDF has more than {MOST_PAGES} pages."]})
        lines = [line for page in reader.pages for line in page.extract_text().split("\n")]
        title, author = (_said(reader, name) for name in ("/Title", "/Author"))
    except IngestError:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
        raise IngestError({"file": ["This is no PDF, or a broken one."]}) from None
    text = _paragraphs(lines)
    if not text:
        raise IngestError(
            {"file": ["The PDF has no text, perhaps pictures of it. Recognise the text first."]}
        )
    first, _, rest = text.partition("\n")
    if title and first.split() == title.split():
        text = rest or text
    blocks = split_blocks(text, title=title)
    return ArticleDraft(
        title=(title or propose_title(text, blocks))[:MAX_TITLE],
        text=text,
        authors=read_byline(text, blocks) or split_credit(author),
    )


def _said(reader: PdfReader, name: str) -> str:
    value = reader.metadata.get(name) if reader.metadata else None
    return " ".join(value.split()) if isinstance(value, str) else ""


def _paragraphs(lines: list[str]) -> str:
    """Join the lines of each paragraph; a short line, or an empty one, ends it."""
    lines = [" ".join(line.split()) for line in lines]
    usual = median([len(line) for line in lines if len(line) > 20] or [80])
    paragraphs: list[str] = []
    is_open = False
    for line in lines:
        if not line:
            is_open = False
            continue
        if is_open:
            last = paragraphs[-1]
            joined = _HYPHENATED.sub("", last) if line[:1].islower() else last
            paragraphs[-1] = joined + ("" if joined != last else " ") + line
        else:
            paragraphs.append(line)
        is_short = len(line) < _SHORT * usual
        is_open = not is_short if not ends_sentence(line) else len(line) >= usual
    return "\n".join(paragraphs)
