"""What is annotated: outlets, authors, articles, their immutable versions and links."""

from articles.models.answer import KeptAnswer
from articles.models.article import Article
from articles.models.author import Author, Authorship
from articles.models.due import Due
from articles.models.outlet import Outlet
from articles.models.version import ArticleVersion, Link, VersionIsImmutable

__all__ = [
    "Article",
    "ArticleVersion",
    "Author",
    "Authorship",
    "Due",
    "KeptAnswer",
    "Link",
    "Outlet",
    "VersionIsImmutable",
]
