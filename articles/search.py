"""Search: what has the words, the best first, and where they stand in it.

`search` is the one function, over any of the scopes that somebody may look into. What the words
mean is told by `config.search.query`."""

from collections.abc import Iterable, Mapping

from articles.models import Article, ArticleVersion
from articles.models.article import ARTICLES
from config.db.languages import in_language
from config.search.query import Query
from config.search.services import Field, Hit, Scope


def in_articles(language: str = "") -> Scope:
    """Search the articles; in one language where it is given."""
    among = Article.objects.filter(in_language("language", language), current_version__isnull=False)
    return Scope("articles", ARTICLES, among, _show_articles)


def _show_articles(scores: Mapping[int, float], query: Query) -> Iterable[tuple[int, Hit]]:
    versions = (
        ArticleVersion.objects.filter(current_of__in=scores)
        .select_related("article__outlet")
        .defer("blocks")
        .prefetch_related("article__authorships__author")
    )
    for version in versions:
        article = version.article
        credits = (
            Field(f"/authors/{number}", str(credit.author))
            for number, credit in enumerate(article.authorships.all())
        )
        hit = Hit.of(
            "article",
            article,
            scores[article.pk],
            query,
            Field("/title", article.title, article.language),
            Field("/text", version.text, article.language),
            Field("/outlet", article.outlet.name if article.outlet else ""),
            *credits,
            version=version,
        )
        yield article.pk, hit
