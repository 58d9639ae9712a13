"""The annotate app."""

from django.apps import AppConfig
from django.db.models.signals import post_save

from articles.schedule import every


class AnnotateConfig(AppConfig):
    """What is said about articles."""

    name = "annotate"
    verbose_name = "Annotations"

    def ready(self) -> None:
        """Keep the database's own rules and the index of search in step.

        And have what belongs to others' changes done: send webhooks, and carry annotations to
        each new version, whichever way it came in.
        """
        from annotate import carry, webhooks
        from annotate.models.annotation import ANNOTATIONS
        from annotate.models.carrying_run import asked_for
        from annotate.models.entity import ENTITIES
        from annotate.models.source import SOURCES
        from annotate.models.triggers import TRIGGERS
        from articles.models import ArticleVersion
        from articles.models.due import keep_indexed
        from articles.models.triggers import keep_installed

        keep_installed(self, TRIGGERS)
        post_save.connect(carry.ask_for_new, sender=ArticleVersion)
        asked_for.connect(carry.queue)
        every(15 * 60, carry.try_again)
        every(1, webhooks.queue_due)
        every(60 * 60, webhooks.forget_old)
        keep_indexed(self, [ANNOTATIONS, ENTITIES, SOURCES])
