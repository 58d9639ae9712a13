from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "config.jobs"
    label = "jobs"
    verbose_name = _("Background jobs")

    def ready(self) -> None:
        from config.api.models import IdempotencyRecord
        from config.jobs.schedule import delete_finished_tasks, every

        every(60 * 60, delete_finished_tasks)
        every(60 * 60, IdempotencyRecord.delete_expired)
