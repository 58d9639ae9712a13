"""Read plain text files and the bytes of other files."""

from pathlib import Path
from typing import BinaryIO

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.text.charset import Decoded, decode_text, name_encoding
from articles.text.normalise import normalise
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


def decode_file(data: bytes, encoding: str = "") -> Decoded:
    """Decode a text file; its encoding is detected unless given. Raises FileError."""
    try:
        decoded = decode_text(data, encoding)
    except UnicodeDecodeError as error:
        name = name_encoding(encoding or "utf-8")
        message = _("The file is not %(encoding)s (at byte %(position)d). Save it as UTF-8.")
        raise FileError(message % {"encoding": name, "position": error.start}) from None
    if not decoded.text.strip():
        raise FileError(_("The file is empty."))
    if (position := decoded.text.find("\0")) >= 0:
        message = _("The file is not text: it has NUL at character %(position)d.")
        raise FileError(message % {"position": position})
    return decoded


def describe_encoding(decoded: Decoded) -> list[str]:
    """Return a note if the encoding is another than UTF-8."""
    if decoded.encoding == "utf-8":
        return []
    name = name_encoding(decoded.encoding)
    return [_("The file was read as %(encoding)s.") % {"encoding": name}]


def read_text(data: bytes, encoding: str = "") -> ArticleDraft:
    """Raises FileError."""
    decoded = decode_file(data, encoding)
    return ArticleDraft(text=normalise(decoded.text), notes=describe_encoding(decoded))


def check_size(size: int, max_bytes: int) -> None:
    """Raises FileError."""
    if size > max_bytes:
        message = _("The file is %(size).1f MB; the limit is %(limit).1f MB.")
        raise FileError(message % {"size": size / 1e6, "limit": max_bytes / 1e6})
