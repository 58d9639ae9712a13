"""Respect robots.txt (RFC 9309) and crawl delays."""

import time
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from protego import Protego

from config.http.client import FetchOptions, get
from config.http.models import Host
from config.http.policy import ErrorReason, RequestBlocked, RequestError, RequestFailed

# The product token in robots.txt (RFC 9309, 2.2.1).
USER_AGENT = "Pressmark"
# RFC 9309, 2.4 and 2.5.
_CACHE_TIME = timedelta(hours=24)
_MAX_BYTES = 512_000
_MAX_DELAY = 60.0


def wait_for_slot(url: str, *, max_wait: float) -> None:
    """Sleep until the host of `url` may be requested again.

    Raises RequestBlocked if robots.txt disallows the URL, and RequestFailed if the slot is more
    than `max_wait` seconds away.
    """
    rules = check_robots(url)
    delay = min(float(rules.crawl_delay(USER_AGENT) or settings.CRAWL_DELAY), _MAX_DELAY)
    wait = timedelta(seconds=max_wait)
    slot = Host.reserve_slot(_get_origin(url), timedelta(seconds=delay), wait)
    if slot is None:
        raise RequestFailed(
            ErrorReason.BUSY,
            _("Other pages of this site are waiting to be fetched. Try again in a minute."),
        )
    time.sleep(max(0.0, (slot - timezone.now()).total_seconds()))


def check_robots(url: str) -> Protego:
    """Return the robots.txt rules for a URL. Raises RequestError if they disallow it."""
    rules = _get_rules(url)
    if not rules.can_fetch(url, USER_AGENT):
        raise RequestBlocked(
            ErrorReason.ROBOTS,
            _(
                "The site's robots.txt does not allow Pressmark to fetch this page. "
                "Paste its text instead."
            ),
        )
    return rules


def _get_rules(url: str) -> Protego:
    name, now = _get_origin(url), timezone.now()
    host = Host.objects.filter(name=name).first()
    if host and host.robots_fetched_at and now - host.robots_fetched_at < _CACHE_TIME:
        return Protego.parse(host.robots)
    text = _fetch_robots(name)
    values = {"robots": text, "robots_fetched_at": timezone.now()}
    Host.objects.update_or_create(name=name, defaults=values)
    return Protego.parse(text)


def _fetch_robots(origin: str) -> str:
    """A missing robots.txt allows everything, a server error nothing (RFC 9309, 2.3.1)."""
    try:
        response = get(f"{origin}/robots.txt", FetchOptions(max_bytes=_MAX_BYTES))
    except RequestError as error:
        message = _("Cannot read the site's robots.txt. %(error)s") % {"error": error}
        raise type(error)(error.reason, message) from None
    if response.status >= 500:
        message = _("Cannot read the site's robots.txt (status %(status)d). Try again later.")
        raise RequestFailed(ErrorReason.ROBOTS, message % {"status": response.status})
    # PostgreSQL cannot store NUL.
    text = response.body.decode("utf-8", "replace").replace("\0", "")
    return text if response.is_success else ""


def _get_origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"[:300]
