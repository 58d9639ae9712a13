from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from config.http import AllowedHosts


def check_allowed_private_hosts(**_: Any) -> list[CheckMessage]:
    try:
        AllowedHosts.parse(settings.ALLOWED_PRIVATE_HOSTS)
    except ValueError as error:
        return [Error(f"PRESSMARK_ALLOWED_PRIVATE_HOSTS: {error}", id="http.E001")]
    return []
