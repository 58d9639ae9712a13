"""Settings that cannot be meant are told when Pressmark starts, and not at the first request."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from config.http import Allowance


def allowed_hosts_can_be_read(**_: Any) -> list[CheckMessage]:
    """Read PRESSMARK_ALLOWED_PRIVATE_HOSTS."""
    try:
        Allowance.of(settings.ALLOWED_PRIVATE_HOSTS)
    except ValueError as error:
        return [Error(f"PRESSMARK_ALLOWED_PRIVATE_HOSTS: {error}", id="articles.E001")]
    return []
