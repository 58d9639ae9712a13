from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "articles.imports"
    label = "imports"
    verbose_name = "Imports"

    def ready(self) -> None:
        from articles.imports.models import Import
        from articles.imports.services import take_up_lost
        from config.jobs.schedule import every

        every(10, take_up_lost)
        every(6 * 60 * 60, Import.objects.forget_abandoned)
