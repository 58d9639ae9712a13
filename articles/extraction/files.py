"""Extract the article of a file, by its extension."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from articles.errors import report_unexpected_errors
from articles.extraction.blockers import ExtractionFailed
from articles.extraction.docx import read_docx
from articles.extraction.draft import MAX_TITLE, ArticleDraft
from articles.extraction.eml import read_eml
from articles.extraction.html import read_page
from articles.extraction.markdown import read_markdown
from articles.extraction.pdf import read_pdf
from articles.extraction.plain_text import FileError, check_size, read_text
from articles.extraction.warc import read_warc
from articles.text.blocks import split_blocks
from articles.text.headline import propose_title
from config.translation import gettext as _


def _read_html(data: bytes, encoding: str = "") -> ArticleDraft:
    try:
        return read_page(data, charset=encoding).get_article()
    except ExtractionFailed as error:
        raise FileError(error.detail) from None


# Files of text, whose encoding may be given.
_TEXT_READERS: dict[str, Callable[[bytes, str], ArticleDraft]] = {
    ".txt": read_text,
    ".html": _read_html,
    ".htm": _read_html,
    ".md": read_markdown,
}
_BINARY_READERS: dict[str, Callable[[bytes], ArticleDraft]] = {
    ".docx": read_docx,
    ".pdf": read_pdf,
    ".eml": read_eml,
    ".warc": read_warc,
}
SUFFIXES = (*_TEXT_READERS, *_BINARY_READERS)


def get_suffix(name: str) -> str:
    """Return the suffix of a file's name in lower case, `.warc` also for `.warc.gz`."""
    suffix = PurePath(name.lower()).suffix
    return ".warc" if suffix == ".gz" and name.lower().endswith(".warc.gz") else suffix


def read_file(
    name: str, data: bytes, *, max_bytes: int, max_text_bytes: int, encoding: str = ""
) -> ArticleDraft:
    """Extract the article of a file; `max_text_bytes` applies to plain text and Markdown.

    The title is proposed if the file has none. Raises FileError.
    """
    suffix = get_suffix(name)
    if suffix not in SUFFIXES:
        message = _("%(name)s: unsupported file type. Supported: %(types)s.")
        raise FileError(message % {"name": name, "types": ", ".join(SUFFIXES)})
    check_size(len(data), max_text_bytes if suffix in (".txt", ".md") else max_bytes)
    with report_unexpected_errors("file"):
        draft = _read(suffix, data, encoding)
    if not draft.text.strip():
        raise FileError(_("The file contains no text."))
    blocks = split_blocks(draft.text) if draft.blocks is None else draft.blocks
    return replace(draft, title=(draft.title or propose_title(draft.text, blocks))[:MAX_TITLE])


def _read(suffix: str, data: bytes, encoding: str = "") -> ArticleDraft:
    if suffix in _TEXT_READERS:
        return _TEXT_READERS[suffix](data, encoding)
    return _BINARY_READERS[suffix](data)
