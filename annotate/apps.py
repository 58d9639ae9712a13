"""The annotate app."""

from django.apps import AppConfig

from articles.schedule import every


class AnnotateConfig(AppConfig):
    """What is said about articles."""

    name = "annotate"
    verbose_name = "Annotations"

    def ready(self) -> None:
        """Keep the database's own rules and the index of search in step; send webhooks."""
        from annotate import webhooks
        from annotate.models.annotation import ANNOTATIONS
        from annotate.models.entity import ENTITIES
        from annotate.models.source import SOURCES
        from annotate.models.triggers import TRIGGERS
        from articles.models.due import keep_indexed
        from articles.models.triggers import keep_installed

        keep_installed(self, TRIGGERS)
        every(1, webhooks.queue_due)
        every(60 * 60, webhooks.forget_old)
        keep_indexed(self, [ANNOTATIONS, ENTITIES, SOURCES])
