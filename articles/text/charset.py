"""Decode pages and text files, including those that declare a wrong encoding or none."""

import re
from dataclasses import dataclass

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding

from articles.text.language import guess_language

_SAMPLE_BYTES = 65_536
_MAX_INVALID_SHARE = 0.02
# What browsers use for pages without a label, by language (HTML Standard, section 13.2.3.2).
# Any other language has windows-1252.
_ENCODINGS = {
    **dict.fromkeys(("ar", "fa"), "cp1256"),
    **dict.fromkeys(("ba", "be", "bg", "kk", "ky", "mk", "ru"), "cp1251"),
    **dict.fromkeys(("sah", "sr", "tg", "tt", "uk"), "cp1251"),
    **dict.fromkeys(("bs", "cs", "hr", "sk"), "cp1250"),
    **dict.fromkeys(("hu", "pl", "sl"), "iso8859_2"),
    **dict.fromkeys(("et", "lt", "lv"), "cp1257"),
    **dict.fromkeys(("az", "ku", "tr"), "cp1254"),
    **{"el": "iso8859_7", "he": "cp1255", "ja": "cp932", "ko": "cp949", "th": "cp874"},
    **{"vi": "cp1258", "zh": "gb18030", "zh-hant": "big5hkscs", "zh-tw": "big5hkscs"},
}
_LATIN = ("cp1252", "iso8859_2", "cp1250", "cp1254", "cp1257", "cp1258")
# In languages with Latin letters, few letters are outside ASCII.
_MAX_NON_ASCII_SHARE = 0.3
_LANGUAGE = re.compile(rb"<html[^>]{0,500}?\slang\s*=\s*[\"']?([\w-]{2,35})", re.IGNORECASE)
_TAG_OR_ASCII_SIGN = re.compile(rb"<[^>]*>|[^A-Za-z\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded text. `mislabelled` if the encoding is not the declared one."""

    text: str
    encoding: str
    mislabelled: bool = False


def decode_page(data: bytes, declared: str = "") -> Decoded:
    """Decode a page; `declared` is the charset of its Content-Type.

    Non-ASCII bytes that are valid UTF-8 are UTF-8, whatever the labels say. If the bytes are
    invalid in every declared encoding, the language of the page decides.
    """
    found = (resolve_encoding(declared), html_body_declared_encoding(data))
    labels = [label for label in found if label]
    # ISO-2022-JP consists of ASCII bytes.
    if (decoded := _decode_unicode(data)) and not (labels and data.isascii()):
        is_wrong = not read_bom(data)[0] and bool(labels) and labels[0] != "utf-8"
        return Decoded(decoded.text, decoded.encoding, is_wrong)
    for label in labels:
        if (text := _decode_strictly(data, label)) is not None:
            return Decoded(text, label, label != labels[0])
    if "utf-8" in labels and is_nearly_utf_8(data):
        return Decoded(data.decode("utf-8", "replace"), "utf-8")
    language = _LANGUAGE.search(data[:_SAMPLE_BYTES])
    encoding = detect_encoding(data, language[1].decode().lower() if language else "")
    return Decoded(data.decode(encoding, "replace"), encoding, bool(labels))


def decode_text(data: bytes, encoding: str = "") -> Decoded:
    """Decode a text file; `encoding` overrides detection. Raises UnicodeDecodeError."""
    if encoding:
        text = data.decode(encoding)
        return Decoded(text.removeprefix("\ufeff"), encoding)
    if decoded := _decode_unicode(data):
        return decoded
    encoding = detect_encoding(data)
    text = data.decode(encoding)
    # No text, so say where it is not UTF-8.
    return Decoded(data.decode("utf-8") if "\0" in text else text, encoding)


def detect_encoding(data: bytes, language: str = "") -> str:
    """Return the encoding of bytes that are not UTF-8, by their language if it is known."""
    sample = data[:_SAMPLE_BYTES]
    letters = _TAG_OR_ASCII_SIGN.sub(b"", sample)
    share = sum(byte > 127 for byte in letters) / (len(letters) or 1)
    if b"\0" not in sample and share <= _MAX_NON_ASCII_SHARE:
        encoding = _detect_latin(_TAG_OR_ASCII_SIGN.sub(b" ", sample)) or _get_default(language)
        return _correct_for_windows(sample, encoding if encoding in _LATIN else "cp1252")
    encoding = _get_default(language) if language else ""
    if encoding and encoding not in _LATIN and _decode_strictly(data, encoding) is not None:
        return encoding
    guess = from_bytes(sample).best()
    return guess.encoding if guess else "cp1252"


def is_nearly_utf_8(data: bytes) -> bool:
    """Return whether only a few characters are invalid in UTF-8, such as truncated ones."""
    text = data.decode("utf-8", "replace")
    non_ascii = sum(character > "\x7f" for character in text)
    return text.count("\ufffd") <= _MAX_INVALID_SHARE * non_ascii + 1


def name_encoding(encoding: str) -> str:
    """Return the name of an encoding that people know."""
    name = re.sub(r"^cp(?=125\d$|874$)", "windows-", encoding).replace("_", "-")
    return name.replace("iso8859", "iso-8859").replace("utf-", "UTF-")


def _decode_unicode(data: bytes) -> Decoded | None:
    """Decode by the byte order mark, which precedes any label (Encoding Standard, section 6), or
    as UTF-8 if the bytes are valid.
    """
    encoding, mark = read_bom(data)
    if encoding and mark:
        return Decoded(data[len(mark) :].decode(encoding, "replace"), encoding)
    text = _decode_strictly(data, "utf-8")
    return None if text is None else Decoded(text, "utf-8")


def _detect_latin(data: bytes) -> str:
    """Return the encoding that is the default for the language of the text it gives; or ""."""
    for encoding in _LATIN:
        language = guess_language(data.decode(encoding, "ignore"))
        if language and _get_default(language) == encoding:
            return encoding
    return ""


def _get_default(language: str) -> str:
    primary = language.partition("-")[0]
    return _ENCODINGS.get(language) or _ENCODINGS.get(primary) or "cp1252"


def _correct_for_windows(sample: bytes, encoding: str) -> str:
    """Return windows-1250 for ISO 8859-2 if there are bytes that are no letters in the latter."""
    has_windows_bytes = any(0x80 <= byte <= 0x9F for byte in sample)
    return "cp1250" if encoding == "iso8859_2" and has_windows_bytes else encoding


def _decode_strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None
