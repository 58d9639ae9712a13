"""Extract the article of a file, by its extension."""

from collections.abc import Callable
from pathlib import PurePath

from articles.errors import IngestError
from articles.extraction.docx import read_docx
from articles.extraction.draft import ArticleDraft
from articles.extraction.eml import read_eml
from articles.extraction.html import ExtractionFailed, read_page
from articles.extraction.markdown import read_markdown
from articles.extraction.pdf import read_pdf
from articles.extraction.plain_text import check_size, decode_text
from articles.text.blocks import split_blocks
from articles.text.headline import propose_title


def _read_text(data: bytes) -> ArticleDraft:
    text = decode_text(data)
    return ArticleDraft(title=propose_title(text, split_blocks(text)), text=text)


def _read_html(data: bytes) -> ArticleDraft:
    try:
        return read_page(data).get_article()
    except ExtractionFailed as error:
        raise IngestError({"file": [error.blocker.detail]}) from None


_READERS: dict[str, Callable[[bytes], ArticleDraft]] = {
    ".txt": _read_text,
    ".html": _read_html,
    ".htm": _read_html,
    ".md": read_markdown,
    ".docx": read_docx,
    ".pdf": read_pdf,
    ".eml": read_eml,
}
SUFFIXES = tuple(_READERS)


def read_file(name: str, data: bytes, *, max_bytes: int, max_text_bytes: int) -> ArticleDraft:
    """Extract the article of a file; `max_text_bytes` applies to plain text and Markdown.

    Raises IngestError (field `file`).
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in _READERS:
        raise IngestError(
            {"file": [f"{name}: unsupported file type. Supported: {', '.join(SUFFIXES)}."]}
        )
    check_size(len(data), max_text_bytes if suffix in (".txt", ".md") else max_bytes)
    draft = _READERS[suffix](data)
    if not draft.text.strip():
        raise IngestError({"file": ["The file contains no text."]})
    return draft
