from collections.abc import Sequence
from dataclasses import dataclass

from config.search.terms import index_words

# A text and the BCP 47 tag of its language, "" if unknown.
Passage = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """The searchable text of one row. Matches in the title rank higher."""

    title: Sequence[Passage]
    text: Sequence[Passage] = ()

    def get_indexed_text(self) -> tuple[str, str, str, str]:
        """Return the words and the stems of the title, then of the text."""
        return (*index_words(self.title), *index_words(self.text))
