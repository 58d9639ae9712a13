from collections.abc import Collection, Iterable

from articles.models import Article, ArticleVersion
from articles.models.article import ARTICLES
from config.db.languages import match_language
from config.search.services import Field, ResultRow, SearchScope


def get_article_scope(language: str = "") -> SearchScope:
    """Return the scope of all articles, or of those in one language."""
    queryset = Article.objects.filter(
        match_language("language", language), current_version__isnull=False
    )
    return SearchScope("articles", ARTICLES, queryset, _load_articles)


def _load_articles(keys: Collection[int]) -> Iterable[ResultRow]:
    versions = (
        ArticleVersion.objects.filter(current_of__in=keys)
        .select_related("article__outlet")
        .defer("blocks")
        .prefetch_related("article__authorships__author")
    )
    for version in versions:
        article = version.article
        fields = [
            Field("/text", version.text, article.language),
            Field("/outlet", article.outlet.name if article.outlet else ""),
        ]
        fields += [
            Field(f"/authors/{number}", str(authorship.author))
            for number, authorship in enumerate(article.authorships.all())
        ]
        title = Field("/title", article.title, article.language)
        yield ResultRow("article", article, title, fields, version)
