"""The articles app."""

from django.apps import AppConfig
from django.core.checks import register

from articles.schedule import every, forget_finished_tasks


class ArticlesConfig(AppConfig):
    """What is annotated."""

    name = "articles"
    verbose_name = "Articles"

    def ready(self) -> None:
        """Keep the database's own rules and the index of search in step; poll feeds."""
        from articles.checks import allowed_hosts_can_be_read
        from articles.ingest.feed import queue_due_feeds
        from articles.ingest.uploaded import take_up_lost
        from articles.models.article import ARTICLES
        from articles.models.bulk import BulkImport
        from articles.models.due import DUE_TRIGGERS, catch_up, keep_indexed
        from articles.models.triggers import TRIGGERS, keep_installed

        keep_installed(self, [*TRIGGERS, *DUE_TRIGGERS])
        keep_indexed(self, [ARTICLES])
        register(allowed_hosts_can_be_read)
        every(60 * 60, forget_finished_tasks)
        every(10, take_up_lost)
        every(6 * 60 * 60, BulkImport.objects.forget_abandoned)
        # So that searches seldom have to.
        every(2, catch_up)
        every(30, queue_due_feeds)
