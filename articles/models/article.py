from collections.abc import Iterable, Sequence
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from annotate.accounts.permissions import EditableByOwner
from articles.extraction.draft import MAX_TITLE
from articles.models.author import Author, Authorship
from articles.models.outlet import Outlet
from config.db.fields import HttpURLField, build_creator_field, match_http_url
from config.db.languages import UNDETERMINED, validate_language_tag
from config.db.prepared_query import PreparedQuery
from config.db.public_id import PublicModel
from config.db.timestamps import rfc3339
from config.search.document import Document
from config.search.index import Index, parse_query
from config.search.queue import index_pending
from config.types import Record

ARTICLES = Index("article", "articles.Article")


class ArticleQuerySet(models.QuerySet["Article"]):
    def search(self, query: str) -> Self:
        """Filter to articles whose title, text, outlet or authors match (docs/search.md)."""
        index_pending()
        return self.filter(ARTICLES.matching(parse_query(query)))

    def documents(self, keys: Sequence[int]) -> dict[int, Document]:
        """Return what the search index holds of these articles."""
        authors: dict[int, list[tuple[str, str]]] = {key: [] for key in keys}
        for authorship in Authorship.objects.filter(article__in=keys).select_related("author"):
            authors[authorship.article_id].append((str(authorship.author), ""))
        rows = self.filter(pk__in=keys).values_list(
            "pk", "title", "language", "current_version__text", "outlet__name"
        )
        return {
            key: Document(
                title=[(title, language)],
                text=[(text or "", language), (outlet or "", ""), *authors[key]],
            )
            for key, title, language, text, outlet in rows
        }

    def list_languages(self) -> list[str]:
        return list(self.order_by("language").values_list("language", flat=True).distinct())

    def following(self, article: "Article") -> Self:
        """Filter to articles that come after this one in the default order."""
        older = models.Q(published_at=article.published_at, pk__lt=article.pk)
        if article.published_at:
            older |= models.Q(published_at__lt=article.published_at) | models.Q(published_at=None)
        return self.filter(older)

    def preceding(self, article: "Article") -> Self:
        """Filter to articles that come before this one in the default order, nearest first."""
        newer = models.Q(published_at=article.published_at, pk__gt=article.pk)
        if article.published_at:
            newer |= models.Q(published_at__gt=article.published_at)
        else:
            newer |= models.Q(published_at__isnull=False)
        return self.filter(newer).reverse()

    def for_reading(self) -> Self:
        """Load all that a list shows in a fixed number of queries, without the texts."""
        return (
            self.select_related("outlet", "current_version")
            .defer("current_version__text", "current_version__blocks")
            .prefetch_related("authorships__author")
        )

    def fetch_record(self, public_id: UUID) -> Record | None:
        """Return the `record()` of an article from one prepared query."""
        rows = _ARTICLE.fetch_rows(public_id)
        authors = [row[-2:] for row in rows if row[-2] is not None]
        return _build_record(*rows[0][:-2], authors=authors) if rows else None


def _select_article(variant: Any, public_id: Any) -> models.QuerySet[Any]:
    """Select the arguments of `_build_record`, with one row for each author."""
    version = (f"current_version__{field}" for field in _VERSION_FIELDS)
    author = (f"authorships__author__{field}" for field in ("name", "affiliation"))
    rows = Article.objects.filter(public_id=public_id).order_by("authorships__position")
    return rows.values_list(*_OWN_FIELDS, "outlet__name", *version, *author)


_OWN_FIELDS = (
    "public_id",
    "title",
    "url",
    "language",
    "published_at",
    "licence",
    "created_at",
    "updated_at",
)
_VERSION_FIELDS = ("public_id", "number", "sha256", "length")
_ARTICLE = PreparedQuery(_select_article)


def _build_record(*columns: Any, authors: Iterable[Sequence[str]]) -> Record:
    """Return an article as JSON values, for the API."""
    own = dict(zip(_OWN_FIELDS, columns, strict=False))
    outlet, version, number, sha256, length = columns[len(_OWN_FIELDS) :]
    published_at = own["published_at"]
    return {
        "id": str(own["public_id"]),
        "title": own["title"],
        "url": own["url"],
        "outlet": outlet,
        "authors": [{"name": name, "affiliation": affiliation} for name, affiliation in authors],
        "language": own["language"],
        "published_at": published_at and rfc3339(published_at),
        "licence": own["licence"],
        "created_at": rfc3339(own["created_at"]),
        "updated_at": rfc3339(own["updated_at"]),
        "current_version": version
        and {"id": str(version), "number": number, "sha256": sha256, "length": length},
    }


class Article(EditableByOwner, PublicModel):
    """One piece of news, identified by its canonical URL where it has one."""

    title = models.CharField(_("title"), max_length=MAX_TITLE)
    url = HttpURLField(_("canonical URL"), null=True, blank=True, unique=True)
    outlet = models.ForeignKey(
        Outlet,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="articles",
        verbose_name=_("outlet"),
    )
    authors = models.ManyToManyField(
        Author, through=Authorship, related_name="articles", verbose_name=_("authors")
    )
    language = models.CharField(
        _("language"), max_length=35, default=UNDETERMINED, validators=[validate_language_tag]
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    licence = models.CharField(_("licence"), max_length=200, blank=True)
    current_version = models.OneToOneField(
        "articles.ArticleVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="current_of",
        verbose_name=_("current version"),
    )
    created_by = build_creator_field(_("created by"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        # Databases differ in where they sort NULL.
        ordering = [models.F("published_at").desc(nulls_last=True), "-id"]
        indexes = [models.Index(fields=["language"])]
        constraints = [
            models.CheckConstraint(condition=~models.Q(title=""), name="article_has_title"),
            models.CheckConstraint(
                condition=match_http_url("url", empty=None), name="article_url_is_http"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def record(self) -> Record:
        """Return the article as JSON values, for the API."""
        version: Any = self.current_version
        outlet = self.outlet.name if self.outlet else None
        return _build_record(
            *(getattr(self, field) for field in _OWN_FIELDS),
            outlet,
            *(getattr(version, field, None) for field in _VERSION_FIELDS),
            authors=[(a.author.name, a.author.affiliation) for a in self.authorships.all()],
        )
