"""What nearly the same texts have in common, to find them by."""

from typing import Self

from django.db import models

from articles.models.version import ArticleVersion
from articles.text.shingles import bands


class TextBand(models.Model):
    """One band of the MinHash of a version's text (articles/text/shingles.py)."""

    version = models.ForeignKey(ArticleVersion, models.CASCADE, related_name="bands")
    value = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.value:x}"

    @classmethod
    def of(cls, version: ArticleVersion) -> list[Self]:
        """Build the rows of a version."""
        return [cls(version=version, value=value) for value in bands(version.text)]
