from gettext import NullTranslations
from typing import Any, cast

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from config.http.policy import AllowedHosts
from config.translation import translations


class HttpConfig(AppConfig):
    name = "config.http"
    verbose_name = _("Outgoing requests")

    def ready(self) -> None:
        # Django's module has the functions that a class of the standard library's gettext needs.
        translations.add_fallback(cast("NullTranslations", translation))
        register(check_allowed_private_hosts)


def check_allowed_private_hosts(**_: Any) -> list[CheckMessage]:
    try:
        AllowedHosts.parse(settings.ALLOWED_PRIVATE_HOSTS)
    except ValueError as error:
        return [Error(f"PRESSMARK_ALLOWED_PRIVATE_HOSTS: {error}", id="http.E001")]
    return []
