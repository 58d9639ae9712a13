"""One file with one article in it, read by its ending."""

from collections.abc import Callable
from pathlib import Path, PurePath

from django.conf import settings

from articles.errors import IngestError
from articles.extraction.docx import read_docx
from articles.extraction.draft import ArticleDraft
from articles.extraction.eml import read_eml
from articles.extraction.html import ExtractionFailed, read_page
from articles.extraction.markdown import read_markdown
from articles.extraction.pdf import read_pdf
from articles.extraction.plain_text import decode_text
from articles.text.blocks import split_blocks
from articles.text.headline import propose_title


def _text(data: bytes) -> ArticleDraft:
    text = decode_text(data)
    return ArticleDraft(title=propose_title(text, split_blocks(text)), text=text)


def _html(data: bytes) -> ArticleDraft:
    try:
        return read_page(data).get_article()
    except ExtractionFailed as error:
        raise IngestError({"file": [error.blocker.detail]}) from None


_READERS: dict[str, Callable[[bytes], ArticleDraft]] = {
    ".txt": _text,
    ".html": _html,
    ".htm": _html,
    ".md": read_markdown,
    ".docx": read_docx,
    ".pdf": read_pdf,
    ".eml": read_eml,
}
SUFFIXES = tuple(_READERS)


def read_file(name: str, data: bytes) -> ArticleDraft:
    """Read the article of a file. Raises IngestError where there is none, or nobody can tell."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in _READERS:
        raise IngestError({"file": [f"{name} has none of the endings {' '.join(SUFFIXES)}."]})
    if len(data) > settings.MAX_PAGE_BYTES:
        raise IngestError({"file": [f"It is over {settings.MAX_PAGE_BYTES / 1e6:.1f} MB."]})
    draft = _READERS[suffix](data)
    if not draft.text.strip():
        raise IngestError({"file": ["There is no text in it. Give the words of the article."]})
    return draft


def read_bytes(file: Path) -> bytes:
    """Give the bytes of a file, never more of them than one byte over the limit.

    Raises IngestError (field `file`) where it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return opened.read(settings.MAX_PAGE_BYTES + 1)
    except OSError as error:
        raise IngestError({"file": [f"Cannot read {file}: {error.strerror}."]}) from None
