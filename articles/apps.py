"""The articles app."""

from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    """What is annotated."""

    name = "articles"
    verbose_name = "Articles"

    def ready(self) -> None:
        """Keep the database's own rules, and the index of search, in step with the migrations."""
        from articles.models.article import ARTICLES
        from articles.models.due import DUE_TRIGGERS, keep_indexed
        from articles.models.triggers import TRIGGERS, keep_installed

        keep_installed(self, [*TRIGGERS, *DUE_TRIGGERS])
        keep_indexed(self, [ARTICLES])
