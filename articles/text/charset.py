"""Decode web pages, including those that declare a wrong encoding."""

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

# Byte order marks take precedence (Encoding Standard, section 6).
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Browsers decode these labels as other encodings (Encoding Standard, section 4.2).
_BROWSER_ENCODINGS = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "tis-620": "cp874",
}
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{2,40})|^<\?xml[^>]{0,100}encoding=[\"']([\w-]+)",
    re.IGNORECASE,
)
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
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return DecodedPage(data.decode(encoding, "replace"), encoding.removesuffix("-sig"))
    labels = [label for raw in (declared, *_find_labels(data)) if (label := _get_codec(raw))]
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


def _find_labels(data: bytes) -> list[str]:
    found = _DECLARED.search(data[:4096])
    return [(found[1] or found[2]).decode("ascii", "replace")] if found else []


def _get_codec(label: str) -> str:
    """Return Python's name for a declared encoding, or ""."""
    try:
        name = codecs.lookup(label.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return ""
    return _BROWSER_ENCODINGS.get(name, name)


def _decode_strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None
