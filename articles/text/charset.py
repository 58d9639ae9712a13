"""Which characters the bytes of a page stand for, also where the page says so wrongly."""

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

# Byte order marks say it for certain (Encoding Standard, section 6).
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Labels mean what browsers read into them (Encoding Standard, section 4.2).
_AS_BROWSERS_READ = {
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
_LOOKED_AT = 65_536
_MOST_BROKEN = 0.02


@dataclass(frozen=True, slots=True)
class Decoded:
    """The characters, the encoding that they were read from, and whether the label was wrong."""

    text: str
    encoding: str
    mislabelled: bool = False


def decode_page(data: bytes, declared: str = "") -> Decoded:
    """Decode the bytes of a page; `declared` is the charset of its Content-Type.

    Bytes that are valid UTF-8 beyond ASCII are UTF-8, whatever a label says. A label that the
    bytes contradict gives way to what the bytes look like.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(data.decode(encoding, "replace"), encoding.removesuffix("-sig"))
    labels = [label for raw in (declared, *_labels(data)) if (label := _known(raw))]
    if not data.isascii() and (text := _strictly(data, "utf-8")) is not None:
        return Decoded(text, "utf-8", bool(labels) and labels[0] != "utf-8")
    for label in labels:
        if (text := _strictly(data, label)) is not None:
            return Decoded(text, label, label != labels[0])
    if "utf-8" in labels:
        # A few bytes that were cut or pasted in do not make it another encoding.
        text = data.decode("utf-8", "replace")
        if text.count("\ufffd") <= _MOST_BROKEN * sum(map(_is_beyond_ascii, text)) + 1:
            return Decoded(text, "utf-8")
    guess = from_bytes(data[:_LOOKED_AT]).best()
    encoding = guess.encoding if guess else "cp1252"
    return Decoded(data.decode(encoding, "replace"), encoding, bool(labels))


def _labels(data: bytes) -> list[str]:
    found = _DECLARED.search(data[:4096])
    return [(found[1] or found[2]).decode("ascii", "replace")] if found else []


def _known(label: str) -> str:
    """Give Python's name of the encoding that a label means; empty where there is none."""
    try:
        name = codecs.lookup(label.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return ""
    return _AS_BROWSERS_READ.get(name, name)


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _is_beyond_ascii(character: str) -> bool:
    return character > "\x7f"
