from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "annotate.registry"
    verbose_name = _("Entities and sources")

    def ready(self) -> None:
        from annotate.registry.models import ENTITIES, SOURCES
        from annotate.registry.triggers import TRIGGERS
        from config.db.triggers import install_triggers
        from config.search.queue import install_index

        install_triggers(self, TRIGGERS)
        install_index(self, [ENTITIES, SOURCES])
