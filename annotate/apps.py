"""The annotate app."""

from django.apps import AppConfig

from articles.schedule import every


class AnnotateConfig(AppConfig):
    """What is said about articles."""

    name = "annotate"
    verbose_name = "Annotations"

    def ready(self) -> None:
        """Keep the database's own rules in step with the migrations; send webhooks."""
        from annotate import webhooks
        from annotate.models.triggers import TRIGGERS
        from articles.models.triggers import keep_installed

        keep_installed(self, TRIGGERS)
        every(1, webhooks.queue_due)
        every(60 * 60, webhooks.forget_old)
