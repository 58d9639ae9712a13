from collections.abc import Sequence
from dataclasses import dataclass

# A text and the BCP 47 tag of its language, "" if unknown.
Passage = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """The searchable text of one row. Matches in the title rank higher."""

    title: Sequence[Passage]
    text: Sequence[Passage] = ()
