from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "annotate.projects"
    verbose_name = _("Projects")

    def ready(self) -> None:
        from annotate.projects.triggers import TRIGGERS
        from config.db.triggers import install_triggers

        install_triggers(self, TRIGGERS)
