"""Normalise text: NFC, lines terminated by LF, no control characters.

See Unicode Standard Annex #15 for NFC, and section 5.8 of the standard for line ends.
"""

import re
import unicodedata

from config.translation import gettext as _

_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BYTE_ORDER_MARK = "\ufeff"


class UnencodableText(ValueError):
    """The string has an unpaired surrogate, or NUL where that is not allowed."""


def normalise(raw: str) -> str:
    """Return the normalised text; the function is idempotent.

    A tab becomes one space; leading byte order marks and other control characters are removed.
    Nothing is trimmed, and spaces do not change. Raises UnencodableText.
    """
    return unicodedata.normalize("NFC", _remove_controls(raw).lstrip(_BYTE_ORDER_MARK))


def normalise_input(raw: str) -> str:
    """Normalise what somebody sent, in which NUL is an error. Raises UnencodableText."""
    if (position := raw.find("\0")) >= 0:
        message = _("NUL at character %(position)d. Remove it and try again.")
        raise UnencodableText(message % {"position": position})
    return normalise(raw)


def normalise_quote(raw: str) -> str:
    """Normalise part of a text. Unlike a whole text, a part may start with U+FEFF.

    Any part of a normalised text is returned unchanged. Raises UnencodableText.
    """
    return unicodedata.normalize("NFC", _remove_controls(raw))


def _remove_controls(raw: str) -> str:
    if broken := _SURROGATE.search(raw):
        message = _(
            "Unpaired surrogate at character %(position)d (not Unicode text). "
            "Save it as UTF-8 and try again."
        )
        raise UnencodableText(message % {"position": broken.start()})
    return _CONTROL.sub("", _LINE_END.sub("\n", raw).replace("\t", " "))
