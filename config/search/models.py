"""What search has yet to index: how its tables keep in step with the rows.

The stems of a language cannot be made inside the database, but that a row has changed can be
written down there. Triggers do so, in the transaction that changes it and by whatever way it is
changed; who searches catches up first. So nothing can go round the index, and a writer pays for
no more than a short row for each that it changes."""

from collections.abc import Iterable

from django.db import models

from config.search.document import Document
from config.search.terms import stemming_of


class Due(models.Model):
    """That the row `key` of a searched kind has changed. One row for each time it did.

    Were there one row for each that changed, a writer could count on one that is just being
    taken away by somebody who has not seen the change.
    """

    index = models.CharField(max_length=20)
    key = models.BigIntegerField()

    class Meta:
        db_table = "search_due"
        verbose_name_plural = "due"
        indexes = [models.Index(fields=["index", "key"], name="search_due_rows")]

    def __str__(self) -> str:
        return f"{self.index} {self.key}"


class IndexedLanguage(models.Model):
    """A language of whose words stems are indexed: those of others need not be looked for."""

    language = models.CharField(max_length=3, primary_key=True)

    class Meta:
        db_table = "search_language"

    def __str__(self) -> str:
        return self.language

    @staticmethod
    def add(documents: Iterable[Document]) -> None:
        """Remember the languages of documents."""
        tags = {tag for doc in documents for _, tag in (*doc.title, *doc.text)}
        new = {stemming_of(tag) for tag in tags} - {"", *IndexedLanguage.known()}
        rows = [IndexedLanguage(language=tag) for tag in new]
        IndexedLanguage.objects.bulk_create(rows, ignore_conflicts=True)

    @staticmethod
    def known() -> list[str]:
        """Give the languages, as keys of `STEMMED`."""
        known = IndexedLanguage.objects.order_by("language")
        return list(known.values_list("language", flat=True))
