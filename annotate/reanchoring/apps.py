from django.apps import AppConfig


class ReanchoringConfig(AppConfig):
    name = "annotate.reanchoring"
    label = "reanchoring"
    verbose_name = "Re-anchoring"

    def ready(self) -> None:
        from django.db.models.signals import post_save

        from annotate.reanchoring import services
        from annotate.reanchoring.models import asked_for
        from annotate.signals import annotation_written
        from articles.models import ArticleVersion
        from config.jobs.schedule import every

        post_save.connect(services.ask_for_new, sender=ArticleVersion)
        annotation_written.connect(services.ask_for_current)
        asked_for.connect(services.queue)
        every(15 * 60, services.try_again)
