"""The immutable text of an article at one time."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, Self

from django.db import models, transaction

from articles.models.article import Article
from articles.text.blocks import Block, BlockKind, check_blocks, split_blocks
from articles.text.links import Link as FoundLink
from articles.text.normalise import normalise
from config.db.fields import HttpURLField
from config.db.public_id import PublicModel


class VersionIsImmutable(TypeError):
    """Somebody tried to change or delete a version. A corrected article is a new version."""


class ArticleVersionQuerySet(models.QuerySet["ArticleVersion"]):
    """Ways to ask for versions; none to change them."""

    def for_reading(self) -> Self:
        """Fetch all that one version shows, in a fixed number of queries."""
        return self.select_related("article").prefetch_related("links")

    def append(
        self,
        article: Article,
        text: str,
        links: Iterable[FoundLink] = (),
        blocks: Sequence[Block] | None = None,
    ) -> "ArticleVersion":
        """Store a text as the next version of an article, and make it the current one.

        Without `blocks` they are read from the lines of the text. Raises ValueError when the text
        is blank or not normalised, or the blocks are not those of the text.
        """
        with transaction.atomic():
            # Two writers would otherwise take the same number.
            Article.objects.select_for_update().get(pk=article.pk)
            last = article.versions.aggregate(last=models.Max("number"))["last"] or 0
            version = ArticleVersion.build(article, last + 1, text, blocks)
            version.save(force_insert=True)
            Link.objects.bulk_create(Link.build(version, link) for link in links)
            article.current_version = version
            article.save(update_fields=["current_version", "updated_at"])
        return version

    def _refuse(self) -> NoReturn:
        raise VersionIsImmutable("A version never changes: a corrected article is a new version.")

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        self._refuse()

    def delete(self) -> NoReturn:
        """Refuse."""
        self._refuse()


class ArticleVersion(PublicModel):
    """The normalised plain text of an article at one time, its blocks and its links.

    `length`, `blocks` and all offsets count Unicode code points. `sha256` is of the text's UTF-8.
    """

    article = models.ForeignKey(Article, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    length = models.PositiveIntegerField()
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    blocks = models.JSONField(help_text="[{kind, start, end}], in order, never overlapping.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ArticleVersionQuerySet.as_manager()

    class Meta:
        ordering = ["article", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="version_number_is_one"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="version_number_from_1"),
            models.CheckConstraint(condition=models.Q(length__gte=1), name="version_has_a_text"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number} of {self.article}"

    @classmethod
    def build(
        cls, article: Article, number: int, text: str, blocks: Sequence[Block] | None = None
    ) -> Self:
        """Build the version that holds a text; nothing is stored yet.

        Raises ValueError when the text is blank or not normalised, or the blocks do not fit it.
        """
        if not text.strip():
            raise ValueError("The text of a version is not blank.")
        if normalise(text) != text:
            raise ValueError("The text of a version is normalised: NFC, LF, no control characters.")
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
            blocks=[
                {"kind": str(block.kind), "start": block.start, "end": block.end}
                for block in blocks
            ],
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new version. Raises VersionIsImmutable for one that is stored already."""
        if not self._state.adding:
            raise VersionIsImmutable(
                "A version never changes: a corrected article is a new version."
            )
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise VersionIsImmutable("A version never changes: it cannot be deleted.")

    def get_blocks(self) -> list[Block]:
        """Give the blocks as the text core knows them."""
        return [Block(BlockKind(b["kind"]), b["start"], b["end"]) for b in self.blocks]


class Link(models.Model):
    """A link that stood in a version's text: `[start, end)` pointed to `href`."""

    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="links")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    href = HttpURLField()

    class Meta:
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(fields=["version", "start", "end"], name="link_is_one"),
            models.CheckConstraint(
                condition=models.Q(start__lt=models.F("end")), name="link_is_some_text"
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
        """Build the row of a link that was found in the text of a stored version."""
        return cls(version_id=version.pk, start=link.start, end=link.end, href=link.href)
