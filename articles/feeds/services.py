"""Polling feeds and sitemaps: import new articles, and re-check imported ones for corrections.

Each URL that a feed lists is a row (`FeedEntry`) that says when to fetch it next, so a poll may
stop anywhere and several may work on one feed."""

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from articles.duplicates.services import find_by_url
from articles.errors import DuplicateArticle, FetchFailed, IngestError
from articles.feeds.formats import MAX_ITEMS, FeedItem, FeedLink, NotAFeed, ParsedFeed, read_feed
from articles.feeds.models import MAX_RETRY_DELAY, EntryState, Feed, FeedEntry, FeedKind
from articles.fetch import (
    build_conditional_headers,
    fetch_article,
    fetch_moved,
    fetch_update,
    fetch_url,
)
from articles.models import Article
from articles.text.urls import MAX_URL_LENGTH, get_page_key
from config.db.outages import is_outage
from config.http import RequestError, Response, unpack_gzip
from config.http.robots import check_robots

QUEUE = "feeds"
MAX_FEED_BYTES = 5_000_000
# Of a gzipped sitemap.
MAX_UNPACKED_BYTES = 20_000_000
_MAX_SITEMAPS = 20
# Seconds to wait for a request slot at a site: longer than any crawl delay.
SLOT_TIMEOUT = 120.0
# A task works on a feed this long, then the rest is queued so that feeds take turns.
TURN_SECONDS = 30.0
# A task that is queued, or running, for longer is considered lost, and another is queued.
QUEUE_LEASE = timedelta(hours=12)
TASK_LEASE = timedelta(minutes=10)
# Errors that mean that the whole site does not answer.
_SITE_DOWN = {"timeout", "unreachable", "broken", "name-not-found", "busy", "tls"}
# Errors that may be temporary; after any other, retrying is pointless.
_TEMPORARY = {*_SITE_DOWN, "status"}
# After so many of those in a row, the feed's other entries wait.
_MAX_SITE_ERRORS = 3
_MAX_ATTEMPTS = 5
_BUSY_DELAY = timedelta(minutes=1)

logger = logging.getLogger(__name__)


class DuplicateFeed(IngestError):
    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        super().__init__({"url": [_("This feed already exists.")]})


class TooManyFeeds(IngestError):
    def __init__(self) -> None:
        limit = settings.MAX_FEEDS_PER_USER
        message = _("You have %(limit)d feeds, the maximum. Delete one first.") % {"limit": limit}
        super().__init__({"url": [message]})


@dataclass
class PollResult:
    """Counts of articles, and `errors` as pairs of URL and message."""

    imported: int = 0
    duplicates: int = 0
    updated: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)
    # Whether time ran out before all due entries were fetched.
    has_more: bool = False


def add_feed(url: str, *, by: Any = None, **values: Any) -> Feed:
    """Fetch and save a feed. Raises DuplicateFeed, TooManyFeeds, FetchFailed, NotAFeed."""
    check_can_add(url, by)
    return save_feed(url, fetch_feed(url), by=by, **values)


def fetch_feed(url: str) -> ParsedFeed:
    """Raises FetchFailed, or NotAFeed with the feeds or sitemaps that the page links to."""
    response = _fetch_document(url)
    try:
        return _read_response(response)
    except NotAFeed as error:
        if error.links:
            raise
        raise NotAFeed(_find_sitemaps(response.url)) from None


def _fetch_document(url: str, **options: Any) -> Response:
    """Fetch a feed of any content type, which is often wrong."""
    return fetch_url(url, max_bytes=MAX_FEED_BYTES, **options)


def _read_response(response: Response) -> ParsedFeed:
    """Raises FetchFailed, NotAFeed."""
    try:
        data = unpack_gzip(response.body, MAX_UNPACKED_BYTES)
    except RequestError as error:
        raise FetchFailed(str(error.reason), str(error)) from None
    return read_feed(data, response.url, response.charset)


