from collections.abc import Sequence
from dataclasses import dataclass

from config.search.terms import index_words

# Words, and the BCP 47 tag of their language; empty where it is not known.
Passage = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """What is searched of one row; what stands in the title weighs more."""

    title: Sequence[Passage]
    text: Sequence[Passage] = ()

    def indexed(self) -> tuple[str, str, str, str]:
        """Give the words and the stems of the title, then of the text."""
        return (*index_words(self.title), *index_words(self.text))
