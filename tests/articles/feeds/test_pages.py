"""The pages of feeds, and the button that fetches an article again."""

import html
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.feeds.models import Feed, FeedEntry
from articles.feeds.services import add_feed
from articles.fetch import fetch_article
from articles.models import Article
from tests.articles.site.markup import render_structured
from tests.articles.site.special import OBSTRUCTED
from tests.articles.site.stories import STORIES
from tests.worker import run_worker

FEEDS = "/feeds/"
SET = {"poll_interval_minutes": "30", "recheck_days": "2"}
STORY = STORIES[0]


@pytest.fixture
def journalist(db: None) -> User:
    return User.objects.create_user("journalist")


@pytest.fixture
def journalist_client(client: Client, journalist: User) -> Client:
    client.force_login(journalist)
    return client


@pytest.fixture
def stranger(db: None) -> Client:
    created = Client()
    created.force_login(User.objects.create_user("other"))
    return created


@pytest.fixture
def feed(site: Any, journalist: User) -> Feed:
    return add_feed(f"{site[1].url}/feed.rss", by=journalist)


def get_text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_add_feed_imports_its_articles(journalist_client: Client, site: Any) -> None:
    assert "No feeds yet" in get_text(journalist_client.get(FEEDS))
    created = journalist_client.post(FEEDS, {**SET, "url": f"{site[1].url}/feed.rss"}, follow=True)
    feed = Feed.objects.get()
    assert created.redirect_chain == [(f"/feeds/{feed.public_id}/", 302)]
    assert (feed.poll_interval_minutes, feed.recheck_days, str(feed.added_by)) == (
        30,
        2,
        "journalist",
    )
    assert "will be polled soon" in get_text(created)
    run_worker()
    page = get_text(journalist_client.get(f"/feeds/{feed.public_id}/"))
    for story in STORIES[:3]:
        assert story.title in page
    assert "3</b> articles imported" in get_text(journalist_client.get(FEEDS))


def test_add_article_and_feed_pages_link_to_each_other(journalist_client: Client) -> None:
    assert 'href="/feeds/"' in get_text(journalist_client.get("/articles/new/"))
    assert 'href="/articles/new/"' in get_text(journalist_client.get(FEEDS))


def test_add_feed_offers_feeds_of_page(journalist_client: Client, site: Any) -> None:
    shown = journalist_client.post(FEEDS, {**SET, "url": f"{site[1].url}/front"})
    assert shown.status_code == 422
    page = get_text(shown)
    offered = f"{site[1].url}/feed.atom"
    assert f'<button name="chosen" value="{offered}">' in page
    assert "أخبار الميناء" in page
    assert 'value="30"' in page
    journalist_client.post(FEEDS, {**SET, "url": f"{site[1].url}/front", "chosen": offered})
    assert Feed.objects.get().url == offered


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"url": ""}, "required"),
        ({"url": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"url": "http://127.0.0.1/"}, "not public"),
        (
            {"url": "https://news.example/", "poll_interval_minutes": "1"},
            "greater than or equal to 5",
        ),
        ({"url": "https://news.example/", "recheck_days": "x"}, "whole number"),
    ],
)
def test_add_feed_shows_field_errors(
    journalist_client: Client, given: dict[str, str], message: str
) -> None:
    answer = journalist_client.post(FEEDS, {**SET, **given})
    assert answer.status_code == 422
    assert message in get_text(answer)
    assert not Feed.objects.exists()


def test_add_feed_rejects_duplicate(journalist_client: Client, feed: Feed) -> None:
    assert "already exists" in get_text(journalist_client.post(FEEDS, {**SET, "url": feed.url}))


def test_failing_feed_shows_error(journalist_client: Client, feed: Feed, site: Any) -> None:
    del site[0].pages["/feed.rss"]
    run_worker()
    for page in (FEEDS, f"/feeds/{feed.public_id}/"):
        shown = get_text(journalist_client.get(page))
        assert "Failing" in shown
        assert "status 404" in shown


def test_items_are_filtered_by_state_and_show_errors(
    journalist_client: Client, feed: Feed, site: Any
) -> None:
    site[0].put(f"/structured/{STORY.slug}", OBSTRUCTED["declared-paywall"][1])
    run_worker()
    address = f"/feeds/{feed.public_id}/"
    failed = get_text(journalist_client.get(f"{address}?state=failed"))
    assert "subscribers" in failed
    assert STORY.title in failed
    assert f"/structured/{STORY.slug}" in failed
    assert STORIES[1].title not in failed
    assert STORIES[1].title in get_text(journalist_client.get(f"{address}?state=imported"))
    assert "No items in this state" in get_text(journalist_client.get(f"{address}?state=pending"))
    assert STORIES[1].title in get_text(journalist_client.get(f"{address}?state=dragon&page=99"))


