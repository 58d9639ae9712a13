"""What nearly the same texts have in common, to find them by."""

from collections.abc import Iterable
from typing import Self

from django.db import connection, models

from articles.duplicates.minhash import bands
from articles.models.article import Article
from articles.models.version import ArticleVersion


class MinHashBandQuerySet(models.QuerySet["MinHashBand"]):
    """Ways to ask what is alike."""

    def like(self, article: Article) -> Self:
        """Keep bands of other articles' current texts that this one's has too."""
        own = self.model.objects.filter(version=article.current_version_id).values("value")
        return self.filter(
            value__in=own, version__article__current_version=models.F("version")
        ).exclude(version=article.current_version_id)

    def write(self, versions: Iterable[ArticleVersion]) -> None:
        """Store the bands of stored versions, which have none yet."""
        # As objects, eight for each version, the rows would take a tenth of the time of an import.
        rows = [(version.pk, value) for version in versions for value in bands(version.text)]
        table = self.model._meta.db_table
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} (version_id, value) VALUES (%s, %s)",  # noqa: S608
                rows,
            )


class MinHashBand(models.Model):
    """One band of the MinHash of a version's text (articles/duplicates/minhash.py)."""

    version = models.ForeignKey(ArticleVersion, models.CASCADE, related_name="bands")
    value = models.BigIntegerField(db_index=True)

    objects = MinHashBandQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.value:x}"
