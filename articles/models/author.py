from django.db import models
from django.utils.translation import gettext_lazy as _

from config.db.public_id import PublicModel


class Author(PublicModel):
    """A person or desk as credited: the same name with another affiliation is another author."""

    name = models.CharField(_("name"), max_length=200)
    affiliation = models.CharField(_("affiliation"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["name", "affiliation"]
        constraints = [
            models.UniqueConstraint(fields=["name", "affiliation"], name="unique_author"),
            models.CheckConstraint(condition=~models.Q(name=""), name="author_has_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.affiliation}" if self.affiliation else self.name


class Authorship(models.Model):
    """The position of an author in the byline of an article."""

    article = models.ForeignKey(
        "articles.Article", models.CASCADE, related_name="authorships", verbose_name=_("article")
    )
    author = models.ForeignKey(
        Author, models.PROTECT, related_name="authorships", verbose_name=_("author")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("authorship")
        verbose_name_plural = _("authorships")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["article", "author"], name="unique_authorship"),
            models.UniqueConstraint(fields=["article", "position"], name="unique_byline_position"),
        ]

    def __str__(self) -> str:
        return str(self.author)
