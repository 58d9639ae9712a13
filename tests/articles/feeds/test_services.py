"""Feeds and sitemaps bring what is new, once, and ask as little as they can."""

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
    MOST_ENTRIES,
    Polled,
    TooManyFeeds,
    add_feed,
    bring_in,
    look,
    poll,
    poll_feed,
    poll_soon,
    queue_due_feeds,
    read_feed,
)
from articles.models import Article, ArticleVersion, Snapshot
from articles.services import store
from tests.articles.site.markup import structured
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
def test_each_kind_brings_its_articles_once(db: None, site: Any, path: str, title: str) -> None:
    _, server = site
    feed = add_feed(server.url + path)
    assert feed.title == title
    first = poll(feed)
    assert (first.brought, first.faults) == (3, [])
    assert set(Article.objects.values_list("title", flat=True)) == {s.title for s in STORIES[:3]}
    asked = len(server.requests)
    again = poll(feed)
    assert (again.brought, again.known, again.faults) == (0, 0, [])
    if path == "/sitemaps.xml":
        # Of the sitemaps in it, it says nothing itself.
        assert [h.target for h in server.requests[asked:]] == ["/sitemaps.xml", "/sitemap.xml"]
        return
    # One question, which the server answered with "not modified".
    assert len(server.requests) - asked == 1
    assert "if-none-match" in server.requests[-1].headers


def test_what_another_feed_brought_is_known(db: None, site: Any) -> None:
    for path, brought, known in (("/feed.rss", 3, 0), ("/feed.atom", 0, 3)):
        polled = poll(add_feed(site[1].url + path))
        assert (polled.brought, polled.known) == (brought, known)
    assert Article.objects.count() == 3


def test_a_bad_article_is_told_and_the_others_come_in(db: None, site: Any) -> None:
    del site[0].pages[f"/structured/{STORIES[1].slug}"]
    feed = add_feed(f"{site[1].url}/feed.rss")
    polled = poll(feed)
    assert polled.brought == 2
    assert [url.rpartition("/")[2] for url, _ in polled.faults] == [STORIES[1].slug]
    # What may pass is tried again.
    site[0].put(f"/structured/{STORIES[1].slug}", structured(STORIES[1]))
    assert poll(feed).brought == 1


def test_an_entry_is_called_what_the_feed_called_it_last(db: None, site: Any) -> None:
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


