from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReanchoringConfig(AppConfig):
    name = "annotate.reanchoring"
    verbose_name = _("Re-anchoring")

    def ready(self) -> None:
        from django.db.models.signals import post_save

        from annotate.reanchoring import runs
        from annotate.signals import annotation_written
        from articles.models import ArticleVersion
        from config.jobs.schedule import every

        post_save.connect(runs.request_run_for_version, sender=ArticleVersion)
        annotation_written.connect(runs.request_run_for_annotation)
        every(15 * 60, runs.retry_runs)
