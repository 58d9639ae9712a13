"""Who writes."""

from django.db import models

from config.db.public_id import PublicModel


class Author(PublicModel):
    """A person or desk that an article is credited to, with the post it is credited under."""

    name = models.CharField(max_length=200)
    affiliation = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name", "affiliation"]
        constraints = [
            models.UniqueConstraint(fields=["name", "affiliation"], name="author_is_one"),
            models.CheckConstraint(condition=~models.Q(name=""), name="author_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.affiliation}" if self.affiliation else self.name


class Authorship(models.Model):
    """One author's place in the byline of one article."""

    article = models.ForeignKey("articles.Article", models.CASCADE, related_name="authorships")
    author = models.ForeignKey(Author, models.PROTECT, related_name="authorships")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["article", "author"], name="author_is_credited_once"),
            models.UniqueConstraint(fields=["article", "position"], name="byline_place_is_one"),
        ]

    def __str__(self) -> str:
        return str(self.author)
