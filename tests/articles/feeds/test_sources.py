"""Feeds as servers send them: packed, mislabelled, moved, gone, or with new links for old items."""

import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from articles.errors import FetchFailed, IngestError
from articles.feeds.formats import read_feed
from articles.feeds.models import EntryState, Feed
from articles.feeds.services import add_feed, poll
from articles.models import Article
from tests.articles.site.markup import render_structured
from tests.articles.site.stories import STORIES
from tests.http_server import Reply, Request

STORY = STORIES[0]
URL = "https://post.example/feed"
RSS_ITEM = "<rss><channel><item><guid>{}</guid><link>/a</link></item></channel></rss>"


def put_rss(site: Any, path: str, items: list[tuple[str, str]], **reply: str) -> None:
    """Serve an RSS feed of items with a guid and the path of a page."""
    listed = "".join(
        f'<item><title>{STORY.title}</title><guid isPermaLink="false">{guid}</guid>'
        f"<link>{site[1].url}{page}</link></item>"
        for guid, page in items
    )
    rss = f'<?xml version="1.0"?><rss version="2.0"><channel>{listed}</channel></rss>'
    site[0].put(path, rss, reply.get("media_type", "application/rss+xml"))


@pytest.mark.parametrize(
    ("media_type", "is_packed"),
    [
        ("application/gzip", True),
        ("application/x-gzip", True),
        ("application/octet-stream", True),
        ("application/xml", True),
        ("application/octet-stream", False),
        ("image/png", False),
        ("binary/octet-stream; charset=binary", False),
    ],
)
@pytest.mark.parametrize("path", ["/sitemap.xml", "/feed.rss", "/feed.json"])
def test_bytes_decide_whatever_the_content_type_says(
    db: None, site: Any, path: str, media_type: str, is_packed: bool
) -> None:
    body = site[0].pages[path](Request("GET", path, {}, b"")).body
    site[0].put("/odd", gzip.compress(body) if is_packed else body, media_type)
    assert poll(add_feed(f"{site[1].url}/odd")).imported == 3


def test_gzipped_sitemaps_of_an_index_are_read(db: None, site: Any) -> None:
    base = site[1].url
    names = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    index = f"<sitemapindex {names}><sitemap><loc>{base}/a.xml.gz</loc></sitemap></sitemapindex>"
    urls = f"<urlset {names}><url><loc>{base}/structured/{STORY.slug}</loc></url></urlset>"
    site[0].put("/index.xml", index, "application/xml")
    site[0].put("/a.xml.gz", gzip.compress(urls.encode()), "application/gzip")
    assert poll(add_feed(f"{base}/index.xml")).imported == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(b"<urlset>" + b" " * 30_000_000), "larger than 20,000,000 bytes"),
        (gzip.compress(b"<rss>" * 100)[:-9], "incomplete"),
        (b"\x1f\x8b\x08" + b"no gzip at all", "corrupt|incomplete"),
        (gzip.compress(gzip.compress(b"<rss/>")), "not an RSS"),
    ],
    ids=["bomb", "cut", "corrupt", "twice"],
)
def test_unreadable_gzip_is_rejected(db: None, site: Any, data: bytes, message: str) -> None:
    site[0].put("/bad.gz", data, "application/gzip")
    with pytest.raises(IngestError, match=message):
        add_feed(f"{site[1].url}/bad.gz")


def titles(data: bytes, charset: str) -> list[str]:
    return [item.title for item in read_feed(data, URL, charset).items]


def rss(title: str, declared: str = "") -> str:
    declaration = f' encoding="{declared}"' if declared else ""
    link = "<link>https://post.example/1</link>"
    return (
        f'<?xml version="1.0"{declaration}?><rss version="2.0"><channel><item><title>{title}'
        f"</title>{link}</item></channel></rss>"
    )


