"""Polling feeds and sitemaps: what is new is brought in, and what was corrected, again.

Each address that a feed names is a row of its own (`FeedEntry`), and says when it is to be fetched
next. So a poll can be stopped anywhere, and several may be at work on one feed."""

import logging
import math
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from articles.duplicates.services import known_at
from articles.errors import DuplicateArticle, FetchFailed, IngestError
from articles.feeds.formats import MOST_ENTRIES, Found, Named, NotAFeed, Offer, read_feed
from articles.feeds.models import (
    FOLLOW_DAYS,
    FOLLOW_EVERY,
    LONGEST_WAIT,
    EntryState,
    Feed,
    FeedEntry,
    FeedKind,
)
from articles.fetch import ask, conditions, fetch_again, fetch_article
from articles.models import Article
from articles.text.address import LONGEST, same_page_key
from config.http.robots import check_robots

QUEUE = "feeds"
FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/json",
        "application/rdf+xml",
        "application/xml",
        "text/xml",
        "text/html",
        "text/plain",
    }
)
LARGEST = 5_000_000
_MOST_SITEMAPS = 20
# How long a poll waits for its turn at a site: longer than any pause between two pages of one.
PATIENCE = 120.0
# A feed is worked at for so long before others have their turn.
SECONDS_IN_A_ROW = 30.0
# Reasons that may pass; whatever else refused an entry will do so again.
_PASSING = {"timeout", "unreachable", "broken", "name-not-found", "busy", "status", "tls"}
# With these a site does not answer at all: it is not asked for the rest either.
_AWAY = {"timeout", "unreachable", "broken", "name-not-found", "busy", "tls"}
# So many in a row, and the rest waits.
_MOST_AWAY = 3
_MOST_ATTEMPTS = 5
_BUSY_FOR = timedelta(minutes=1)

logger = logging.getLogger(__name__)


class FeedIsKnown(IngestError):
    """The feed is polled already; `feed` is the one."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        super().__init__({"url": ["This feed is polled already."]})


class TooManyFeeds(IngestError):
    """One person has as many feeds as one may."""

    def __init__(self) -> None:
        most = settings.MAX_FEEDS_PER_USER
        super().__init__({"url": [f"You have {most} feeds, and nobody may have more. Remove one."]})


@dataclass
class Polled:
    """What a poll brought: articles, those that were here, new versions, and what went wrong."""

    brought: int = 0
    known: int = 0
    corrected: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)


# --- Adding one ---------------------------------------------------------------------------


def add_feed(
    url: str,
    *,
    by: Any = None,
    minutes: int = 60,
    follow_days: int = FOLLOW_DAYS,
    is_active: bool = True,
) -> Feed:
    """Keep a feed to be polled, after looking at it once.

    Raises FeedIsKnown, TooManyFeeds, FetchFailed, or NotAFeed with the feeds that there are.
    """
    check_place(url, by)
    found = look_at(url)
    return keep_feed(
        url, found, by=by, minutes=minutes, follow_days=follow_days, is_active=is_active
    )


def look_at(url: str) -> Found:
    """Look whether there is a feed at an address. Raises FetchFailed, NotAFeed."""
    answer = ask(url, media_types=FEED_TYPES, largest=LARGEST)
    try:
        return read_feed(answer.body, answer.url)
    except NotAFeed as error:
        if error.offers:
            raise
        raise NotAFeed(_sitemaps_of(answer.url)) from None


def check_place(url: str, by: Any) -> None:
    """Look whether a feed could be added at all. Raises FeedIsKnown, TooManyFeeds."""
    if known := Feed.objects.filter(url=url).first():
        raise FeedIsKnown(known)
    if by and Feed.objects.filter(added_by=by).count() >= settings.MAX_FEEDS_PER_USER:
        raise TooManyFeeds


def keep_feed(url: str, found: Found, *, by: Any = None, **chosen: Any) -> Feed:
    """Keep a feed that was looked at. Raises FeedIsKnown, TooManyFeeds."""
    with transaction.atomic():
        if by:
            # So that two requests do not both take the last place.
            get_user_model().objects.select_for_update().get(pk=by.pk)
        check_place(url, by)
        feed, is_new = Feed.objects.get_or_create(
            url=url,
            defaults={"title": found.title, "kind": found.kind, "added_by": by, **chosen},
        )
    if not is_new:
        raise FeedIsKnown(feed)
    return feed


def _sitemaps_of(url: str) -> list[Offer]:
    """Give the sitemaps that the site's robots.txt names; it was read just now."""
    return [
        Offer(address, "", FeedKind.SITEMAP)
        for address in list(check_robots(url).sitemaps)[:_MOST_SITEMAPS]
        if address.startswith(("https://", "http://")) and len(address) <= LONGEST
    ]


# --- Polling ------------------------------------------------------------------------------