def test_a_feed_that_fails_is_asked_later_and_later(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss", minutes=10)
    del site[0].pages["/feed.rss"]
    waits = []
    for _ in range(3):
        assert poll(feed).faults
        waits.append((feed.next_at - feed.polled_at).total_seconds() / 60 if feed.polled_at else 0)
    assert waits == [20, 40, 80]
    assert "404" in feed.fault
    assert not Feed.objects.due().exists()


def test_what_is_no_feed_is_refused(db: None, site: Any) -> None:
    with pytest.raises(IngestError, match="no RSS, Atom or JSON feed") as refused:
        add_feed(f"{site[1].url}/plain/{STORIES[0].slug}")
    assert list(refused.value.errors) == ["url"]
    assert not Feed.objects.exists()


def test_entities_do_not_expand_and_broken_feeds_are_empty(db: None, site: Any) -> None:
    assert len(add_feed(f"{site[1].url}/feed.entities").title) < 100
    assert read_feed(b"<rss><channel><item><link>", "https://a.example/").urls == []


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
def test_a_hostile_feed_gives_few_addresses_or_none(data: bytes) -> None:
    try:
        found = read_feed(data, "https://a.example/feed")
    except IngestError:
        return
    assert len(found.urls) <= MOST_ENTRIES
    assert all(url.startswith("https://") for url in found.urls)


def test_the_command_polls_what_is_due(db: None, site: Any, capsys: Any) -> None:
    call_command("poll_feeds", f"{site[1].url}/feed.json")
    assert '"brought": 3' in capsys.readouterr().out
    call_command("poll_feeds")
    assert '"feeds": 0' in capsys.readouterr().out


def test_snapshots_are_written_as_warc(db: None, site: Any, tmp_path: Path) -> None:
    poll(add_feed(f"{site[1].url}/feed.rss"))
    file = tmp_path / "pages.warc.gz"
    call_command("export_warc", str(file))
    with file.open("rb") as opened:
        bodies = {
            record.rec_headers.get_header("WARC-Target-URI"): record.content_stream().read()
            for record in ArchiveIterator(opened, check_digests="raise")
            if record.rec_type == "response"
        }
    assert bodies == {s.answered_url: s.body() for s in Snapshot.objects.all()}
    article = Article.objects.first()
    assert article
    call_command("export_warc", str(file), "--article", str(article.public_id))
    with file.open("rb") as opened:
        assert len(list(ArchiveIterator(opened))) == 2


# --- Which feeds there are ----------------------------------------------------------------


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
def test_its_kind_is_known(db: None, site: Any, path: str, kind: str) -> None:
    assert add_feed(site[1].url + path).kind == kind


def test_a_page_offers_the_feeds_that_it_names(db: None, site: Any) -> None:
    with pytest.raises(NotAFeed) as refused:
        add_feed(f"{site[1].url}/front")
    base = site[1].url
    assert [(o.url, o.title, str(o.kind)) for o in refused.value.offers] == [
        (f"{base}/feed.rss", "News", "rss"),
        (f"{base}/feed.atom", "أخبار الميناء", "atom"),
    ]


def test_a_page_without_feeds_offers_the_sitemaps_of_its_site(db: None, site: Any) -> None:
    site[0].robots += f"Sitemap: {site[1].url}/sitemap.xml\nSitemap: javascript:alert(1)\n"
    with pytest.raises(NotAFeed) as refused:
        add_feed(f"{site[1].url}/plain/{STORY.slug}")
    assert [offer.url for offer in refused.value.offers] == [f"{site[1].url}/sitemap.xml"]


def test_one_person_has_so_many_and_no_more(db: None, site: Any, settings: Any) -> None:
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
def test_it_says_when_an_article_was_changed(data: bytes, moments: list[Any]) -> None:
    found = read_feed(data, "https://a.example/feed")
    assert [entry.said_at for entry in found.entries] == moments


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
def test_it_says_what_an_article_is_called(data: str, titles: list[str]) -> None:
    found = read_feed(data.encode(), "https://a.example/feed")
    assert [entry.title for entry in found.entries] == titles


# --- What was corrected -------------------------------------------------------------------


def correct(site: Site, old: str = "40 million", new: str = "41 million") -> None:
    site.put(f"/structured/{STORY.slug}", structured(STORY).replace(old, new))


def days_pass(days: float) -> None:
    """Let what is due in so many days be due now."""
    passed = timedelta(days=days)
    Feed.objects.update(next_at=F("next_at") - passed)
    FeedEntry.objects.update(
        due_at=F("due_at") - passed,
        brought_at=F("brought_at") - passed,
        fetched_at=F("fetched_at") - passed,
    )


def numbers() -> list[int]:
    versions = ArticleVersion.objects.filter(article__title=STORY.title)
    return sorted(versions.values_list("number", flat=True))


def test_what_it_brought_is_looked_at_again_for_some_days(db: None, site: Any) -> None:
    add_feed(f"{site[1].url}/feed.rss", follow_days=3)
    run_worker()
    asked = len(site[1].requests)
    run_worker()
    assert len(site[1].requests) == asked
    correct(site[0])
    for _ in range(3):
        days_pass(1)
        run_worker()
    assert numbers() == [1, 2]
    # Each day one question to each of the three articles, and one to the feed.
    assert len(site[1].requests) - asked == 12
    assert not FeedEntry.objects.exclude(due_at=None).exists()
    correct(site[0], new="42 million")
    days_pass(1)
    run_worker()
    assert numbers() == [1, 2]


def test_zero_days_are_never(db: None, site: Any) -> None:
    add_feed(f"{site[1].url}/feed.rss", follow_days=0)
    run_worker()
    correct(site[0])
    days_pass(2)
    run_worker()
    assert numbers() == [1]


def test_more_or_fewer_days_count_for_what_is_here_too(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss", follow_days=0)
    run_worker()
    due = feed.entries.filter(due_at__isnull=False)
    feed.set(follow_days=5)
    assert due.count() == 3
    days_pass(3)
    feed.set(follow_days=2)
    assert due.count() == 0


def test_an_article_that_was_here_is_not_the_feeds_to_correct(db: None, site: Any) -> None:
    url = f"{site[1].url}/structured/{STORY.slug}"
    store(ArticleDraft(title=STORY.title, text="Typed by hand.", url=url))
    feed = add_feed(f"{site[1].url}/feed.rss")
    run_worker()
    days_pass(2)
    run_worker()
    assert numbers() == [1]
    entry = feed.entries.get(url=url)
    assert (entry.state, entry.brought_at, entry.due_at) == (EntryState.DONE, None, None)


@pytest.mark.parametrize(
    "name", ["declared-paywall", "cookie-wall", "script-only", "robot-check", "empty-file"]
)
def test_a_wall_is_no_correction_and_stops_nothing(db: None, site: Any, name: str) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    run_worker()
    site[0].put(f"/structured/{STORY.slug}", OBSTRUCTED[name][1])
    other = f"/structured/{STORIES[1].slug}"
    site[0].put(other, structured(STORIES[1]).replace("the", "that", 5))
    days_pass(1)
    run_worker()
    assert numbers() == [1]
    assert ArticleVersion.objects.filter(article__title=STORIES[1].title).count() == 2
    entry = feed.entries.get(url__endswith=STORY.slug)
    assert entry.fault
    assert entry.due_at
    correct(site[0])
    days_pass(1)
    run_worker()
    assert numbers() == [1, 2]
    assert feed.entries.get(url__endswith=STORY.slug).fault == ""


def test_an_address_that_leads_to_the_front_page_is_no_correction(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    run_worker()
    site[0].pages[f"/structured/{STORY.slug}"] = lambda _: Reply(
        302, headers={"Location": f"/structured/{STORIES[5].slug}"}
    )
    days_pass(1)
    run_worker()
    assert numbers() == [1]
    assert "another page" in feed.entries.get(url__endswith=STORY.slug).fault


def feed_that_says(site: Any, moment: str) -> None:
    link = f"{site[1].url}/structured/{STORY.slug}"
    site[0].put(
        "/said.atom",
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Said</title><entry><link href="{link}"/>'
        f"<updated>{moment}</updated></entry></feed>",
        "application/atom+xml",
    )


def test_what_the_feed_says_was_changed_is_fetched_at_once(db: None, site: Any) -> None:
    feed_that_says(site, "2026-11-01T00:00:00Z")
    feed = add_feed(f"{site[1].url}/said.atom")
    poll(feed)
    correct(site[0])
    poll(feed)
    assert numbers() == [1]
    # Its time counts also where it is behind ours, and where it is far ahead.
    for number, moment in enumerate(("2026-11-02T00:00:00Z", "2090-01-01T00:00:00Z"), 2):
        correct(site[0], new=f"{number} million")
        feed_that_says(site, moment)
        assert poll(feed).corrected == 1
        assert numbers() == list(range(1, number + 1))
        asked = len(site[1].requests)
        poll(feed)
        assert len(site[1].requests) - asked == 1


def test_what_was_walled_is_tried_when_the_feed_says_that_it_was_changed(
    db: None, site: Any
) -> None:
    site[0].put(f"/structured/{STORY.slug}", OBSTRUCTED["declared-paywall"][1])
    feed_that_says(site, "2026-11-01T00:00:00Z")
    feed = add_feed(f"{site[1].url}/said.atom")
    assert "subscribers" in poll(feed).faults[0][1]
    assert feed.entries.get().state == EntryState.FAILED
    correct(site[0])
    assert poll(feed).brought == 0
    feed_that_says(site, "2026-11-02T00:00:00Z")
    assert poll(feed).brought == 1


# --- In the background --------------------------------------------------------------------


def tasks() -> int:
    return DBTaskResult.objects.filter(queue_name="feeds").count()


def test_the_worker_polls_what_is_due_and_nothing_else(db: None, site: Any) -> None:
    due = add_feed(f"{site[1].url}/feed.rss", minutes=30)
    add_feed(f"{site[1].url}/feed.atom", is_active=False)
    run_worker()
    assert Article.objects.count() == 3
    assert tasks() == 1
    due.refresh_from_db()
    assert due.queued_at is None
    assert due.polled_at
    assert due.next_at == due.polled_at + timedelta(minutes=30)
    run_worker()
    assert tasks() == 1


def test_one_feed_is_queued_once(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    for _ in range(3):
        queue_due_feeds()
        poll_soon(feed)
    assert tasks() == 1
    # A task that got lost is not waited for for ever.
    Feed.objects.update(queued_at=timezone.now() - timedelta(hours=13))
    queue_due_feeds()
    assert tasks() == 2
    run_worker()
    # The first of them was no longer needed.
    assert sum(request.target == "/feed.rss" for request in site[1].requests) == 2


def test_feeds_take_turns(db: None, site: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(feeds, "SECONDS_IN_A_ROW", 0)
    for path in ("/feed.rss", "/feed.atom"):
        add_feed(site[1].url + path)
    queue_due_feeds()
    asked = [request.target for request in site[1].requests]
    for _ in range(2):
        assert run_next_task()
    # Neither waits until the other has all of its articles.
    turn = [request.target for request in site[1].requests][len(asked) :]
    assert [target for target in turn if target.startswith("/feed")] == ["/feed.rss", "/feed.atom"]
    assert Article.objects.count() == 1
    run_worker()
    assert Article.objects.count() == 3
    assert not Feed.objects.exclude(queued_at=None).exists()
    # They are asked once, however many turns it takes.
    assert sum(request.target == "/feed.rss" for request in site[1].requests) == 2


class Killed(BaseException):
    """What no code sees coming."""


@pytest.mark.parametrize("moment", ["look", "fetch_article", "store"])
def test_a_poll_that_was_killed_goes_on_where_it_was(
    db: None, site: Any, monkeypatch: Any, moment: str
) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    queue_due_feeds()
    task = DBTaskResult.objects.get(queue_name="feeds")
    arguments = task.args_kwargs["args"]
    with monkeypatch.context() as patched:
        if moment == "store":
            # The article was stored, what came of the entry not yet: both are undone.
            come_to, times = FeedEntry.come_to, iter(range(9))
            patched.setattr(
                FeedEntry, "come_to", lambda *a, **k: come_to(*a, **k) if next(times) < 2 else die()
            )
        else:
            patched.setattr(feeds, moment, die)
        with pytest.raises(Killed):
            poll_feed.func(*arguments)
    assert not Article.objects.exclude(pk__in=FeedEntry.objects.values("article")).exists()
    # It is run again from its start, by another worker.
    poll_feed.func(*arguments)
    # The one that was in hand comes after a while.
    FeedEntry.objects.update(taken_until=None)
    run_worker()
    assert Article.objects.count() == 3
    assert feed.entries.filter(brought_at__isnull=False).count() == 3
    asked = [
        request.target for request in site[1].requests if request.target.startswith("/structured")
    ]
    assert len(set(asked)) == 3
    # One was fetched for nothing where it was killed before it was stored.
    assert len(asked) == 3 + (moment == "store")
    feed.refresh_from_db()
    assert feed.queued_at is None


def die(*_: Any, **__: Any) -> None:
    raise Killed


def test_two_polls_at_once_fetch_nothing_twice(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    assert look(feed, Polled())
    taken = feed.entries.take()
    assert taken
    other = Polled()
    assert not bring_in(feed, other)
    assert other.brought == 2
    # Whoever took the first may have been killed.
    FeedEntry.objects.filter(pk=taken.pk).update(taken_until=timezone.now())
    bring_in(feed, other)
    assert other.brought == 3


def test_a_feed_that_is_paused_brings_nothing_more(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    poll_soon(feed)
    feed.set(is_active=False)
    run_worker()
    assert not Article.objects.exists()
    feed.refresh_from_db()
    assert feed.queued_at is None
    feed.set(is_active=True)
    run_worker()
    assert Article.objects.count() == 3


def test_a_feed_that_is_removed_meanwhile_leaves_its_articles(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    assert look(feed, Polled())
    taken = feed.entries.take()
    assert taken
    Feed.objects.get().delete()
    feeds._fetch(feed, taken, Polled())
    assert Article.objects.count() == 1
    assert not FeedEntry.objects.exists()


def test_a_site_that_does_not_answer_is_left_alone(db: None, site: Any) -> None:
    feed = add_feed(f"{site[1].url}/feed.rss")
    site[0].pages["/feed.rss"] = lambda _: Reply(raw=iter([b"HTTP/1.1 200 OK\r\nContent-Le"]))
    poll_soon(feed)
    run_worker()
    feed.refresh_from_db()
    assert feed.failures == 1
    asked = len(site[1].requests)
    run_worker()
    assert len(site[1].requests) == asked


def test_what_fails_in_us_keeps_the_feed_going(db: None, site: Any, monkeypatch: Any) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    feed = add_feed(f"{site[1].url}/feed.rss")
    with monkeypatch.context() as patched:
        patched.setattr(feeds, "fetch_article", fails)
        run_worker()
    assert {entry.state for entry in feed.entries.all()} == {EntryState.WAITING}
    assert {entry.fault for entry in feed.entries.all()} == {"Pressmark failed on this page."}
    with monkeypatch.context() as patched:
        patched.setattr(feeds, "read_feed", fails)
        Feed.objects.update(validators={})
        poll_soon(feed)
        with pytest.raises(AssertionError, match="ZeroDivisionError"):
            run_worker()
    feed.refresh_from_db()
    assert (feed.fault, feed.queued_at) == ("Pressmark failed on this feed.", None)
    assert feed.next_at > timezone.now()
    poll_soon(feed)
    run_worker()
    assert Article.objects.count() == 3


# --- The command --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--minutes", "1"), "--minutes: Give 5 to 10080."),
        (("--follow-days", "400"), "--follow-days: Give 0 to 365."),
    ],
)
def test_the_command_says_what_is_wrong(db: None, arguments: Any, told: str) -> None:
    with pytest.raises(CommandError, match=told) as refused:
        call_command("poll_feeds", "https://news.example/feed.xml", *arguments)
    assert refused.value.returncode == 2


def test_the_command_looks_again_at_what_is_due(db: None, site: Any, capsys: Any) -> None:
    call_command("poll_feeds", f"{site[1].url}/feed.rss", "--follow-days", "2", "--minutes", "9999")
    FeedEntry.objects.update(due_at=timezone.now())
    correct(site[0])
    asked = len(site[1].requests)
    capsys.readouterr()
    call_command("poll_feeds")
    assert json.loads(capsys.readouterr().out) == {
        "feeds": 1,
        "brought": 0,
        "known": 0,
        "corrected": 1,
        "faults": 0,
    }
    # The feed's own time has not come.
    assert len(site[1].requests) - asked == 3
