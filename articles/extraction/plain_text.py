"""Read plain text files and the bytes of other files."""

from pathlib import Path
from typing import BinaryIO

from articles.errors import IngestError


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
        raise FileError(f"Cannot read {source}: {error.strerror}.") from None


def decode_text(data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark. Raises FileError if there is no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"The file is not UTF-8 (at byte {error.start}). Save it as UTF-8."
        raise FileError(message) from None
    if not text.strip():
        raise FileError("The file is empty.")
    return text


def check_size(size: int, max_bytes: int) -> None:
    """Raises FileError."""
    if size > max_bytes:
        raise FileError(f"The file is {size / 1e6:.1f} MB; the limit is {max_bytes / 1e6:.1f} MB.")
