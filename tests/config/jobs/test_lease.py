"""Leases let one task at a time work on a row."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.feeds.models import Feed
from articles.feeds.services import poll_feed
from config.jobs.backoff import Backoff
from tests.articles.feeds.test_services import count_tasks

HOUR = timedelta(hours=1)


@pytest.fixture
def feed(db: None) -> Feed:
    return Feed.objects.create(url="https://news.example/feed.rss")


def test_claimed_row_cannot_be_claimed_again(feed: Feed) -> None:
    assert Feed.objects.claim(HOUR)
    assert Feed.objects.claim(HOUR) is None
    assert not Feed.objects.unclaimed().exists()


def test_expired_lease_can_be_claimed_and_its_token_is_void(feed: Feed) -> None:
    old = Feed.objects.claim(HOUR)
    Feed.objects.update(lease_expires_at=timezone.now())
    new = Feed.objects.claim(HOUR)
    assert new
    assert not Feed.objects.renew(old, HOUR)
    assert not Feed.objects.release(old)
    assert Feed.objects.renew(str(new), HOUR)


def test_released_lease_can_be_claimed(feed: Feed) -> None:
    assert Feed.objects.release(Feed.objects.claim(HOUR))
    assert Feed.objects.claim(HOUR)


def test_forced_claim_takes_the_lease(feed: Feed) -> None:
    old = Feed.objects.claim(HOUR)
    assert Feed.objects.claim(HOUR, force=True)
    assert not Feed.objects.renew(old, HOUR)


def test_enqueue_queues_one_task_per_unclaimed_row(feed: Feed) -> None:
    for _ in range(2):
        Feed.objects.all().enqueue(poll_feed, HOUR)
    assert count_tasks() == 1


def test_backoff_grows_to_its_cap() -> None:
    backoff = Backoff(timedelta(seconds=10), longest=timedelta(minutes=5), factor=3)
    delays = [backoff.get_delay(n).total_seconds() for n in (0, 1, 2, 3, 4, 10_000)]
    for delay, least in zip(delays, (10, 30, 90, 270, 300, 300), strict=True):
        assert least <= delay <= 1.2 * least
