"""The annotate app."""

from django.apps import AppConfig


class AnnotateConfig(AppConfig):
    """What is said about articles."""

    name = "annotate"
    verbose_name = "Annotations"

    def ready(self) -> None:
        """Keep the database's own rules in step with the migrations."""
        from annotate.models.triggers import TRIGGERS
        from articles.models.triggers import keep_installed

        keep_installed(self, TRIGGERS)
