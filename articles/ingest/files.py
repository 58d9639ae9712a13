"""One file with one article in it, by its ending."""

from collections.abc import Callable
from pathlib import PurePath

from articles.ingest.html import read_page
from articles.ingest.store import ArticleDraft, IngestError
from articles.ingest.text_file import decode_text
from articles.text.blocks import split_blocks
from articles.text.headline import propose_title


def _text(data: bytes) -> ArticleDraft:
    text = decode_text(data)
    return ArticleDraft(title=propose_title(text, split_blocks(text)), text=text)


def _html(data: bytes) -> ArticleDraft:
    return read_page(data).article()


_READERS: dict[str, Callable[[bytes], ArticleDraft]] = {
    ".txt": _text,
    ".html": _html,
    ".htm": _html,
    ".xhtml": _html,
}
SUFFIXES = tuple(_READERS)


def read_file(name: str, data: bytes) -> ArticleDraft:
    """Read the article of a file. Raises IngestError where there is none, or nobody can tell."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in _READERS:
        raise IngestError({"file": [f"{name} has none of the endings {' '.join(SUFFIXES)}."]})
    return _READERS[suffix](data)
