"""The articles app."""

from django.apps import AppConfig
from django.core.checks import register


class ArticlesConfig(AppConfig):
    """What is annotated."""

    name = "articles"
    verbose_name = "Articles"

    def ready(self) -> None:
        """Keep the database's own rules in step with the migrations, and look at the settings."""
        from articles.checks import allowed_hosts_can_be_read
        from articles.models.triggers import TRIGGERS, keep_installed

        keep_installed(self, TRIGGERS)
        register(allowed_hosts_can_be_read)
