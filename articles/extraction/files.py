"""Extract the article of a file, by its extension."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from articles.extraction.blockers import ExtractionFailed
from articles.extraction.docx import read_docx
from articles.extraction.draft import MAX_TITLE, ArticleDraft
from articles.extraction.eml import read_eml
from articles.extraction.html import read_page
from articles.extraction.markdown import read_markdown
from articles.extraction.pdf import read_pdf
from articles.extraction.plain_text import FileError, check_size, decode_text
from articles.text.blocks import split_blocks
from articles.text.headline import propose_title
from articles.text.normalise import normalise
from config.translation import gettext as _


def _read_html(data: bytes) -> ArticleDraft:
    try:
        return read_page(data).get_article()
    except ExtractionFailed as error:
        raise FileError(error.detail) from None


_READERS: dict[str, Callable[[bytes], ArticleDraft]] = {
    ".txt": lambda data: ArticleDraft(text=normalise(decode_text(data))),
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

    The title is proposed if the file has none. Raises FileError.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in _READERS:
        message = _("%(name)s: unsupported file type. Supported: %(types)s.")
        raise FileError(message % {"name": name, "types": ", ".join(SUFFIXES)})
    check_size(len(data), max_text_bytes if suffix in (".txt", ".md") else max_bytes)
    draft = _READERS[suffix](data)
    if not draft.text.strip():
        raise FileError(_("The file contains no text."))
    blocks = split_blocks(draft.text) if draft.blocks is None else draft.blocks
    return replace(draft, title=(draft.title or propose_title(draft.text, blocks))[:MAX_TITLE])