def poll(feed: Feed, *, anew: bool = True) -> Polled:
    """Ask a feed for what is new and fetch all of it, also what failed and may come in by now.

    Unless `anew`, only what is due: the feed, its entries or both.
    """
    polled, now = Polled(), timezone.now()
    if anew:
        feed.entries.in_state(EntryState.WAITING).update(due_at=now)
    if not (anew or feed.next_at <= now) or look(feed, polled):
        bring_in(feed, polled)
    return polled


def look(feed: Feed, polled: Polled) -> bool:
    """Ask a feed whether it changed, and note what it names. Tell whether its site answers.

    A feed that fails keeps the reason, and is asked later and later.
    """
    try:
        answer = ask(
            feed.url,
            media_types=FEED_TYPES,
            largest=LARGEST,
            patience=PATIENCE,
            headers=conditions(feed.validators),
        )
        found = None if answer.status == 304 else read_feed(answer.body, answer.url)
        named = _all_named(feed, found) if found else []
    except IngestError as error:
        feed.fail(error.words)
        polled.faults.append((feed.url, error.words))
        if not _is_away(error):
            return True
        _put_off(feed, feed.next_at)
        return False
    with transaction.atomic():
        if found:
            _note(feed, named)
            feed.title, feed.kind = feed.title or found.title, found.kind
            # That a list of sitemaps is the same says nothing of those in it.
            kept = () if found.sitemaps else ("etag", "last-modified")
            feed.validators = {
                name: answer.headers[name] for name in kept if name in answer.headers
            }
        feed.succeed()
    return True


def bring_in(feed: Feed, polled: Polled, *, seconds: float = math.inf, claim: Any = None) -> bool:
    """Fetch what is due of a feed, one after another; what is wrong with one stops no other.

    Tell whether there may be more, as the time is over; one is fetched in any case. With a
    `claim`, only for as long as that holds and the feed is polled.
    """
    until, away = time.monotonic() + seconds, 0
    while True:
        if away >= _MOST_AWAY:
            _put_off(feed, timezone.now() + feed.wait_after(0))
            return False
        if claim and not Feed.objects.filter(pk=feed.pk, queued_at=claim, is_active=True).exists():
            return False
        entry = feed.entries.take()
        if entry is None:
            return False
        try:
            _fetch(feed, entry, polled)
            away = 0
        except IngestError as error:
            _fail(feed, entry, error, polled)
            away = away + 1 if _is_away(error) else 0
        except Exception as error:
            logger.exception("Fetching %s failed.", entry.url)
            _fail(feed, entry, error, polled)
        if time.monotonic() >= until:
            return True


def _all_named(feed: Feed, found: Found) -> list[Named]:
    """Give the articles of a feed, and those of the sitemaps that a sitemap names."""
    named, waiting = list(found.entries), list(found.sitemaps)
    seen = {feed.url}
    while waiting and len(seen) <= _MOST_SITEMAPS and len(named) < MOST_ENTRIES:
        url = waiting.pop(0)
        if url not in seen:
            seen.add(url)
            answer = ask(url, media_types=FEED_TYPES, largest=LARGEST, patience=PATIENCE)
            more = read_feed(answer.body, answer.url)
            named += more.entries
            waiting += more.sitemaps
    return named[:MOST_ENTRIES]


def _note(feed: Feed, named: list[Named]) -> None:
    """Keep what is new; the addresses that the feed says to be changed are due again."""
    by_key = {same_page_key(one.url)[:LONGEST]: one for one in named}
    known = {entry.key: entry for entry in feed.entries.filter(key__in=by_key)}
    FeedEntry.objects.bulk_create(
        (
            FeedEntry(feed=feed, key=key, url=one.url, title=one.title, said_at=one.said_at)
            for key, one in by_key.items()
            if key not in known
        ),
        ignore_conflicts=True,
    )
    changed, due = [], []
    for key, entry in known.items():
        title, moment = by_key[key].title or entry.title, by_key[key].said_at or entry.said_at
        if moment and moment != entry.said_at and _is_news(feed, entry, moment):
            due.append(entry.pk)
        if (title, moment) != (entry.title, entry.said_at):
            entry.title, entry.said_at = title, moment
            changed.append(entry)
    FeedEntry.objects.bulk_update(changed, ["title", "said_at"])
    FeedEntry.objects.filter(pk__in=due).update(due_at=timezone.now(), attempts=0)


def _is_news(feed: Feed, entry: FeedEntry, moment: datetime) -> bool:
    """Tell whether the feed says of an entry that it was changed since it was fetched.

    What was here before the feed named it is not the feed's to correct.
    """
    if entry.article_id and not (entry.brought_at and feed.follow_days):
        return False
    if entry.said_at:
        return True
    return entry.fetched_at is not None and moment > entry.fetched_at


