"""Decode web pages, including those that declare a wrong encoding."""

from dataclasses import dataclass

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding

_SAMPLE_BYTES = 65_536
_MAX_INVALID_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class DecodedPage:
    text: str
    encoding: str
    mislabelled: bool = False


def decode_page(data: bytes, declared: str = "") -> DecodedPage:
    """Decode a page; `declared` is the charset of its Content-Type.

    Non-ASCII bytes that are valid UTF-8 are UTF-8, whatever the labels say. If the bytes are
    invalid in every declared encoding, the encoding is guessed.
    """
    # A byte order mark takes precedence (Encoding Standard, section 6).
    marked, mark = read_bom(data)
    if marked and mark:
        return DecodedPage(data[len(mark) :].decode(marked, "replace"), marked)
    found = (resolve_encoding(declared), html_body_declared_encoding(data))
    labels = [label for label in found if label]
    if not data.isascii() and (text := _decode_strictly(data, "utf-8")) is not None:
        return DecodedPage(text, "utf-8", bool(labels) and labels[0] != "utf-8")
    for label in labels:
        if (text := _decode_strictly(data, label)) is not None:
            return DecodedPage(text, label, label != labels[0])
    if "utf-8" in labels:
        # Tolerate a few invalid bytes, such as truncated characters.
        text = data.decode("utf-8", "replace")
        non_ascii = sum(character > "\x7f" for character in text)
        if text.count("\ufffd") <= _MAX_INVALID_SHARE * non_ascii + 1:
            return DecodedPage(text, "utf-8")
    guess = from_bytes(data[:_SAMPLE_BYTES]).best()
    encoding = guess.encoding if guess else "cp1252"
    return DecodedPage(data.decode(encoding, "replace"), encoding, bool(labels))


def _decode_strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None
