"""The same article twice: under another address, as another version, or as somebody's copy."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from articles.duplicates.minhash import bands, resemblance
from articles.duplicates.models import MinHashBand
from articles.models import Article
from articles.text.address import same_page_addresses
from articles.text.diff import diff

# Below it two texts have something in common, but are not one text.
NEAR = 0.6
_MOST_TWINS = 5
_MOST_CANDIDATES = 50
# In code points.
_LEAD = 40


class Relation(StrEnum):
    """What an article that is here is to one that comes in."""

    SAME = "same"
    VERSION = "version"
    COPY = "copy"
    NEAR = "near"


@dataclass(frozen=True)
class Change:
    """Words of the one that is here, what stands in their place in the other, and the words that
    lead up to them in both.
    """

    before: str
    after: str
    lead: str


@dataclass(frozen=True)
class Twin:
    """An article that is here, how it is related, and how much of its wording is the same."""

    article: Article
    relation: Relation
    resemblance: float
    changes: list[Change]


def find_twins(text: str, url: str | None, *, beside: Article | None = None) -> list[Twin]:
    """Find the articles that a normalised text at an address could be, the nearest first.

    The same address with the same text is the same article; with another text it is a new version.
    The same text elsewhere is a copy, such as one of an agency's report. `beside` is left out.
    """
    by_address = known_at(url, beside=beside)
    twins = [_at_same_address(by_address, text)] if by_address else []
    for article in _with_like_text(text):
        if article.current_version and article not in (by_address, beside):
            share = resemblance(article.current_version.text, text)
            if share >= NEAR:
                twins.append(_elsewhere(article, article.current_version.text, text, share))
    return sorted(twins, key=_nearness)[:_MOST_TWINS]


def twins_of(article: Article) -> list[Twin]:
    """Find the articles here that another one of them could be, the nearest first."""
    text = article.current_version.text if article.current_version else ""
    return find_twins(text, article.url, beside=article)


def known_at(url: str | None, *, beside: Article | None = None) -> Article | None:
    """Give the article that is here under an address, however that was written."""
    if not url:
        return None
    found = Article.objects.filter(url__in=same_page_addresses(url))
    if beside:
        found = found.exclude(pk=beside.pk)
    return found.select_related("current_version", "outlet").first()


def changes(before: str, after: str) -> list[Change]:
    """Give what differs between two texts, by words."""
    return [
        Change(
            before[hunk.old_start : hunk.old_end].strip(),
            after[hunk.new_start : hunk.new_end].strip(),
            _lead(before, hunk.old_start),
        )
        for hunk in diff(before, after).hunks
        if not hunk.is_equal
    ]


def _lead(text: str, place: int) -> str:
    """Give the words of a line that lead up to a place in it, whole ones where there are some."""
    start = max(0, place - _LEAD)
    lead = text[start:place].rpartition("\n")[2]
    is_cut = len(lead) == _LEAD and start and not text[start - 1].isspace()
    return (lead.partition(" ")[2] or lead if is_cut else lead).strip()


def _at_same_address(article: Article, text: str) -> Twin:
    here = article.current_version.text if article.current_version else ""
    if here == text:
        return Twin(article, Relation.SAME, 1.0, [])
    return Twin(article, Relation.VERSION, resemblance(here, text), changes(here, text))


def _elsewhere(article: Article, here: str, text: str, share: float) -> Twin:
    if here == text:
        return Twin(article, Relation.COPY, 1.0, [])
    return Twin(article, Relation.NEAR, share, changes(here, text))


def _with_like_text(text: str) -> Iterable[Article]:
    """Give the articles whose current text shares a band with this one."""
    versions = MinHashBand.objects.filter(value__in=bands(text)).values("version")
    return (
        Article.objects.filter(current_version__in=versions)
        .select_related("current_version", "outlet")
        .order_by("-pk")[:_MOST_CANDIDATES]
    )


def _nearness(twin: Twin) -> tuple[int, float]:
    return list(Relation).index(twin.relation), -twin.resemblance
