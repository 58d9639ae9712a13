"""Asking other people's servers as they wish to be asked: robots.txt, and one page at a time."""

import time
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from protego import Protego

from articles.errors import FetchFailed
from config.http import Answer, NotAnswered, get
from config.http.models import Host

# The name that robots.txt may know us by (RFC 9309, 2.2.1).
ROBOT = "Pressmark"
# RFC 9309, 2.4 and 2.5: a copy is good for a day; half a megabyte of it is read.
_GOOD_FOR = timedelta(hours=24)
_LARGEST = 512_000
_LONGEST_PAUSE = 60.0


def wait_for_turn(url: str, *, longest: float) -> None:
    """Wait until the host of a URL may be asked for it.

    Raises FetchFailed where its robots.txt forbids it, or the turn is more than `longest` seconds
    away.
    """
    rules = check_robots(url)
    pause = min(float(rules.crawl_delay(ROBOT) or settings.CRAWL_DELAY), _LONGEST_PAUSE)
    turn = Host.take_turn(_host(url), timedelta(seconds=pause), timedelta(seconds=longest))
    if turn is None:
        raise FetchFailed(
            "busy", "Other pages of this site are waiting to be fetched. Try again in a minute."
        )
    time.sleep(max(0.0, (turn - timezone.now()).total_seconds()))


def check_robots(url: str) -> Protego:
    """Give the rules of the site that a URL is on. Raises FetchFailed where they forbid it."""
    rules = _rules(url)
    if not rules.can_fetch(url, ROBOT):
        raise FetchFailed(
            "robots", "The site's robots.txt asks programs not to fetch this page. Paste its text."
        )
    return rules


def _rules(url: str) -> Protego:
    host = Host.objects.filter(name=_host(url)).first()
    if host and host.robots_read_at and timezone.now() - host.robots_read_at < _GOOD_FOR:
        return Protego.parse(host.robots)
    text = _asked(url)
    Host.objects.update_or_create(
        name=_host(url), defaults={"robots": text, "robots_read_at": timezone.now()}
    )
    return Protego.parse(text)


def _asked(url: str) -> str:
    """Read robots.txt: none there allows all, a server that fails forbids all (RFC 9309, 2.3.1)."""
    try:
        answer: Answer = get(f"{_host(url)}/robots.txt", largest=_LARGEST)
    except NotAnswered as error:
        raise FetchFailed(str(error.reason), f"Its robots.txt cannot be read. {error}") from None
    if answer.status >= 500:
        raise FetchFailed(
            "robots", f"Its robots.txt cannot be read (status {answer.status}). Try again later."
        )
    # PostgreSQL keeps no NUL.
    return answer.body.decode("utf-8", "replace").replace("\0", "") if answer.is_success else ""


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"[:300]
