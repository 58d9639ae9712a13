"""A piece of news, whatever its text is at the moment."""

from collections.abc import Sequence
from typing import Self

from django.conf import settings
from django.db import models

from annotate.accounts.permissions import EditableByOwner
from articles.models.author import Author, Authorship
from articles.models.outlet import Outlet
from config.db.fields import HttpURLField
from config.db.languages import UNDETERMINED, validate_language_tag
from config.db.public_id import PublicModel
from config.db.timestamps import rfc3339
from config.search.document import Document
from config.search.index import Index, parse_query
from config.search.queue import index_pending
from config.types import Record

MAX_TITLE = 300


ARTICLES = Index("article", "articles.Article")


class ArticleQuerySet(models.QuerySet["Article"]):
    """Ways to ask for articles."""

    def search(self, words: str) -> Self:
        """Keep those in whose title, text, outlet or authors the words are (docs/search.md)."""
        index_pending()
        return self.filter(ARTICLES.matching(parse_query(words)))

    def documents(self, keys: Sequence[int]) -> dict[int, Document]:
        """Give what is searched of the articles with these keys."""
        credited: dict[int, list[tuple[str, str]]] = {key: [] for key in keys}
        for credit in Authorship.objects.filter(article__in=keys).select_related("author"):
            credited[credit.article_id].append((str(credit.author), ""))
        rows = self.filter(pk__in=keys).values_list(
            "pk", "title", "language", "current_version__text", "outlet__name"
        )
        return {
            key: Document(
                title=[(title, language)],
                text=[(text or "", language), (outlet or "", ""), *credited[key]],
            )
            for key, title, language, text, outlet in rows
        }

    def list_languages(self) -> list[str]:
        """Give the languages that there are articles in."""
        return list(self.order_by("language").values_list("language", flat=True).distinct())

    def following(self, article: "Article") -> Self:
        """Keep those that follow the article in a list."""
        older = models.Q(published_at=article.published_at, pk__lt=article.pk)
        if article.published_at:
            older |= models.Q(published_at__lt=article.published_at) | models.Q(published_at=None)
        return self.filter(older)

    def preceding(self, article: "Article") -> Self:
        """Keep those that stand before the article in a list, the nearest first."""
        newer = models.Q(published_at=article.published_at, pk__gt=article.pk)
        if article.published_at:
            newer |= models.Q(published_at__gt=article.published_at)
        else:
            newer |= models.Q(published_at__isnull=False)
        return self.filter(newer).reverse()

    def for_reading(self) -> Self:
        """Fetch what a list of articles shows, in a fixed number of queries and without texts."""
        return (
            self.select_related("outlet", "current_version")
            .defer("current_version__text", "current_version__blocks")
            .prefetch_related("authorships__author")
        )


class Article(EditableByOwner, PublicModel):
    """One piece of news, identified by its canonical URL where it has one."""

    title = models.CharField(max_length=MAX_TITLE)
    url = HttpURLField("canonical URL", null=True, blank=True, unique=True)
    outlet = models.ForeignKey(
        Outlet, models.PROTECT, null=True, blank=True, related_name="articles"
    )
    authors = models.ManyToManyField(Author, through=Authorship, related_name="articles")
    language = models.CharField(
        max_length=35, default=UNDETERMINED, validators=[validate_language_tag]
    )
    published_at = models.DateTimeField(null=True, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    current_version = models.OneToOneField(
        "articles.ArticleVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="current_of",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        # Without a date they come last, on every engine.
        ordering = [models.F("published_at").desc(nulls_last=True), "-id"]
        indexes = [models.Index(fields=["language"])]
        constraints = [
            models.CheckConstraint(condition=~models.Q(title=""), name="article_has_a_title"),
            models.CheckConstraint(
                condition=models.Q(url=None)
                | models.Q(url__startswith="https://")
                | models.Q(url__startswith="http://"),
                name="article_url_is_http",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def record(self) -> Record:
        """Return the article as JSON values, for the API."""
        version = self.current_version
        return {
            "id": str(self.public_id),
            "title": self.title,
            "url": self.url,
            "outlet": self.outlet.name if self.outlet else None,
            "authors": [
                {"name": a.author.name, "affiliation": a.author.affiliation}
                for a in self.authorships.all()
            ],
            "language": self.language,
            "published_at": self.published_at and rfc3339(self.published_at),
            "licence": self.licence,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
            "current_version": version
            and {
                "id": str(version.public_id),
                "number": version.number,
                "sha256": version.sha256,
                "length": version.length,
            },
        }
