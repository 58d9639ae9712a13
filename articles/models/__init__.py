"""Articles: outlets, authors, immutable versions, links and fetched snapshots."""

from articles.models.article import Article
from articles.models.author import Author, Authorship
from articles.models.outlet import Outlet
from articles.models.snapshot import Snapshot
from articles.models.version import ArticleVersion, Link, VersionIsImmutable

__all__ = [
    "Article",
    "ArticleVersion",
    "Author",
    "Authorship",
    "Link",
    "Outlet",
    "Snapshot",
    "VersionIsImmutable",
]
