from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HttpConfig(AppConfig):
    name = "config.http"
    verbose_name = _("Outgoing requests")

    def ready(self) -> None:
        from django.core.checks import register

        from config.http.checks import check_allowed_private_hosts

        register(check_allowed_private_hosts)
