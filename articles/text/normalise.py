"""The one form in which text is kept: NFC, lines ended by LF, no control characters.

Unicode Standard Annex #15 for NFC; section 5.8 of the standard for what ends a line."""

import re
import unicodedata

_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BYTE_ORDER_MARK = "\ufeff"


class UnencodableText(ValueError):
    """The string has half of a surrogate pair in it: it is no Unicode text."""


def normalise(raw: str) -> str:
    """Put a text into the form in which it is kept. Nothing is trimmed, no space is changed.

    A tab becomes one space; byte order marks at the start and other control characters go.
    Normalising twice is normalising once. Raises UnencodableText.
    """
    return unicodedata.normalize("NFC", _without_controls(raw).lstrip(_BYTE_ORDER_MARK))


def normalise_part(raw: str) -> str:
    """Put words quoted from a text into its form; a U+FEFF may stand first in a part.

    Every part of a normalised text comes back as it is. Raises UnencodableText.
    """
    return unicodedata.normalize("NFC", _without_controls(raw))


def _without_controls(raw: str) -> str:
    if broken := _SURROGATE.search(raw):
        raise UnencodableText(
            f"At character {broken.start()} there is half of a surrogate pair: "
            "this is not Unicode text. Save it as UTF-8 and try again."
        )
    return _CONTROL.sub("", _LINE_END.sub("\n", raw).replace("\t", " "))
