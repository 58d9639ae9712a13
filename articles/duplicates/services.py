"""Find articles that are in the database already: same URL, same text or nearly the same text."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from articles.duplicates.minhash import compute_bands, compute_similarity
from articles.duplicates.models import MinHashBand
from articles.models import Article
from articles.text.diff import diff
from articles.text.urls import list_url_variants

MIN_SIMILARITY = 0.6
_MAX_RESULTS = 5
_MAX_CANDIDATES = 50
# In code points.
_CONTEXT_LENGTH = 40


class Relation(StrEnum):
    """How an existing article relates to another text, the closest first."""

    IDENTICAL = "identical"
    VERSION = "version"
    COPY = "copy"
    NEAR_DUPLICATE = "near_duplicate"


@dataclass(frozen=True)
class Change:
    """A difference: the existing text, the other text, and the context before both."""

    before: str
    after: str
    context: str


@dataclass(frozen=True)
class DuplicateCandidate:
    """An existing article that another text may duplicate; `similarity` is 0 to 1, rounded."""

    article: Article
    relation: Relation
    similarity: float
    changes: list[Change]


def find_duplicates(
    text: str, url: str | None, *, exclude: Article | None = None
) -> list[DuplicateCandidate]:
    """Find existing articles that a normalised text at a URL may duplicate, the closest first.

    At the same URL, the same text is identical and another text is a new version. The same text
    at another URL is a copy, such as one of an agency report.
    """
    same_url = find_by_url(url, exclude=exclude)
    candidates = [_build_candidate(same_url, text, is_same_url=True)] if same_url else []
    for article in _find_similar(text):
        if article not in (same_url, exclude):
            candidate = _build_candidate(article, text)
            if candidate.similarity >= MIN_SIMILARITY:
                candidates.append(candidate)
    relations = list(Relation)
    candidates.sort(key=lambda found: (relations.index(found.relation), -found.similarity))
    return candidates[:_MAX_RESULTS]


def get_duplicates(article: Article) -> list[DuplicateCandidate]:
    """Find other articles that may duplicate this one, the closest first."""
    text = article.current_version.text if article.current_version else ""
    return find_duplicates(text, article.url, exclude=article)


def find_by_url(url: str | None, *, exclude: Article | None = None) -> Article | None:
    """Return the article with a URL, or a variant of it such as http or AMP."""
    if not url:
        return None
    articles = Article.objects.filter(url__in=list_url_variants(url))
    if exclude:
        articles = articles.exclude(pk=exclude.pk)
    return articles.select_related("current_version", "outlet").first()


def _find_similar(text: str) -> Iterable[Article]:
    versions = MinHashBand.objects.filter(value__in=compute_bands(text)).values("version")
    return (
        Article.objects.filter(current_version__in=versions)
        .select_related("current_version", "outlet")
        .order_by("-pk")[:_MAX_CANDIDATES]
    )


def _build_candidate(
    article: Article, text: str, *, is_same_url: bool = False
) -> DuplicateCandidate:
    existing = article.current_version.text if article.current_version else ""
    if existing == text:
        relation = Relation.IDENTICAL if is_same_url else Relation.COPY
        return DuplicateCandidate(article, relation, 1.0, [])
    relation = Relation.VERSION if is_same_url else Relation.NEAR_DUPLICATE
    similarity = round(compute_similarity(existing, text), 4)
    changes = _list_changes(existing, text) if is_same_url or similarity >= MIN_SIMILARITY else []
    return DuplicateCandidate(article, relation, similarity, changes)


def _list_changes(before: str, after: str) -> list[Change]:
    return [
        Change(
            before[hunk.old.start : hunk.old.end].strip(),
            after[hunk.new.start : hunk.new.end].strip(),
            _get_context(before, hunk.old.start),
        )
        for hunk in diff(before, after).hunks
        if not hunk.is_equal
    ]


def _get_context(text: str, end: int) -> str:
    """Return the part of the line before `end`, without a cut-off first word."""
    start = max(0, end - _CONTEXT_LENGTH)
    context = text[start:end].rpartition("\n")[2]
    is_cut = len(context) == _CONTEXT_LENGTH and start and not text[start - 1].isspace()
    return (context.partition(" ")[2] or context if is_cut else context).strip()
