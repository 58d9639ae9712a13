from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.search.document import Document
from config.search.terms import get_stemmer_language


class IndexQueueEntry(models.Model):
    """A change of row `key` that the index does not contain yet. Triggers add one per change.

    There is no unique constraint: a writer could otherwise rely on an entry that a concurrent
    transaction is about to delete without having seen the writer's change.
    """

    index = models.CharField(max_length=20)
    key = models.BigIntegerField()

    class Meta:
        verbose_name = _("index queue entry")
        verbose_name_plural = _("index queue")
        indexes = [models.Index(fields=["index", "key"], name="search_queue_rows")]

    def __str__(self) -> str:
        return f"{self.index} {self.key}"


class IndexedLanguage(models.Model):
    """A language of which the index contains stems: queries are only stemmed in these."""

    language = models.CharField(max_length=3, primary_key=True)

    def __str__(self) -> str:
        return self.language

    @staticmethod
    def add_languages(documents: Iterable[Document]) -> None:
        tags = {tag for doc in documents for _, tag in (*doc.title, *doc.text)}
        codes = {get_stemmer_language(tag) for tag in tags}
        new = codes - {"", *IndexedLanguage.get_languages()}
        rows = [IndexedLanguage(language=code) for code in new]
        IndexedLanguage.objects.bulk_create(rows, ignore_conflicts=True)

    @staticmethod
    def get_languages() -> list[str]:
        """Return the languages as keys of `STEMMERS`."""
        return list(IndexedLanguage.objects.order_by("language").values_list("language", flat=True))
