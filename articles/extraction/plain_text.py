"""Read plain text files and the bytes of other files."""

from pathlib import Path
from typing import BinaryIO

from articles.errors import IngestError
from config.translation import gettext as _


class FileError(IngestError):
    def __init__(self, message: str) -> None:
        super().__init__({"file": [message]})


def read_bytes(source: BinaryIO | Path, max_bytes: int) -> bytes:
    """Raises FileError if the file is missing or too large."""
    if not isinstance(source, Path):
        data = source.read(max_bytes + 1)
        check_size(len(data), max_bytes)
        return data
    try:
        with source.open("rb") as file:
            check_size(source.stat().st_size, max_bytes)
            return file.read(max_bytes + 1)
    except OSError as error:
        message = _("Cannot read %(file)s: %(error)s.") % {"file": source, "error": error.strerror}
        raise FileError(message) from None


def decode_text(data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark. Raises FileError if that is no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = _("The file is not UTF-8 (at byte %(position)d). Save it as UTF-8.")
        raise FileError(message % {"position": error.start}) from None
    if not text.strip():
        raise FileError(_("The file is empty."))
    if (position := text.find("\0")) >= 0:
        message = _("The file is not text: it has NUL at character %(position)d.")
        raise FileError(message % {"position": position})
    return text


def check_size(size: int, max_bytes: int) -> None:
    """Raises FileError."""
    if size > max_bytes:
        message = _("The file is %(size).1f MB; the limit is %(limit).1f MB.")
        raise FileError(message % {"size": size / 1e6, "limit": max_bytes / 1e6})