def test_feed_settings_pause_resume_poll_and_delete(
    journalist_client: Client, feed: Feed, site: Any
) -> None:
    address = f"/feeds/{feed.public_id}/"
    run_worker()
    wrong = journalist_client.post(address, {**SET, "title": "x", "poll_interval_minutes": "0"})
    assert wrong.status_code == 422
    journalist_client.post(address, {**SET, "title": " The  harbour "})
    journalist_client.post(f"{address}pause/")
    feed.refresh_from_db()
    assert (feed.title, feed.poll_interval_minutes, feed.is_active) == ("The harbour", 30, False)
    assert "Poll now" not in get_text(journalist_client.get(address))
    assert "Resume it first" in get_text(journalist_client.post(f"{address}poll/", follow=True))
    journalist_client.post(f"{address}pause/", {"active": "1"})
    journalist_client.post(f"{address}poll/")
    asked = len(site[1].requests)
    run_worker()
    assert [request.target for request in site[1].requests[asked:]] == ["/feed.rss"]
    assert "The 3 imported articles are kept" in get_text(
        journalist_client.get(f"{address}delete/")
    )
    deleted = journalist_client.post(f"{address}delete/", follow=True)
    assert "Deleted “The harbour”" in get_text(deleted)
    assert not Feed.objects.exists()
    assert Article.objects.count() == 3


@pytest.mark.parametrize("path", ["", "poll/", "pause/", "delete/"])
def test_other_users_cannot_change_feed(stranger: Client, feed: Feed, path: str) -> None:
    address = f"/feeds/{feed.public_id}/"
    page = stranger.get(address)
    assert page.status_code == 200
    assert "Pause" not in get_text(page)
    assert stranger.post(address + path, {**SET, "title": "Mine"}).status_code == 403
    assert Feed.objects.get().title == "Harbour news"


def test_pages_require_sign_in(client: Client, feed: Feed) -> None:
    for address in (FEEDS, f"/feeds/{feed.public_id}/", f"/feeds/{feed.public_id}/delete/"):
        assert client.get(address)["Location"].startswith("/sign-in/?next=")


def test_query_count_is_constant(journalist_client: Client, feed: Feed, journalist: User) -> None:
    run_worker()
    counts = []
    article = Article.objects.first()
    for start, number in ((0, 2), (2, 9)):
        for n in range(start, start + number):
            created = Feed.objects.create(url=f"https://a.example/{n}", added_by=journalist)
            FeedEntry.objects.create(feed=created, key=str(n), url=f"https://a.example/{n}/1")
            FeedEntry.objects.create(feed=feed, key=str(n), url=created.url, article=article)
        for address in (FEEDS, f"/feeds/{feed.public_id}/"):
            with CaptureQueriesContext(connection) as queries:
                journalist_client.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:] == [4, 5]


class TestRefetch:
    @pytest.fixture
    def article(self, site: Any, journalist: User) -> Article:
        return fetch_article(f"{site[1].url}/structured/{STORY.slug}", created_by=journalist)

    def test_refetch_reports_result(
        self, journalist_client: Client, article: Article, site: Any
    ) -> None:
        page = f"/articles/{article.public_id}/"
        assert "Fetch again" in get_text(journalist_client.get(page))
        assert "The text is unchanged." in get_text(
            journalist_client.post(f"{page}fetch/", follow=True)
        )
        site[0].put(f"/structured/{STORY.slug}", render_structured(STORY).replace("40 m", "41 m"))
        new = get_text(journalist_client.post(f"{page}fetch/", follow=True))
        article.refresh_from_db()
        assert article.current_version
        comparison = f"/versions/{article.current_version.public_id}/comparison/"
        assert f'Version 2 was saved. <a href="{comparison}">Show changes</a>' in new
        site[0].put(f"/structured/{STORY.slug}", OBSTRUCTED["declared-paywall"][1])
        assert "subscribers" in get_text(journalist_client.post(f"{page}fetch/", follow=True))
        assert article.versions.count() == 2

    def test_refetch_needs_permission_to_add_versions(
        self, stranger: Client, client: Client, article: Article, site: Any
    ) -> None:
        page = f"/articles/{article.public_id}/"
        asked = len(site[1].requests)
        assert "Fetch again" not in get_text(stranger.get(page))
        assert stranger.post(f"{page}fetch/").status_code == 403
        assert client.post(f"{page}fetch/").status_code == 302
        assert len(site[1].requests) == asked