def _fetch(feed: Feed, entry: FeedEntry, polled: Polled) -> None:
    """Bring an entry in, or look whether its article was corrected. Raises IngestError."""
    if entry.article:
        version = fetch_again(entry.article, patience=PATIENCE)
        polled.corrected += version is not None
        entry.come_to(fetched_at=timezone.now(), fault="", due_at=_next_look(feed, entry))
        return

    def brought(article: Article) -> None:
        entry.brought_at = now = timezone.now()
        entry.come_to(article=article, brought_at=now, fetched_at=now, fault="", due_at=None)
        entry.come_to(due_at=_next_look(feed, entry))

    try:
        # With what came of it in one transaction: killed in between, it would be somebody else's.
        fetch_article(entry.url, by=feed.added_by, patience=PATIENCE, then=brought)
        polled.brought += 1
    except IngestError as error:
        known = _known(entry, error)
        if known is None:
            raise
        entry.come_to(article=known, fetched_at=timezone.now(), fault="", due_at=None)
        polled.known += 1


def _known(entry: FeedEntry, error: IngestError) -> Article | None:
    """Give the article that was here, or that somebody else brought in at the same moment."""
    if isinstance(error, DuplicateArticle):
        return Article.objects.filter(public_id=error.public_id).first()
    return None if isinstance(error, FetchFailed) else known_at(entry.url)


def _next_look(feed: Feed, entry: FeedEntry) -> datetime | None:
    """Give when an article is looked at again; None where it is not followed any longer."""
    moment = timezone.now() + FOLLOW_EVERY
    until = entry.brought_at and entry.brought_at + timedelta(days=feed.follow_days)
    return moment if until and feed.follow_days and moment <= until + timedelta(hours=1) else None


def _fail(feed: Feed, entry: FeedEntry, error: Exception, polled: Polled) -> None:
    """Note why an entry was not fetched, and when it is tried next."""
    reason = error.reason if isinstance(error, FetchFailed) else ""
    now = timezone.now()
    if reason == "busy":
        # It was not asked for at all: other pages of its site come first.
        entry.come_to(due_at=now + _BUSY_FOR)
        return
    said = error.words if isinstance(error, IngestError) else "Pressmark failed on this page."
    polled.faults.append((entry.url, said))
    if entry.article:
        entry.come_to(fetched_at=now, fault=said, due_at=_next_look(feed, entry))
        return
    attempts = entry.attempts + 1
    passes = reason in _PASSING or not isinstance(error, IngestError)
    wait = min(feed.wait_after(attempts - 1), LONGEST_WAIT)
    entry.come_to(
        fetched_at=now,
        fault=said,
        attempts=attempts,
        due_at=now + wait if passes and attempts < _MOST_ATTEMPTS else None,
    )


def _is_away(error: IngestError) -> bool:
    return isinstance(error, FetchFailed) and error.reason in _AWAY


def _put_off(feed: Feed, moment: datetime) -> None:
    """Leave a site alone that does not answer: what is due now is due later."""
    feed.entries.due(timezone.now()).update(due_at=moment)


# --- In the background --------------------------------------------------------------------


def queue_due_feeds() -> None:
    """Queue a task for each feed whose time has come, or that of one of its entries."""
    for key in Feed.objects.due().unclaimed().values_list("pk", flat=True):
        queue(key)


def poll_soon(feed: Feed) -> None:
    """Have a feed asked now, also for what failed and may come in by now."""
    now = timezone.now()
    with transaction.atomic():
        feed.entries.in_state(EntryState.WAITING).update(due_at=now)
        Feed.objects.filter(pk=feed.pk).update(next_at=now, updated_at=now)
        feed.next_at = feed.updated_at = now
        queue(feed.pk)


def queue(key: int, *, held: datetime | None = None) -> None:
    """Queue a task for a feed that has none; or its continuation, where its claim is `held`."""
    now = timezone.now()
    with transaction.atomic():
        free = Feed.objects.filter(queued_at=held) if held else Feed.objects.unclaimed()
        # Another worker may have been first.
        if free.filter(pk=key).update(queued_at=now):
            poll_feed.enqueue(key, now.isoformat())


@task(queue_name=QUEUE)
def poll_feed(key: int, claim: str) -> None:
    """Look after a feed: ask it if its time has come, and fetch what is due.

    For some time; then other feeds have their turn before it goes on. Which task it is says its
    `claim`. Run again after its worker was killed, it goes on where that had come to.
    """
    held = datetime.fromisoformat(claim)
    feed = Feed.objects.select_related("added_by").filter(pk=key, queued_at=held).first()
    if feed is None:
        return
    try:
        has_more = _look_after(feed, held)
    except Exception:
        # It is not tried all the time, nor never again.
        feed.fail("Pressmark failed on this feed.")
        Feed.objects.filter(pk=key, queued_at=held).update(queued_at=None)
        raise
    if has_more:
        queue(key, held=held)
    else:
        Feed.objects.filter(pk=key, queued_at=held).update(queued_at=None)


def _look_after(feed: Feed, held: datetime) -> bool:
    """Ask the feed if its time has come, and fetch what is due; tell whether there is more."""
    polled, began = Polled(), time.monotonic()
    if not feed.is_active:
        return False
    if feed.next_at <= timezone.now() and not look(feed, polled):
        return False
    spent = time.monotonic() - began
    return bring_in(feed, polled, seconds=SECONDS_IN_A_ROW - spent, claim=held)
