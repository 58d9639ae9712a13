from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnnotateConfig(AppConfig):
    name = "annotate"
    label = "annotate"
    verbose_name = _("Annotations")

    def ready(self) -> None:
        from annotate.models.annotation import ANNOTATIONS
        from annotate.services import log_renames
        from annotate.triggers import TRIGGERS
        from config.db.triggers import install_triggers
        from config.jobs.schedule import every
        from config.search.queue import install_index

        install_triggers(self, TRIGGERS)
        install_index(self, [ANNOTATIONS])
        every(1, log_renames)
