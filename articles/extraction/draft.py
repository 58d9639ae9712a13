from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from articles.text.blocks import Block
from articles.text.byline import Credit
from articles.text.links import Link

# In code points.
MAX_TITLE = 300


@dataclass(frozen=True, kw_only=True)
class ArticleDraft:
    """An extracted article, neither validated nor saved.

    `text` is not normalised. None means: guess `language` from the text, read `authors` from the
    byline, find `links` in the text, split the text into `blocks`. Offsets of `links` and `blocks`
    count code points of the normalised text. `notes` say what needs a check.
    """

    title: str = ""
    text: str
    language: str | None = None
    url: str | None = None
    outlet: str = ""
    authors: Sequence[Credit] | None = None
    published_at: datetime | None = None
    licence: str = ""
    links: Sequence[Link] | None = None
    blocks: Sequence[Block] | None = None
    notes: Sequence[str] = ()
