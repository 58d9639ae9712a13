"""Storing an article: where every way in ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from articles.text.blocks import Block
from articles.text.byline import Credit
from articles.text.links import Link


@dataclass(frozen=True, kw_only=True)
class ArticleDraft:
    """An article as some way in has found it; nothing is stored or checked yet.

    `text` is as it came. None means of `language`: guess it from the text; of `authors`: read
    them from the byline; of `links`: find the URLs that stand in the text; of `blocks`: read them
    from its lines. Where links and blocks are given, offsets count code points of the normalised
    text.
    """

    title: str
    text: str
    language: str | None = None
    url: str | None = None
    outlet: str = ""
    authors: Sequence[Credit] | None = None
    published_at: datetime | None = None
    licence: str = ""
    links: Sequence[Link] | None = None
    blocks: Sequence[Block] | None = None