def check_can_add(url: str, by: Any) -> None:
    """Raises DuplicateFeed, TooManyFeeds."""
    if existing := Feed.objects.filter(url=url).first():
        raise DuplicateFeed(existing)
    if by and Feed.objects.filter(added_by=by).count() >= settings.MAX_FEEDS_PER_USER:
        raise TooManyFeeds


def save_feed(url: str, parsed: ParsedFeed, *, by: Any = None, **values: Any) -> Feed:
    """Save a feed that was fetched. Raises DuplicateFeed, TooManyFeeds."""
    with transaction.atomic():
        if by:
            # Lock the user, so that two requests do not both take the last place.
            get_user_model().objects.select_for_update().get(pk=by.pk)
        check_can_add(url, by)
        values["title"] = values.get("title") or parsed.title
        feed, is_new = Feed.objects.get_or_create(
            url=url, defaults={"kind": parsed.kind, "added_by": by, **values}
        )
    if not is_new:
        raise DuplicateFeed(feed)
    return feed


def _find_sitemaps(url: str) -> list[FeedLink]:
    """Return the sitemaps that the robots.txt of a page's site lists."""
    try:
        rules = check_robots(url)
    except RequestError as error:
        raise FetchFailed(str(error.reason), str(error)) from None
    return [
        FeedLink(address, "", FeedKind.SITEMAP)
        for address in list(rules.sitemaps)[:_MAX_SITEMAPS]
        if address.startswith(("https://", "http://")) and len(address) <= MAX_URL_LENGTH
    ]


def poll(
    feed: Feed, *, force: bool = True, seconds: float = math.inf, lease: Any = None
) -> PollResult:
    """Fetch a feed and its new or temporarily failed entries; unless `force`, only what is due."""
    result, until = PollResult(), time.monotonic() + seconds
    if force:
        feed.entries.in_state(EntryState.PENDING).update(next_fetch_at=timezone.now())
    is_due = force or feed.next_poll_at <= timezone.now()
    if not is_due or update_entries(feed, result):
        seconds = until - time.monotonic()
        result.has_more = fetch_entries(feed, result, seconds=seconds, lease=lease)
    return result


def update_entries(feed: Feed, result: PollResult) -> bool:
    """Fetch a feed and save what it lists; return False if its site does not answer."""
    try:
        headers = build_conditional_headers(feed.validators)
        response = _fetch_document(feed.url, max_wait=SLOT_TIMEOUT, headers=headers)
        parsed = None if response.status == 304 else _read_response(response)
        items = _collect_items(feed, parsed) if parsed else []
    except IngestError as error:
        _record_poll_failure(feed, error)
        result.errors.append((feed.url, feed.last_error))
        if not _is_site_down(error):
            return True
        feed.entries.due().update(next_fetch_at=feed.next_poll_at)
        return False
    with transaction.atomic():
        if parsed:
            _save_items(feed, items)
            feed.title, feed.kind = feed.title or parsed.title, parsed.kind
            # An unchanged sitemap index says nothing about the sitemaps in it.
            names = () if parsed.sitemaps else ("etag", "last-modified")
            feed.validators = {
                name: response.headers[name] for name in names if name in response.headers
            }
        feed.mark_polled()
        if response.moved_to:
            feed.store_address(response.moved_to)
    return True


def _record_poll_failure(feed: Feed, error: IngestError) -> None:
    """Save why a poll failed; pause a feed that is gone."""
    if isinstance(error, FetchFailed) and error.status == HTTPStatus.GONE:
        feed.mark_polled(_("The server says that this feed is gone for good (410)."))
        feed.pause()
        return
    feed.mark_polled(error.message, retry_after=_get_retry_after(error))


