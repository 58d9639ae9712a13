from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "annotate.webhooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        from annotate.webhooks.models import Delivery
        from annotate.webhooks.services import queue_due
        from config.jobs.schedule import every

        every(1, queue_due)
        every(60 * 60, Delivery.objects.delete_expired)
