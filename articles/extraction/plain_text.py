"""Read plain text files and the bytes of other files. Errors have the field `file`."""

from pathlib import Path
from typing import BinaryIO

from articles.errors import IngestError


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Raises IngestError if the file is missing or too large."""
    try:
        with path.open("rb") as file:
            check_size(path.stat().st_size, max_bytes)
            return file.read(max_bytes + 1)
    except OSError as error:
        raise IngestError({"file": [f"Cannot read {path}: {error.strerror}."]}) from None


def read_text_file(file: BinaryIO | Path, max_bytes: int) -> str:
    """Raises IngestError if the file is missing, empty, too large or not UTF-8."""
    data = read_bytes(file, max_bytes) if isinstance(file, Path) else file.read(max_bytes + 1)
    check_size(len(data), max_bytes)
    return decode_text(data)


def decode_text(data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark. Raises IngestError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IngestError(
            {"file": [f"The file is not UTF-8 (at byte {error.start}). Save it as UTF-8."]}
        ) from None
    if not text.strip():
        raise IngestError({"file": ["The file is empty."]})
    return text


def check_size(size: int, max_bytes: int) -> None:
    """Raises IngestError."""
    if size > max_bytes:
        message = f"The file is {size / 1e6:.1f} MB; the limit is {max_bytes / 1e6:.1f} MB."
        raise IngestError({"file": [message]})
