"""What is annotated: outlets, authors, articles, their immutable versions and links."""

from articles.models.answer import KeptAnswer
from articles.models.article import Article
from articles.models.author import Author, Authorship
from articles.models.bulk import BulkImport, ImportFault, ImportPiece, ImportState
from articles.models.due import Due
from articles.models.feed import EntryState, Feed, FeedEntry, FeedKind
from articles.models.fetching import Host, Snapshot
from articles.models.likeness import TextBand
from articles.models.outlet import Outlet
from articles.models.version import ArticleVersion, Link, VersionIsImmutable
from articles.models.worker import Worker

__all__ = [
    "Article",
    "ArticleVersion",
    "Author",
    "Authorship",
    "BulkImport",
    "Due",
    "EntryState",
    "Feed",
    "FeedEntry",
    "FeedKind",
    "Host",
    "ImportFault",
    "ImportPiece",
    "ImportState",
    "KeptAnswer",
    "Link",
    "Outlet",
    "Snapshot",
    "TextBand",
    "VersionIsImmutable",
    "Worker",
]
