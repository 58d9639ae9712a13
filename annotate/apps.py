from django.apps import AppConfig


class AnnotateConfig(AppConfig):
    name = "annotate"
    label = "annotate"
    verbose_name = "Annotations"

    def ready(self) -> None:
        from annotate.models.annotation import ANNOTATIONS
        from annotate.triggers import TRIGGERS
        from config.db.triggers import install_triggers
        from config.search.queue import install_index

        install_triggers(self, TRIGGERS)
        install_index(self, [ANNOTATIONS])