@pytest.mark.parametrize(
    ("data", "charset", "title"),
    [
        (rss("señor").encode("latin-1"), "iso-8859-1", "señor"),
        (rss("señor", "utf-8").encode("latin-1"), "iso-8859-1", "señor"),
        (rss("Мост").encode("windows-1251"), "windows-1251", "Мост"),
        (rss("橋の上").encode("shift_jis"), "shift_jis", "橋の上"),
        (rss("señor", "iso-8859-1").encode("latin-1"), "", "señor"),
        (rss("señor", "iso-8859-1").encode("latin-1"), "no-such-charset", "señor"),
        (rss("señor", "iso-8859-1").encode("utf-8-sig"), "iso-8859-1", "señor"),
        (rss("Мост").encode("utf-16"), "iso-8859-1", "Мост"),
        (rss("señor").encode(), "", "señor"),
    ],
)
def test_charset_of_http_comes_before_that_of_xml(data: bytes, charset: str, title: str) -> None:
    assert titles(data, charset) == [title]


def test_charset_of_the_response_is_used(db: None, site: Any) -> None:
    link = f"{site[1].url}/structured/{STORY.slug}"
    body = rss("Über die Brücke").replace("https://post.example/1", link).encode("latin-1")
    site[0].put("/latin", body, "text/xml; charset=ISO-8859-1")
    feed = add_feed(f"{site[1].url}/latin")
    poll(feed)
    assert feed.entries.get().title == "Über die Brücke"


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE urlset [<!ENTITY a "https://post.example/a">]>',
        '<!DOCTYPE urlset SYSTEM "file:///etc/passwd" [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE urlset [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]>',
    ],
)
def test_entities_of_a_dtd_are_never_read(dtd: str) -> None:
    for root, item in (("urlset", "<url><loc>&a;</loc></url>"), ("rss", "<title>&a;</title>")):
        data = f'<?xml version="1.0"?>{dtd}<{root}>{item}</{root}>'.encode()
        try:
            found = read_feed(data, URL)
        except IngestError:
            continue
        assert "post.example/a" not in str(found)
        assert "root:" not in str(found)


def test_doctype_without_entities_is_accepted() -> None:
    doctype = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://n.example/rss.dtd">'
    data = rss("Bridge").replace("<rss", f"{doctype}<rss").encode()
    assert titles(data, "") == ["Bridge"]


def test_news_sitemap_gives_times_and_order() -> None:
    def url(name: str, inner: str) -> str:
        return f"<url><loc>https://post.example/{name}</loc>{inner}</url>"

    news = "<n:news><n:publication_date>{}</n:publication_date></n:news>"
    data = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">'
        + url("old", news.format("2026-03-01T10:00:00+02:00"))
        + url("new", news.format("2026-03-02"))
        + url("newest", "<lastmod>2026-03-03</lastmod>" + news.format("2026-02-01"))
        + url("none", "")
        + "</urlset>"
    )
    found = read_feed(data.encode(), URL).items
    assert [item.url.rpartition("/")[2] for item in found] == ["newest", "new", "old", "none"]
    assert found[2].updated_at == datetime(2026, 3, 1, 8, tzinfo=UTC)


