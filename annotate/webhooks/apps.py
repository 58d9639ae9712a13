from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "annotate.webhooks"
    label = "webhooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        from annotate.webhooks import services
        from config.jobs.schedule import every

        every(1, services.queue_due)
        every(60 * 60, services.delete_expired)
