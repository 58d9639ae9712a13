"""Feeds and sitemaps import new articles once, with as few requests as possible."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from warcio.archiveiterator import ArchiveIterator

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.feeds import services as feeds
from articles.feeds.formats import NotAFeed
from articles.feeds.models import EntryState, Feed, FeedEntry
from articles.feeds.services import (
    MAX_ITEMS,
    PollResult,
    TooManyFeeds,
    add_feed,
    fetch_entries,
    poll,
    poll_feed,
    poll_soon,
    queue_due_feeds,
    read_feed,
    update_entries,
)
from articles.models import Article, ArticleVersion, Snapshot
from articles.services import create_article
from tests.articles.site.markup import render_structured
from tests.articles.site.server import Site
from tests.articles.site.special import OBSTRUCTED
from tests.articles.site.stories import STORIES
from tests.http_server import Reply
from tests.worker import run_next_task, run_worker

STORY = STORIES[0]


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/feed.rss", "Harbour news"),
        ("/feed.atom", "Atoms"),
        ("/feed.json", "JSON news"),
        ("/sitemap.xml", ""),
        ("/sitemaps.xml", ""),
    ],
)
def test_poll_imports_articles_of_each_kind_once(
    db: None, site: Any, path: str, title: str
) -> None:
    _, server = site
    feed = add_feed(server.url + path)
    assert feed.title == title
    first = poll(feed)
    assert (first.imported, first.errors) == (3, [])
    assert set(Article.objects.values_list("title", flat=True)) == {s.title for s in STORIES[:3]}
    asked = len(server.requests)
    again = poll(feed)
    assert (again.imported, again.duplicates, again.errors) == (0, 0, [])
    if path == "/sitemaps.xml":
        # Of the sitemaps in it, it says nothing itself.
        assert [h.target for h in server.requests[asked:]] == ["/sitemaps.xml", "/sitemap.xml"]
        return
    # One question, which the server answered with "not modified".
    assert len(server.requests) - asked == 1
    assert "if-none-match" in server.requests[-1].headers


def test_article_of_another_feed_counts_as_duplicate(db: None, site: Any) -> None:
    for path, imported, duplicates in (("/feed.rss", 3, 0), ("/feed.atom", 0, 3)):
        polled = poll(add_feed(site[1].url + path))
        assert (polled.imported, polled.duplicates) == (imported, duplicates)
    assert Article.objects.count() == 3


def test_poll_reports_failed_article_and_imports_others(db: None, site: Any) -> None:
    del site[0].pages[f"/structured/{STORIES[1].slug}"]
    feed = add_feed(f"{site[1].url}/feed.rss")
    polled = poll(feed)
    assert polled.imported == 2
    assert [url.rpartition("/")[2] for url, _ in polled.errors] == [STORIES[1].slug]
    # What may pass is tried again.
    site[0].put(f"/structured/{STORIES[1].slug}", render_structured(STORIES[1]))
    assert poll(feed).imported == 1


def test_entry_keeps_latest_title_of_feed(db: None, site: Any) -> None:
    url = f"{site[1].url}/structured/{STORY.slug}"
    feed = add_feed(f"{site[1].url}/feed.rss")
    site[0].put(f"/structured/{STORY.slug}", OBSTRUCTED["declared-paywall"][1])
    poll(feed)
    entry = feed.entries.get(url=url)
    assert str(entry) == entry.title == STORY.title
    for title, expected in (("Renamed", "Renamed"), ("", "Renamed")):
        item = f"<item><title>{title}</title><link>{url}</link></item>"
        site[0].put("/feed.rss", f"<rss><channel>{item}</channel></rss>", "application/rss+xml")
        poll(feed)
        entry.refresh_from_db()
        assert entry.title == expected


def test_failing_feed_is_polled_with_backoff(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss", poll_interval_minutes=10)
    del site[0].pages["/feed.rss"]
    waits = []
    for _ in range(3):
        assert poll(feed).errors
        waits.append(
            (feed.next_poll_at - feed.last_polled_at).total_seconds() / 60
            if feed.last_polled_at
            else 0
        )
    for wait, least in zip(waits, (20, 40, 80), strict=True):
        assert least <= wait <= 1.2 * least
    assert "404" in feed.last_error
    assert not Feed.objects.due().exists()


def test_add_feed_rejects_page_without_feeds(db: None, site: Any) -> None:
    with pytest.raises(IngestError, match="not an RSS, Atom or JSON feed") as exc_info:
        add_feed(f"{site[1].url}/plain/{STORIES[0].slug}")
    assert list(exc_info.value.errors) == ["url"]
    assert not Feed.objects.exists()


def test_parser_expands_no_entities_and_accepts_broken_feeds(db: None, site: Any) -> None:
    assert len(add_feed(f"{site[1].url}/feed.entities").title) < 100
    assert read_feed(b"<rss><channel><item><link>", "https://a.example/").items == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b'{"version": "https://jsonfeed.org/version/1", "items": [3, {"url": 5}, {}]}',
        b"<urlset><url><loc>javascript:alert(1)</loc></url></urlset>",
        b"<urlset>" + b"<url><loc>https://a.example/</loc></url>" * 60_000 + b"</urlset>",
    ],
    ids=range(6),
)
def test_hostile_feed_yields_few_urls_or_error(data: bytes) -> None:
    try:
        found = read_feed(data, "https://a.example/feed")
    except IngestError:
        return
    assert len(found.items) <= MAX_ITEMS
    assert all(item.url.startswith("https://") for item in found.items)


def test_poll_feeds_command_polls_due_feeds(db: None, site: Any, capsys: Any) -> None:
    call_command("poll_feeds", f"{site[1].url}/feed.json")
    assert '"imported": 3' in capsys.readouterr().out
    call_command("poll_feeds")
    assert '"feeds": 0' in capsys.readouterr().out


def test_export_warc_writes_snapshots_of_feed_articles(db: None, site: Any, tmp_path: Path) -> None:
    poll(add_feed(f"{site[1].url}/feed.rss"))
    file = tmp_path / "pages.warc.gz"
    call_command("export_warc", str(file))
    with file.open("rb") as opened:
        bodies = {
            record.rec_headers.get_header("WARC-Target-URI"): record.content_stream().read()
            for record in ArchiveIterator(opened, check_digests="raise")
            if record.rec_type == "response"
        }
    assert bodies == {s.final_url: s.get_body() for s in Snapshot.objects.all()}
    article = Article.objects.first()
    assert article
    call_command("export_warc", str(file), "--article", str(article.public_id))
    with file.open("rb") as opened:
        assert len(list(ArchiveIterator(opened))) == 2


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/feed.rss", "rss"),
        ("/feed.atom", "atom"),
        ("/feed.json", "json"),
        ("/sitemap.xml", "sitemap"),
        ("/sitemaps.xml", "sitemap"),
    ],
)
def test_add_feed_detects_kind(db: None, site: Any, path: str, kind: str) -> None:
    assert add_feed(site[1].url + path).kind == kind


def test_add_feed_offers_feeds_that_page_links_to(db: None, site: Any) -> None:
    with pytest.raises(NotAFeed) as exc_info:
        add_feed(f"{site[1].url}/front")
    base = site[1].url
    assert [(o.url, o.title, str(o.kind)) for o in exc_info.value.links] == [
        (f"{base}/feed.rss", "News", "rss"),
        (f"{base}/feed.atom", "أخبار الميناء", "atom"),
    ]


def test_add_feed_offers_sitemaps_of_robots_txt(db: None, site: Any) -> None:
    site[0].robots += f"Sitemap: {site[1].url}/sitemap.xml\nSitemap: javascript:alert(1)\n"
    with pytest.raises(NotAFeed) as exc_info:
        add_feed(f"{site[1].url}/plain/{STORY.slug}")
    assert [offer.url for offer in exc_info.value.links] == [f"{site[1].url}/sitemap.xml"]


def test_add_feed_enforces_limit_per_user(db: None, site: Any, settings: Any) -> None:
    settings.MAX_FEEDS_PER_USER = 2
    person = User.objects.create_user("journalist")
    for path in ("/feed.rss", "/feed.atom"):
        add_feed(site[1].url + path, by=person)
    with pytest.raises(TooManyFeeds, match="You have 2 feeds"):
        add_feed(f"{site[1].url}/feed.json", by=person)
    add_feed(f"{site[1].url}/feed.json", by=User.objects.create_user("another"))


@pytest.mark.parametrize(
    ("data", "moments"),
    [
        (
            b"<rss><channel><item><link>https://a.example/1</link><pubDate>Tue, 24 Nov 2026 "
            b"08:00:00 +0200</pubDate></item><item><link>https://a.example/2</link>"
            b"<pubDate>soon</pubDate></item></channel></rss>",
            [datetime(2026, 11, 24, 6, tzinfo=UTC), None],
        ),
        (
            b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://a.example/1"/>'
            b"<published>2026-11-01T00:00:00Z</published><updated>2026-11-24T06:00:00Z</updated>"
            b"</entry></feed>",
            [datetime(2026, 11, 24, 6, tzinfo=UTC)],
        ),
        (
            json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "items": [
                        {
                            "url": "https://a.example/1",
                            "date_modified": "2026-11-24T08:00:00+02:00",
                        },
                        {"url": "https://a.example/2", "date_published": "0001-01-01T00:00+14:00"},
                        {"url": "https://a.example/3", "date_modified": 7},
                    ],
                }
            ).encode(),
            [datetime(2026, 11, 24, 6, tzinfo=UTC), None, None],
        ),
        (
            b"<urlset><url><loc>https://a.example/1</loc></url><url><loc>https://a.example/2</loc>"
            b"<lastmod>2026-11-23</lastmod></url><url><loc>https://a.example/3</loc>"
            b"<lastmod>2026-11-24T06:00:00Z</lastmod></url></urlset>",
            # The newest first, so that the newest of fifty thousand are taken.
            [datetime(2026, 11, 24, 6, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC), None],
        ),
    ],
    ids=["rss", "atom", "json", "sitemap"],
)
def test_parser_reads_update_times(data: bytes, moments: list[Any]) -> None:
    found = read_feed(data, "https://a.example/feed")
    assert [entry.updated_at for entry in found.items] == moments


@pytest.mark.parametrize(
    ("data", "titles"),
    [
        (
            "<rss><channel><item><title>Ports &amp; <![CDATA[<b>ships</b>]]></title>"
            "<link>https://a.example/1</link></item>"
            "<item><title>Is 3 &lt; 4?\n It is</title><link>https://a.example/2</link></item>"
            "<item><link>https://a.example/3</link></item></channel></rss>",
            ["Ports & ships", "Is 3 < 4? It is", ""],
        ),
        (
            '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://a.example/1"/>'
            '<title type="html">Ports &amp;amp; &lt;i&gt;ships&lt;/i&gt;</title></entry>'
            '<entry><link href="https://a.example/2"/><title type="xhtml">'
            '<div xmlns="http://www.w3.org/1999/xhtml">السفن <b>هنا</b></div></title></entry>'
            '<entry><link href="https://a.example/3"/><title>&lt;i&gt; is a tag</title></entry>'
            "</feed>",
            ["Ports & ships", "السفن هنا", "<i> is a tag"],
        ),
        (
            '{"version": "https://jsonfeed.org/version/1.1", "items": ['
            '{"url": "https://a.example/1", "title": "Ports \\u0000& ships"},'
            '{"url": "https://a.example/2", "title": 7}, {"url": "https://a.example/3"}]}',
            ["Ports & ships", "", ""],
        ),
        (
            '<urlset xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url>'
            "<loc>https://a.example/1</loc><n:news><n:publication_date>2026-11-24"
            "</n:publication_date><n:title>Ports &amp; ships</n:title></n:news></url>"
            "<url><loc>https://a.example/2</loc></url></urlset>",
            ["Ports & ships", ""],
        ),
    ],
    ids=["rss", "atom", "json", "sitemap"],
)
def test_parser_reads_titles_as_plain_text(data: str, titles: list[str]) -> None:
    found = read_feed(data.encode(), "https://a.example/feed")
    assert [entry.title for entry in found.items] == titles


def correct(site: Site, old: str = "40 million", new: str = "41 million") -> None:
    site.put(f"/structured/{STORY.slug}", render_structured(STORY).replace(old, new))


def pass_days(days: float) -> None:
    """Make due what is due within so many days."""
    passed = timedelta(days=days)
    Feed.objects.update(next_poll_at=F("next_poll_at") - passed)
    FeedEntry.objects.update(
        next_fetch_at=F("next_fetch_at") - passed,
        imported_at=F("imported_at") - passed,
        fetched_at=F("fetched_at") - passed,
    )


def get_version_numbers() -> list[int]:
    versions = ArticleVersion.objects.filter(article__title=STORY.title)
    return sorted(versions.values_list("number", flat=True))


def test_imported_articles_are_rechecked_for_recheck_days(db: None, site: Any) -> None:
    add_feed(f"{site[1].url}/feed.rss", recheck_days=3)
    run_worker()
    asked = len(site[1].requests)
    run_worker()
    assert len(site[1].requests) == asked
    correct(site[0])
    for _ in range(3):
        pass_days(1)
        run_worker()
    assert get_version_numbers() == [1, 2]
    # Each day one question to each of the three articles, and one to the feed.
    assert len(site[1].requests) - asked == 12
    assert not FeedEntry.objects.exclude(next_fetch_at=None).exists()
    correct(site[0], new="42 million")
    pass_days(1)
    run_worker()
    assert get_version_numbers() == [1, 2]


def test_recheck_days_zero_turns_rechecks_off(db: None, site: Any) -> None:
    add_feed(f"{site[1].url}/feed.rss", recheck_days=0)
    run_worker()
    correct(site[0])
    pass_days(2)
    run_worker()
    assert get_version_numbers() == [1]


def test_changed_recheck_days_apply_to_imported_articles(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss", recheck_days=0)
    run_worker()
    due = feed.entries.filter(next_fetch_at__isnull=False)
    feed.update_settings(recheck_days=5)
    assert due.count() == 3
    pass_days(3)
    feed.update_settings(recheck_days=2)
    assert due.count() == 0


def test_duplicate_article_is_not_rechecked(db: None, site: Any) -> None:
    url = f"{site[1].url}/structured/{STORY.slug}"
    create_article(ArticleDraft(title=STORY.title, text="Typed by hand.", url=url))
    feed = add_feed(f"{site[1].url}/feed.rss")
    run_worker()
    pass_days(2)
    run_worker()
    assert get_version_numbers() == [1]
    entry = feed.entries.get(url=url)
    assert (entry.state, entry.imported_at, entry.next_fetch_at) == (
        EntryState.DUPLICATE,
        None,
        None,
    )


@pytest.mark.parametrize(
    "name", ["declared-paywall", "cookie-wall", "script-only", "robot-check", "empty-file"]
)
def test_recheck_that_hits_a_wall_adds_no_version(db: None, site: Any, name: str) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    run_worker()
    site[0].put(f"/structured/{STORY.slug}", OBSTRUCTED[name][1])
    other = f"/structured/{STORIES[1].slug}"
    site[0].put(other, render_structured(STORIES[1]).replace("the", "that", 5))
    pass_days(1)
    run_worker()
    assert get_version_numbers() == [1]
    assert ArticleVersion.objects.filter(article__title=STORIES[1].title).count() == 2
    entry = feed.entries.get(url__endswith=STORY.slug)
    assert entry.last_error
    assert entry.next_fetch_at
    correct(site[0])
    pass_days(1)
    run_worker()
    assert get_version_numbers() == [1, 2]
    assert feed.entries.get(url__endswith=STORY.slug).last_error == ""


def test_recheck_redirected_to_another_page_adds_no_version(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    run_worker()
    site[0].pages[f"/structured/{STORY.slug}"] = lambda _: Reply(
        302, headers={"Location": f"/structured/{STORIES[5].slug}"}
    )
    pass_days(1)
    run_worker()
    assert get_version_numbers() == [1]
    assert "another page" in feed.entries.get(url__endswith=STORY.slug).last_error


def serve_feed_with_date(site: Any, moment: str) -> None:
    link = f"{site[1].url}/structured/{STORY.slug}"
    site[0].put(
        "/said.atom",
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Said</title><entry><link href="{link}"/>'
        f"<updated>{moment}</updated></entry></feed>",
        "application/atom+xml",
    )


def test_article_updated_in_feed_is_fetched_at_once(db: None, site: Any) -> None:
    serve_feed_with_date(site, "2026-11-01T00:00:00Z")
    feed = add_feed(f"{site[1].url}/said.atom")
    poll(feed)
    correct(site[0])
    poll(feed)
    assert get_version_numbers() == [1]
    # Its time counts also where it is behind ours, and where it is far ahead.
    for number, moment in enumerate(("2026-11-02T00:00:00Z", "2090-01-01T00:00:00Z"), 2):
        correct(site[0], new=f"{number} million")
        serve_feed_with_date(site, moment)
        assert poll(feed).updated == 1
        assert get_version_numbers() == list(range(1, number + 1))
        asked = len(site[1].requests)
        poll(feed)
        assert len(site[1].requests) - asked == 1


def test_failed_entry_is_retried_when_feed_updates_it(db: None, site: Any) -> None:
    site[0].put(f"/structured/{STORY.slug}", OBSTRUCTED["declared-paywall"][1])
    serve_feed_with_date(site, "2026-11-01T00:00:00Z")
    feed = add_feed(f"{site[1].url}/said.atom")
    assert "subscribers" in poll(feed).errors[0][1]
    assert feed.entries.get().state == EntryState.FAILED
    correct(site[0])
    assert poll(feed).imported == 0
    serve_feed_with_date(site, "2026-11-02T00:00:00Z")
    assert poll(feed).imported == 1


def count_tasks() -> int:
    return DBTaskResult.objects.filter(queue_name="feeds").count()


def test_worker_polls_due_feeds_only(db: None, site: Any) -> None:
    due = add_feed(f"{site[1].url}/feed.rss", poll_interval_minutes=30)
    add_feed(f"{site[1].url}/feed.atom", is_active=False)
    run_worker()
    assert Article.objects.count() == 3
    assert count_tasks() == 1
    due.refresh_from_db()
    assert due.lease_expires_at is None
    assert due.last_polled_at
    assert due.next_poll_at == due.last_polled_at + timedelta(minutes=30)
    run_worker()
    assert count_tasks() == 1


def test_feed_is_queued_once_until_its_lease_expires(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    for _ in range(3):
        queue_due_feeds()
        poll_soon(feed)
    assert count_tasks() == 1
    # A lost task is queued again once its lease expires.
    Feed.objects.update(lease_expires_at=timezone.now() - timedelta(hours=1))
    queue_due_feeds()
    assert count_tasks() == 2
    run_worker()
    # The first of them was no longer needed.
    assert sum(request.target == "/feed.rss" for request in site[1].requests) == 2


def test_feeds_take_turns(db: None, site: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(feeds, "TURN_SECONDS", 0)
    for path in ("/feed.rss", "/feed.atom"):
        add_feed(site[1].url + path)
    queue_due_feeds()
    asked = [request.target for request in site[1].requests]
    for _ in range(2):
        assert run_next_task()
    # Neither waits until the other has all of its articles.
    later = [request.target for request in site[1].requests][len(asked) :]
    assert [target for target in later if target.startswith("/feed")] == ["/feed.rss", "/feed.atom"]
    assert Article.objects.count() == 1
    run_worker()
    assert Article.objects.count() == 3
    assert not Feed.objects.exclude(lease_expires_at=None).exists()
    # They are asked once, however many turns it takes.
    assert sum(request.target == "/feed.rss" for request in site[1].requests) == 2


class Killed(BaseException):
    """Not caught by `except Exception`."""


@pytest.mark.parametrize("moment", ["update_entries", "fetch_article", "store"])
def test_killed_poll_resumes_without_loss_or_duplicates(
    db: None, site: Any, monkeypatch: Any, moment: str
) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    queue_due_feeds()
    task = DBTaskResult.objects.get(queue_name="feeds")
    arguments = task.args_kwargs["args"]
    with monkeypatch.context() as patched:
        if moment == "store":
            # The article was stored, what came of the entry not yet: both are undone.
            record_result, times = FeedEntry.record_result, iter(range(9))
            patched.setattr(
                FeedEntry,
                "record_result",
                lambda *a, **k: record_result(*a, **k) if next(times) < 1 else die(),
            )
        else:
            patched.setattr(feeds, moment, die)
        with pytest.raises(Killed):
            poll_feed.func(*arguments)
    assert not Article.objects.exclude(pk__in=FeedEntry.objects.values("article")).exists()
    # It is run again from its start, by another worker.
    poll_feed.func(*arguments)
    # The entry whose fetch was killed becomes due when its lease expires.
    FeedEntry.objects.update(lease_expires_at=None)
    run_worker()
    assert Article.objects.count() == 3
    assert feed.entries.filter(imported_at__isnull=False).count() == 3
    asked = [
        request.target for request in site[1].requests if request.target.startswith("/structured")
    ]
    assert len(set(asked)) == 3
    # One was fetched for nothing where it was killed before it was stored.
    assert len(asked) == 3 + (moment == "store")
    feed.refresh_from_db()
    assert feed.lease_expires_at is None


def die(*_: Any, **__: Any) -> None:
    raise Killed


def test_concurrent_polls_fetch_each_entry_once(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    assert update_entries(feed, PollResult())
    taken = feed.entries.claim_next()
    assert taken
    other = PollResult()
    assert not fetch_entries(feed, other)
    assert other.imported == 2
    # Whoever took the first may have been killed.
    FeedEntry.objects.filter(pk=taken.pk).update(lease_expires_at=timezone.now())
    fetch_entries(feed, other)
    assert other.imported == 3


def test_paused_feed_imports_nothing(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    poll_soon(feed)
    feed.update_settings(is_active=False)
    run_worker()
    assert not Article.objects.exists()
    feed.refresh_from_db()
    assert feed.lease_expires_at is None
    feed.update_settings(is_active=True)
    run_worker()
    assert Article.objects.count() == 3


def test_feed_deleted_during_fetch_keeps_its_articles(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    assert update_entries(feed, PollResult())
    taken = feed.entries.claim_next()
    assert taken
    Feed.objects.get().delete()
    feeds._fetch_entry(feed, taken, PollResult())
    assert Article.objects.count() == 1
    assert not FeedEntry.objects.exists()


def test_site_that_is_down_gets_no_more_requests(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    site[0].pages["/feed.rss"] = lambda _: Reply(raw=iter([b"HTTP/1.1 200 OK\r\nContent-Le"]))
    poll_soon(feed)
    run_worker()
    feed.refresh_from_db()
    assert feed.failures == 1
    asked = len(site[1].requests)
    run_worker()
    assert len(site[1].requests) == asked


def test_internal_error_does_not_stop_the_feed(db: None, site: Any, monkeypatch: Any) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    feed = add_feed(f"{site[1].url}/feed.rss")
    with monkeypatch.context() as patched:
        patched.setattr(feeds, "fetch_article", fails)
        run_worker()
    assert {entry.state for entry in feed.entries.all()} == {EntryState.PENDING}
    assert {entry.last_error for entry in feed.entries.all()} == {"An internal error occurred."}
    with monkeypatch.context() as patched:
        patched.setattr(feeds, "read_feed", fails)
        Feed.objects.update(validators={})
        poll_soon(feed)
        with pytest.raises(AssertionError, match="ZeroDivisionError"):
            run_worker()
    feed.refresh_from_db()
    assert (feed.last_error, feed.lease_expires_at) == ("An internal error occurred.", None)
    assert feed.next_poll_at > timezone.now()
    poll_soon(feed)
    run_worker()
    assert Article.objects.count() == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--interval", "1"), "--interval: Give a number from 5 to 10080."),
        (("--recheck-days", "400"), "--recheck-days: Give a number from 0 to 365."),
    ],
)
def test_poll_feeds_command_rejects_invalid_options(db: None, arguments: Any, message: str) -> None:
    with pytest.raises(CommandError, match=message) as exc_info:
        call_command("poll_feeds", "https://news.example/feed.xml", *arguments)
    assert exc_info.value.returncode == 2


def test_poll_feeds_command_rechecks_due_articles(db: None, site: Any, capsys: Any) -> None:
    call_command(
        "poll_feeds", f"{site[1].url}/feed.rss", "--recheck-days", "2", "--interval", "9999"
    )
    FeedEntry.objects.update(next_fetch_at=timezone.now())
    correct(site[0])
    asked = len(site[1].requests)
    capsys.readouterr()
    call_command("poll_feeds")
    assert json.loads(capsys.readouterr().out) == {
        "feeds": 1,
        "imported": 0,
        "duplicates": 0,
        "updated": 1,
        "errors": 0,
    }
    # The feed's own time has not come.
    assert len(site[1].requests) - asked == 3
