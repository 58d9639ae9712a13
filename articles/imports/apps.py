from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "articles.imports"
    label = "imports"
    verbose_name = _("Imports")

    def ready(self) -> None:
        from articles.imports.models import Import
        from articles.imports.services import requeue_expired
        from config.jobs.schedule import every

        every(10, requeue_expired)
        every(6 * 60 * 60, Import.objects.delete_expired)