def fetch_entries(
    feed: Feed, result: PollResult, *, seconds: float = math.inf, lease: Any = None
) -> bool:
    """Fetch the due entries of a feed, at least one; an error in one does not stop the others.

    Return True if time ran out before all were fetched. With a `lease`, stop when it is lost or
    the feed paused.
    """
    until, site_errors, wait = time.monotonic() + seconds, 0, timedelta()
    while True:
        if site_errors >= _MAX_SITE_ERRORS:
            wait = feed.backoff.get_delay(0)
        if wait:
            feed.entries.due().update(next_fetch_at=timezone.now() + wait)
            return False
        held = Feed.objects.filter(pk=feed.pk, lease_token=lease, is_active=True)
        if lease and not held.exists():
            return False
        entry = feed.entries.claim_next()
        if entry is None:
            return False
        try:
            _fetch_entry(feed, entry, result)
            site_errors = 0
        except IngestError as error:
            _record_failure(feed, entry, error, result)
            site_errors = site_errors + 1 if _is_site_down(error) else 0
            wait = min(_get_retry_after(error), MAX_RETRY_DELAY)
        except Exception as error:
            if is_outage(error):
                raise
            logger.exception("Fetching %s failed.", entry.url)
            _record_failure(feed, entry, error, result)
        if time.monotonic() >= until:
            return True


def _collect_items(feed: Feed, parsed: ParsedFeed) -> list[FeedItem]:
    """Return the items of a feed, and those of the sitemaps in a sitemap index."""
    items, queue = list(parsed.items), list(parsed.sitemaps)
    seen = {feed.url}
    while queue and len(seen) <= _MAX_SITEMAPS and len(items) < MAX_ITEMS:
        url = queue.pop(0)
        if url not in seen:
            seen.add(url)
            response = _fetch_document(url, max_wait=SLOT_TIMEOUT)
            sitemap = _read_response(response)
            items += sitemap.items
            queue += sitemap.sitemaps
    return items[:MAX_ITEMS]


def _save_items(feed: Feed, items: list[FeedItem]) -> None:
    """Create entries for new items; schedule those that were updated at the source."""
    by_key = {get_page_key(item.url)[:MAX_URL_LENGTH]: item for item in items}
    _update_links(feed, by_key)
    existing = {entry.key: entry for entry in feed.entries.filter(key__in=by_key)}
    new = [
        FeedEntry(
            feed=feed,
            key=key,
            url=item.url,
            title=item.title,
            guid=item.guid,
            source_updated_at=item.updated_at,
        )
        for key, item in by_key.items()
        if key not in existing
    ]
    FeedEntry.objects.bulk_create(new, ignore_conflicts=True)
    changed, due = [], []
    for key, entry in existing.items():
        title = by_key[key].title or entry.title
        updated_at = by_key[key].updated_at or entry.source_updated_at
        if updated_at != entry.source_updated_at and _is_update(feed, entry, updated_at):
            due.append(entry.pk)
        values = (title, updated_at, by_key[key].guid or entry.guid)
        if values != (entry.title, entry.source_updated_at, entry.guid):
            entry.title, entry.source_updated_at, entry.guid = values
            changed.append(entry)
    FeedEntry.objects.bulk_update(changed, ["title", "source_updated_at", "guid"])
    FeedEntry.objects.filter(pk__in=due).update(next_fetch_at=timezone.now(), attempts=0)


def _update_links(feed: Feed, by_key: Mapping[str, FeedItem]) -> None:
    """Give known entries the new URLs under which the feed lists their ids, and fetch them."""
    known = set(feed.entries.filter(key__in=by_key).values_list("key", flat=True))
    keys = {item.guid: key for key, item in by_key.items() if item.guid and key not in known}
    moved = list(feed.entries.filter(guid__in=keys).exclude(key__in=by_key))
    now = timezone.now()
    for entry in {entry.guid: entry for entry in moved}.values():
        entry.key = keys[entry.guid]
        entry.url = by_key[entry.key].url
        if entry.article_id is None or entry.imported_at:
            entry.next_fetch_at, entry.fetched_at, entry.attempts = now, None, 0
        entry.save(update_fields=["key", "url", "next_fetch_at", "fetched_at", "attempts"])


def _is_update(feed: Feed, entry: FeedEntry, updated_at: Any) -> bool:
    # A feed does not correct articles that it did not import.
    if entry.article_id and not (entry.imported_at and feed.recheck_days):
        return False
    return bool(entry.source_updated_at or (entry.fetched_at and updated_at > entry.fetched_at))


