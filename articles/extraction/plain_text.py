"""A plain text file: the words of one article, as pasted or saved."""

from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from articles.errors import IngestError
from articles.services import too_large


def read_text_file(file: BinaryIO | Path) -> str:
    """Read the text of a file, never more of it than the limit.

    Raises IngestError (field `file`) when it is missing, empty, too large or not UTF-8.
    """
    if isinstance(file, Path):
        try:
            with file.open("rb") as opened:
                return decode(opened, size=file.stat().st_size)
        except OSError as error:
            raise IngestError({"file": [f"Cannot read {file}: {error.strerror}."]}) from None
    return decode(file)


def decode(file: BinaryIO, *, size: int | None = None) -> str:
    """Decode an opened file as UTF-8. Raises IngestError as read_text_file does."""
    return decode_text(file.read(settings.MAX_TEXT_BYTES + 1), size=size)


def decode_text(data: bytes, *, size: int | None = None) -> str:
    """Decode the bytes of a file as UTF-8. Raises IngestError as read_text_file does."""
    if len(data) > settings.MAX_TEXT_BYTES:
        raise IngestError({"file": [too_large(max(size or 0, len(data)))]})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IngestError(
            {"file": [f"This is not UTF-8 (at byte {error.start}). Save it as UTF-8 plain text."]}
        ) from None
    if not text.strip():
        raise IngestError({"file": ["The file is empty. Give one with the words of an article."]})
    return text
