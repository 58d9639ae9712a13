"""The articles app."""

from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    """What is annotated."""

    name = "articles"
    verbose_name = "Articles"

    def ready(self) -> None:
        """Keep the database's own rules in step with the migrations."""
        from articles.models.triggers import TRIGGERS, keep_installed

        keep_installed(self, TRIGGERS)