def _fetch_entry(feed: Feed, entry: FeedEntry, result: PollResult) -> None:
    """Import an entry, or re-check its article. Raises IngestError."""
    if entry.article:
        # An entry with an article was fetched, but not yet at a new URL.
        fetch = fetch_update if entry.fetched_at else fetch_moved
        result.updated += fetch(entry.article, url=entry.url, max_wait=SLOT_TIMEOUT) is not None
        entry.record_result()
        return

    def record_import(article: Article) -> None:
        entry.record_result(article=article, imported_at=timezone.now())

    try:
        # `on_saved` runs in the transaction that stores the article: a worker killed in between
        # would leave an article that the feed does not know as its own.
        fetch_article(
            entry.url, created_by=feed.added_by, max_wait=SLOT_TIMEOUT, on_saved=record_import
        )
        result.imported += 1
    except IngestError as error:
        duplicate = _find_duplicate(entry, error)
        if duplicate is None:
            raise
        entry.record_result(article=duplicate)
        result.duplicates += 1


def _find_duplicate(entry: FeedEntry, error: IngestError) -> Article | None:
    """Return the article that exists, also one that someone else added concurrently."""
    if isinstance(error, DuplicateArticle):
        return Article.objects.filter(public_id=error.public_id).first()
    return None if isinstance(error, FetchFailed) else find_by_url(entry.url)


def _record_failure(feed: Feed, entry: FeedEntry, error: Exception, result: PollResult) -> None:
    """Save why an entry was not fetched, and when to retry."""
    reason = error.reason if isinstance(error, FetchFailed) else ""
    now = timezone.now()
    if reason == "busy":
        # No request was made: other pages of the site came first.
        entry.record_result(
            fetched_at=entry.fetched_at,
            last_error=entry.last_error,
            next_fetch_at=now + _BUSY_DELAY,
        )
        return
    message = error.message if isinstance(error, IngestError) else _("An internal error occurred.")
    result.errors.append((entry.url, message))
    if entry.article:
        entry.record_result(last_error=message)
        return
    attempts = entry.attempts + 1
    is_temporary = reason in _TEMPORARY or not isinstance(error, IngestError)
    retry = is_temporary and attempts < _MAX_ATTEMPTS
    delay = feed.backoff.get_delay(attempts - 1, retry_after=_get_retry_after(error))
    entry.record_result(
        last_error=message,
        attempts=attempts,
        next_fetch_at=now + delay if retry else None,
    )


def _get_retry_after(error: Exception) -> timedelta:
    return error.retry_after if isinstance(error, FetchFailed) else timedelta()


def _is_site_down(error: IngestError) -> bool:
    return isinstance(error, FetchFailed) and error.reason in _SITE_DOWN


def queue_due_feeds() -> None:
    Feed.objects.due().enqueue(poll_feed, QUEUE_LEASE)


@transaction.atomic
def poll_soon(feed: Feed) -> None:
    """Queue a poll, also of entries that failed for a temporary reason."""
    feed.next_poll_at = feed.updated_at = now = timezone.now()
    feed.entries.in_state(EntryState.PENDING).update(next_fetch_at=now)
    row = Feed.objects.filter(pk=feed.pk)
    row.update(next_poll_at=now, updated_at=now)
    row.enqueue(poll_feed, QUEUE_LEASE)


@task(queue_name=QUEUE)
def poll_feed(key: int, lease: str) -> None:
    """Poll a feed if it is due, and fetch its due entries, for `TURN_SECONDS`; queue the rest."""
    row = Feed.objects.filter(pk=key, lease_token=lease)
    feed = row.select_related("added_by").first()
    if feed is None or not row.renew(lease, TASK_LEASE):
        return
    try:
        is_active = feed.is_active
        has_more = is_active and poll(feed, force=False, seconds=TURN_SECONDS, lease=lease).has_more
    except Exception:
        # Retry with backoff, not all the time.
        feed.mark_polled(_("An internal error occurred."))
        row.release(lease)
        raise
    with transaction.atomic():
        if not has_more:
            row.release(lease)
        elif row.renew(lease, QUEUE_LEASE):
            poll_feed.enqueue(key, lease)