class TestItemIds:
    def test_new_link_of_a_known_id_becomes_a_new_version(self, db: None, site: Any) -> None:
        put_rss(site, "/ids", [("story-1", f"/structured/{STORY.slug}")])
        feed = add_feed(f"{site[1].url}/ids")
        assert poll(feed).imported == 1
        corrected = render_structured(STORY).replace("40 million", "41 million")
        site[0].put("/moved/harbour", corrected.replace(f"/{STORY.slug}", "/moved/harbour"))
        del site[0].pages[f"/structured/{STORY.slug}"]
        put_rss(site, "/ids", [("story-1", "/moved/harbour")])
        polled = poll(feed)
        assert (polled.imported, polled.updated, polled.errors) == (0, 1, [])
        article = Article.objects.get()
        assert article.versions.count() == 2
        entry = feed.entries.get()
        assert (entry.url, entry.state) == (f"{site[1].url}/moved/harbour", EntryState.IMPORTED)
        # Later checks ask for the new link.
        asked = len(site[1].requests)
        feed.entries.update(next_fetch_at=timezone.now())
        assert poll(feed).errors == []
        pages = [r.target for r in site[1].requests[asked:] if r.target != "/ids"]
        assert pages == ["/moved/harbour"]

    def test_new_link_of_an_unchanged_text_is_stored(self, db: None, site: Any) -> None:
        put_rss(site, "/ids", [("story-1", f"/plain/{STORY.slug}")])
        feed = add_feed(f"{site[1].url}/ids")
        poll(feed)
        site[0].pages["/new-place"] = site[0].pages[f"/plain/{STORY.slug}"]
        put_rss(site, "/ids", [("story-1", "/new-place")])
        polled = poll(feed)
        assert (polled.imported, polled.updated, polled.errors) == (0, 0, [])
        assert Article.objects.get().url == f"{site[1].url}/new-place"

    def test_ids_that_several_items_share_identify_nothing(self, db: None, site: Any) -> None:
        pages = [f"/structured/{story.slug}" for story in STORIES[:3]]
        put_rss(site, "/ids", [("home", pages[0]), ("home", pages[1])])
        feed = add_feed(f"{site[1].url}/ids")
        assert poll(feed).imported == 2
        put_rss(site, "/ids", [("home", pages[2])])
        assert poll(feed).imported == 1
        assert Article.objects.count() == 3

    def test_id_reused_for_another_story_leaves_the_article_alone(
        self, db: None, site: Any
    ) -> None:
        put_rss(site, "/ids", [("1", f"/structured/{STORY.slug}")])
        feed = add_feed(f"{site[1].url}/ids")
        poll(feed)
        put_rss(site, "/ids", [("1", f"/structured/{STORIES[5].slug}")])
        [(_, message)] = poll(feed).errors
        assert "another page" in message
        assert Article.objects.get().versions.count() == 1

    def test_the_same_id_in_another_feed_is_another_item(self, db: None, site: Any) -> None:
        for number in (0, 1):
            put_rss(site, f"/ids-{number}", [("1", f"/structured/{STORIES[number].slug}")])
            assert poll(add_feed(f"{site[1].url}/ids-{number}")).imported == 1
        assert Article.objects.count() == 2

    def test_failed_item_is_fetched_at_its_new_link(self, db: None, site: Any) -> None:
        put_rss(site, "/ids", [("1", "/hostile/binary-as-html")])
        feed = add_feed(f"{site[1].url}/ids")
        assert poll(feed).errors
        put_rss(site, "/ids", [("1", f"/structured/{STORY.slug}")])
        assert poll(feed).imported == 1
        assert feed.entries.count() == 1

    @pytest.mark.parametrize(
        ("data", "guid"),
        [
            (RSS_ITEM.format("tag:1"), "tag:1"),
            (
                '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:uuid:2</id>'
                '<link href="/a"/></entry></feed>',
                "urn:uuid:2",
            ),
            (
                '{"version": "https://jsonfeed.org/version/1.1",'
                ' "items": [{"id": 3, "url": "/a"}]}',
                "3",
            ),
            ("<urlset><url><loc>https://post.example/a</loc></url></urlset>", ""),
            (RSS_ITEM.format("x" * 501), ""),
        ],
        ids=["rss", "atom", "json", "sitemap", "too-long"],
    )
    def test_id_of_an_item_is_read(self, data: str, guid: str) -> None:
        assert [item.guid for item in read_feed(data.encode(), URL).items] == [guid]


