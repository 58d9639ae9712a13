"""Feeds and sitemaps bring what is new, once, and ask as little as they can."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from warcio.archiveiterator import ArchiveIterator

from articles.ingest.feed import MOST_ENTRIES, add_feed, poll, read_feed
from articles.ingest.store import IngestError
from articles.models import Article, Feed, Snapshot
from tests.articles.site.markup import structured
from tests.articles.site.server import Site, served
from tests.articles.site.stories import STORIES
from tests.listening import Listener


@pytest.fixture
def site(settings: Any) -> Iterator[tuple[Site, Listener]]:
    with served(settings) as site:
        yield site


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
    asked = len(server.heard)
    again = poll(feed)
    assert (again.brought, again.known, again.faults) == (0, 0, [])
    # One question, which the server answered with "not modified".
    assert len(server.heard) - asked == 1
    assert "if-none-match" in server.heard[-1].headers


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
