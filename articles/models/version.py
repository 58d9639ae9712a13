import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, Self

from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from articles.text.blocks import Block, BlockKind, check_blocks, split_blocks
from articles.text.links import Link as FoundLink
from articles.text.normalise import normalise
from config.db.fields import HttpURLField
from config.db.public_id import PublicModel


class VersionIsImmutable(TypeError):
    """Versions cannot be changed or deleted. A corrected article is a new version."""


class ArticleVersionQuerySet(models.QuerySet["ArticleVersion"]):
    def for_reading(self) -> Self:
        """Load all that a version shows in a fixed number of queries."""
        return self.select_related("article").prefetch_related("links")

    def append(
        self,
        article: Article,
        text: str,
        links: Iterable[FoundLink] = (),
        blocks: Sequence[Block] | None = None,
    ) -> "ArticleVersion":
        """Save a text as the next version of an article and make it current.

        Raises ValueError like ArticleVersion.build.
        """
        with transaction.atomic():
            # Lock the article, so that two writers do not take the same number.
            Article.objects.select_for_update().get(pk=article.pk)
            last = article.versions.aggregate(last=models.Max("number"))["last"] or 0
            version = ArticleVersion.build(article, last + 1, text, blocks)
            version.save(force_insert=True)
            Link.objects.bulk_create(Link.build(version, link) for link in links)
            article.current_version = version
            article.save(update_fields=["current_version", "updated_at"])
        return version

    def update(self, **values: Any) -> NoReturn:
        raise VersionIsImmutable("A version never changes: a corrected article is a new version.")

    def delete(self) -> NoReturn:
        raise VersionIsImmutable("A version never changes: it cannot be deleted.")


class ArticleVersion(PublicModel):
    """The immutable, normalised text of an article at one time, its blocks and its links.

    `length` and all offsets count Unicode code points. `sha256` is of the text's UTF-8.
    """

    article = models.ForeignKey(
        Article, models.PROTECT, related_name="versions", verbose_name=_("article")
    )
    number = models.PositiveIntegerField(_("number"))
    text = models.TextField(_("text"))
    length = models.PositiveIntegerField(_("length"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    blocks = models.JSONField(
        _("blocks"), help_text=_("[{kind, start, end}], in order and not overlapping.")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = ArticleVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("article version")
        verbose_name_plural = _("article versions")
        ordering = ["article", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="unique_version_number"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="version_number_from_1"),
            models.CheckConstraint(condition=models.Q(length__gte=1), name="version_has_text"),
        ]

    def __str__(self) -> str:
        values = {"number": self.number, "article": self.article}
        return gettext("Version %(number)d of %(article)s") % values

    @classmethod
    def build(
        cls, article: Article, number: int, text: str, blocks: Sequence[Block] | None = None
    ) -> Self:
        """Return an unsaved version. Without `blocks`, the text is split into blocks.

        Raises ValueError if the text is blank or not normalised, or the blocks do not fit it.
        """
        if not text.strip():
            raise ValueError("The text of a version must not be blank.")
        if normalise(text) != text:
            raise ValueError(
                "The text of a version must be normalised: NFC, LF, no control characters."
            )
        if blocks is None:
            blocks = split_blocks(text, title=article.title)
        else:
            check_blocks(text, blocks)
        return cls(
            article=article,
            number=number,
            text=text,
            length=len(text),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            blocks=[{"kind": str(b.kind), "start": b.start, "end": b.end} for b in blocks],
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises VersionIsImmutable unless the version is new."""
        if not self._state.adding:
            raise VersionIsImmutable(
                "A version never changes: a corrected article is a new version."
            )
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise VersionIsImmutable("A version never changes: it cannot be deleted.")

    def get_blocks(self) -> list[Block]:
        return [Block(BlockKind(b["kind"]), b["start"], b["end"]) for b in self.blocks]


class Link(models.Model):
    """A hyperlink at `[start, end)` of a version's text."""

    version = models.ForeignKey(
        ArticleVersion, models.PROTECT, related_name="links", verbose_name=_("version")
    )
    start = models.PositiveIntegerField(_("start"))
    end = models.PositiveIntegerField(_("end"))
    href = HttpURLField(_("URL"))

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(fields=["version", "start", "end"], name="unique_link_span"),
            models.CheckConstraint(
                condition=models.Q(start__lt=models.F("end")), name="link_is_not_empty"
            ),
            models.CheckConstraint(
                condition=models.Q(href__startswith="https://")
                | models.Q(href__startswith="http://"),
                name="link_is_http",
            ),
        ]

    def __str__(self) -> str:
        return self.href

    @classmethod
    def build(cls, version: ArticleVersion, link: FoundLink) -> Self:
        return cls(version_id=version.pk, start=link.start, end=link.end, href=link.href)