class TestServerAnswers:
    def test_feed_that_is_gone_is_paused_and_says_so(self, db: None, site: Any) -> None:
        feed = add_feed(f"{site[1].url}/feed.rss")
        site[0].pages["/feed.rss"] = lambda _: Reply(410)
        poll(feed)
        feed.refresh_from_db()
        assert not feed.is_active
        assert "410" in feed.last_error
        assert not Feed.objects.due().exists()

    @pytest.mark.parametrize(
        ("statuses", "stored"),
        [
            *(((301,), "/feed.atom"), ((308,), "/feed.atom"), ((301, 301), "/feed.atom")),
            *(((302,), "/old"), ((307,), "/old"), ((301, 302), "/step-1"), ((302, 301), "/old")),
        ],
    )
    def test_permanent_redirect_stores_the_new_address(
        self, db: None, site: Any, statuses: tuple[int, ...], stored: str
    ) -> None:
        site[0].pages["/old"] = site[0].pages["/feed.rss"]
        feed = add_feed(f"{site[1].url}/old")
        steps = ["/old", *(f"/step-{n}" for n in range(1, len(statuses))), "/feed.atom"]
        for status, (path, target) in zip(statuses, pairwise(steps), strict=True):
            headers = {"Location": target}
            site[0].pages[path] = lambda _, s=status, h=headers: Reply(s, headers=h)
        assert poll(feed).errors == []
        feed.refresh_from_db()
        assert feed.url == f"{site[1].url}{stored}"

    def test_redirect_to_another_feed_of_ours_keeps_the_address(self, db: None, site: Any) -> None:
        add_feed(f"{site[1].url}/feed.atom")
        feed = add_feed(f"{site[1].url}/feed.rss")
        site[0].pages["/feed.rss"] = lambda _: Reply(301, headers={"Location": "/feed.atom"})
        assert poll(feed).errors == []
        feed.refresh_from_db()
        assert feed.url == f"{site[1].url}/feed.rss"

    @pytest.mark.parametrize(
        "target", ["http://169.254.169.254/feed", "http://printer.local/", "/front"]
    )
    def test_redirect_to_no_public_feed_keeps_the_address(
        self, db: None, site: Any, target: str
    ) -> None:
        feed = add_feed(f"{site[1].url}/feed.rss")
        site[0].pages["/feed.rss"] = lambda _: Reply(301, headers={"Location": target})
        assert poll(feed).errors
        feed.refresh_from_db()
        assert feed.url == f"{site[1].url}/feed.rss"

    @pytest.mark.parametrize(
        ("value", "hours"),
        [
            ("36000", 10),
            (format_datetime(datetime.now(UTC) + timedelta(hours=10), usegmt=True), 10),
            ("99999999999999", 24),
            ("5", 1 / 3),
            ("soon", 1 / 3),
            ("-5", 1 / 3),
            ("", 1 / 3),
        ],
        ids=["seconds", "date", "capped", "short", "words", "negative", "empty"],
    )
    def test_retry_after_is_honoured_within_limits(
        self, db: None, site: Any, value: str, hours: float
    ) -> None:
        feed = add_feed(f"{site[1].url}/feed.rss", poll_interval_minutes=10)
        headers = {"Retry-After": value}
        site[0].pages["/feed.rss"] = lambda _: Reply(503, headers=headers)
        poll(feed)
        feed.refresh_from_db()
        assert feed.last_polled_at
        wait = (feed.next_poll_at - feed.last_polled_at) / timedelta(hours=1)
        assert hours * 0.99 <= wait <= hours * 1.21

    def test_retry_after_of_a_page_stops_the_requests_to_its_site(
        self, db: None, site: Any
    ) -> None:
        for story in STORIES[:3]:
            site[0].pages[f"/structured/{story.slug}"] = lambda _: Reply(
                429, headers={"Retry-After": "7200"}
            )
        feed = add_feed(f"{site[1].url}/feed.rss")
        assert len(poll(feed).errors) == 1
        soon = timezone.now() + timedelta(hours=1.9)
        assert not feed.entries.filter(next_fetch_at__lt=soon).exists()


def test_fetch_error_names_the_status(db: None, site: Any) -> None:
    with pytest.raises(FetchFailed, match="410") as exc_info:
        add_feed(f"{site[1].url}/status/410")
    assert exc_info.value.status == 410
