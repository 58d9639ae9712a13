"""/api/v1/feeds/, and fetching an article again."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.extraction.draft import ArticleDraft
from articles.feeds.models import Feed, FeedEntry
from articles.feeds.services import add_feed
from articles.fetch import fetch_article
from articles.models import Article
from articles.services import create_article
from tests.articles.site.markup import render_structured
from tests.articles.site.special import OBSTRUCTED
from tests.articles.site.stories import STORIES
from tests.worker import run_worker

ADDRESS = "/api/v1/feeds/"
STORY = STORIES[0]


@pytest.fixture
def journalist(db: None) -> User:
    return User.objects.create_user("journalist")


@pytest.fixture
def other(db: None) -> User:
    return User.objects.create_user("other")


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_user("editor", is_staff=True)


@pytest.fixture
def feed(site: Any, journalist: User) -> Feed:
    return add_feed(f"{site[1].url}/feed.rss", by=journalist)


def one(feed: Feed) -> str:
    return f"{ADDRESS}{feed.public_id}/"


class TestCreate:
    def test_created_feed_imports_its_articles(self, api: Any, journalist: User, site: Any) -> None:
        body = {"url": f"{site[1].url}/feed.atom", "poll_interval_minutes": 30, "recheck_days": 2}
        created = api(journalist).post(ADDRESS, body)
        assert created.status_code == 201
        record = created.json()
        assert {name: record[name] for name in body} == body
        assert (record["title"], record["kind"], record["added_by"]) == (
            "Atoms",
            "atom",
            "journalist",
        )
        assert (record["is_active"], record["last_polled_at"], record["imported"]) == (
            True,
            None,
            0,
        )
        run_worker()
        read = api(journalist).get(created["Location"].removeprefix("http://testserver"))
        assert (read.json()["entries"], read.json()["imported"], read.json()["pending"]) == (
            3,
            3,
            0,
        )
        assert read.json()["last_polled_at"]
        assert Article.objects.filter(created_by=journalist).count() == 3

    def test_feed_created_paused_is_not_polled(self, api: Any, journalist: User, site: Any) -> None:
        body = {"url": f"{site[1].url}/feed.rss", "is_active": False, "title": " The  harbour"}
        created = api(journalist).post(ADDRESS, body).json()
        assert (created["title"], created["next_poll_at"]) == ("The  harbour", None)
        run_worker()
        assert not Article.objects.exists()

    def test_retry_with_same_key_adds_feed_once(
        self, api: Any, journalist: User, site: Any
    ) -> None:
        body = {"url": f"{site[1].url}/feed.rss"}
        client = api(journalist)
        first = client.post(ADDRESS, body, HTTP_IDEMPOTENCY_KEY="one")
        asked = len(site[1].requests)
        again = client.post(ADDRESS, body, HTTP_IDEMPOTENCY_KEY="one")
        assert (again.status_code, again.json()) == (201, first.json())
        assert again.headers["Idempotent-Replayed"] == "true"
        assert len(site[1].requests) == asked
        reused = client.post(
            ADDRESS, {**body, "poll_interval_minutes": 90}, HTTP_IDEMPOTENCY_KEY="one"
        )
        assert reused.status_code == 422
        assert reused.json()["type"] == "urn:pressmark:problem:idempotency-key-reused"

    @pytest.mark.parametrize(
        ("given", "pointer", "message"),
        [
            ({"url": None}, "/url", "null"),
            ({"url": "news"}, "/url", "valid URL"),
            ({"url": "ftp://news.example/feed"}, "/url", ""),
            ({"poll_interval_minutes": 4}, "/poll_interval_minutes", "5"),
            ({"poll_interval_minutes": "often"}, "/poll_interval_minutes", "integer"),
            ({"poll_interval_minutes": 100_000}, "/poll_interval_minutes", "10080"),
            ({"recheck_days": -1}, "/recheck_days", "0"),
            ({"is_active": "yes"}, "/is_active", "true or false"),
            ({"kind": "rss"}, "/kind", "Unknown field"),
        ],
    )
    def test_invalid_fields_are_rejected(
        self, api: Any, journalist: User, given: dict[str, Any], pointer: str, message: str
    ) -> None:
        body = {"url": "https://news.example/feed.xml", **given}
        answer = api(journalist).post(ADDRESS, body)
        assert answer.status_code in (400, 422)
        (error,) = answer.json()["errors"]
        assert error["pointer"] == pointer
        assert message in error["detail"]
        assert not Feed.objects.exists()

    @pytest.mark.parametrize(("path", "reason"), [("/nothing", "status"), ("/no/robots", "robots")])
    def test_failed_fetch_is_reported_with_reason(
        self, api: Any, journalist: User, site: Any, path: str, reason: str
    ) -> None:
        answer = api(journalist).post(ADDRESS, {"url": site[1].url + path})
        assert (answer.status_code, answer.json()["reason"]) == (422, reason)
        assert answer.json()["errors"][0]["pointer"] == "/url"

    def test_private_address_is_rejected(self, api: Any, journalist: User) -> None:
        answer = api(journalist).post(ADDRESS, {"url": "http://169.254.169.254/feed"})
        assert (answer.status_code, answer.json()["reason"]) == (422, "private-address")

    def test_page_is_rejected_with_links_to_its_feeds(
        self, api: Any, journalist: User, site: Any
    ) -> None:
        answer = api(journalist).post(ADDRESS, {"url": f"{site[1].url}/front"})
        assert answer.status_code == 400
        problem = answer.json()
        assert problem["errors"][0]["pointer"] == "/url"
        assert "links to 2 feeds" in problem["detail"]
        assert problem["feeds"] == [
            {"url": f"{site[1].url}/feed.rss", "title": "News", "kind": "rss"},
            {"url": f"{site[1].url}/feed.atom", "title": "أخبار الميناء", "kind": "atom"},
        ]

    def test_duplicate_feed_is_rejected_with_its_id(
        self, api: Any, other: User, feed: Feed
    ) -> None:
        answer = api(other).post(ADDRESS, {"url": feed.url})
        assert answer.status_code == 409
        assert answer.json()["feed"] == str(feed.public_id)

    def test_limit_per_user_is_enforced(
        self, api: Any, journalist: User, feed: Feed, site: Any, settings: Any
    ) -> None:
        settings.MAX_FEEDS_PER_USER = 1
        answer = api(journalist).post(ADDRESS, {"url": f"{site[1].url}/feed.atom"})
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:pressmark:problem:too-many-feeds"
        assert "Delete one first" in answer.json()["detail"]


class TestPermissions:
    @pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}x/"])
    def test_anonymous_users_have_no_access(self, api: Any, feed: Feed, address: str) -> None:
        address = address.replace("x", str(feed.public_id))
        for path in (address, f"{one(feed)}entries/"):
            assert api().get(path).status_code in (401, 403)
        assert api().post(ADDRESS, {"url": feed.url}).status_code in (401, 403)

    def test_other_users_can_read_only(self, api: Any, other: User, feed: Feed) -> None:
        client = api(other)
        tag = client.get(one(feed))["ETag"]
        for answer in (
            client.patch(one(feed), {"poll_interval_minutes": 90}, HTTP_IF_MATCH=tag),
            client.delete(one(feed), HTTP_IF_MATCH=tag),
            client.post(f"{one(feed)}poll/"),
        ):
            assert answer.status_code == 403
            assert "Only the person who added this feed" in answer.json()["detail"]

    def test_editor_can_change_feed(self, api: Any, editor: User, feed: Feed) -> None:
        assert (
            api(editor)
            .correct(one(feed), {"poll_interval_minutes": 90})
            .json()["poll_interval_minutes"]
            == 90
        )


class TestUpdate:
    def test_patch_changes_given_fields_and_needs_if_match(
        self, api: Any, journalist: User, feed: Feed
    ) -> None:
        client = api(journalist)
        assert client.patch(one(feed), {"poll_interval_minutes": 90}).status_code == 428
        before = client.get(one(feed))
        done = client.patch(one(feed), {"poll_interval_minutes": 90}, HTTP_IF_MATCH=before["ETag"])
        assert (done.json()["poll_interval_minutes"], done.json()["recheck_days"]) == (90, 7)
        stale = client.patch(one(feed), {"poll_interval_minutes": 5}, HTTP_IF_MATCH=before["ETag"])
        assert stale.status_code == 412
        assert stale.json()["current"] == done.json()
        wrong = client.patch(one(feed), {"url": feed.url}, HTTP_IF_MATCH=done["ETag"])
        assert wrong.json()["errors"][0]["pointer"] == "/url"

    def test_poll_does_not_make_etag_stale(self, api: Any, journalist: User, feed: Feed) -> None:
        client = api(journalist)
        before = client.get(one(feed))
        run_worker()
        after = client.get(one(feed), HTTP_IF_NONE_MATCH=before["ETag"])
        assert (after.status_code, after.json()["imported"]) == (200, 3)
        done = client.patch(one(feed), {"is_active": False}, HTTP_IF_MATCH=before["ETag"])
        assert (done.status_code, done.json()["next_poll_at"]) == (200, None)

    def test_delete_keeps_articles(self, api: Any, journalist: User, feed: Feed) -> None:
        run_worker()
        client = api(journalist)
        assert client.delete(one(feed)).status_code == 428
        tag = client.get(one(feed))["ETag"]
        assert client.delete(one(feed), HTTP_IF_MATCH=tag).status_code == 204
        assert client.get(one(feed)).status_code == 404
        assert client.get(f"{one(feed)}entries/").status_code == 404
        assert Article.objects.count() == 3

    def test_poll_action_queues_poll_unless_paused(
        self, api: Any, journalist: User, feed: Feed, site: Any
    ) -> None:
        run_worker()
        site[0].put("/feed.rss", "<rss><channel/></rss>", "application/rss+xml")
        asked = api(journalist).post(f"{one(feed)}poll/")
        assert asked.status_code == 202
        before = len(site[1].requests)
        run_worker()
        assert [request.target for request in site[1].requests[before:]] == ["/feed.rss"]
        api(journalist).correct(one(feed), {"is_active": False})
        paused = api(journalist).post(f"{one(feed)}poll/")
        assert paused.status_code == 409
        assert "paused" in paused.json()["detail"]


class TestRead:
    def test_entries_have_state_and_error(
        self, api: Any, journalist: User, feed: Feed, site: Any
    ) -> None:
        site[0].put(f"/structured/{STORY.slug}", OBSTRUCTED["declared-paywall"][1])
        del site[0].pages[f"/structured/{STORIES[1].slug}"]
        run_worker()
        client = api(journalist)
        found = client.get(f"{one(feed)}entries/").json()["results"]
        assert [entry["state"] for entry in found] == ["failed", "pending", "imported"]
        assert [entry["title"] for entry in found] == [story.title for story in STORIES[:3]]
        assert "subscribers" in found[0]["last_error"]
        assert (found[1]["attempts"], "404" in found[1]["last_error"]) == (1, True)
        article = Article.objects.get()
        assert found[2]["article"] == str(article.public_id)
        assert found[2]["links"]["article"].endswith(f"/api/v1/articles/{article.public_id}/")
        for state, expected in (("failed", 0), ("pending", 1), ("imported", 2)):
            kept = client.get(f"{one(feed)}entries/", {"state": state}).json()["results"]
            assert kept == [found[expected]]
        assert client.get(found[0]["links"]["self"]).json() == found[0]
        wrong = client.get(f"{one(feed)}entries/", {"state": "lost"})
        assert wrong.json()["errors"][0]["parameter"] == "state"
        newest = client.get(f"{one(feed)}entries/", {"ordering": "-discovered_at", "page_size": 2})
        assert len(client.get(newest.json()["next"]).json()["results"]) == 1

    def test_list_filters(self, api: Any, journalist: User, feed: Feed, site: Any) -> None:
        paused = add_feed(f"{site[1].url}/feed.json", is_active=False)
        Feed.objects.filter(pk=paused.pk).update(last_error="No answer.")
        ids = {"rss": str(feed.public_id), "json": str(paused.public_id)}
        client = api(journalist)
        for name, value, expected in (
            ("is_active", "true", "rss"),
            ("is_active", "false", "json"),
            ("has_error", "true", "json"),
            ("has_error", "false", "rss"),
            ("title", "HARBOUR", "rss"),
            ("url", paused.url, "json"),
            ("kind", "json", "json"),
            ("added_by", "journalist", "rss"),
        ):
            found = client.get(ADDRESS, {name: value}).json()["results"]
            assert [record["id"] for record in found] == [ids[expected]], (name, value)
        wrong = client.get(ADDRESS, {"is_active": "maybe"})
        assert wrong.json()["errors"][0]["parameter"] == "is_active"

    def test_query_count_is_constant(self, api: Any, journalist: User, feed: Feed) -> None:
        run_worker()
        client = api(journalist)
        counts = []
        for start, number in ((0, 2), (2, 9)):
            for n in range(start, start + number):
                created = Feed.objects.create(url=f"https://a.example/{n}", added_by=journalist)
                FeedEntry.objects.create(feed=created, key=str(n), url=f"https://a.example/{n}/1")
                FeedEntry.objects.create(
                    feed=feed, key=str(n), url=created.url, article=Article.objects.first()
                )
            for address in (ADDRESS, f"{one(feed)}entries/"):
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(address).status_code == 200
                counts.append(len(queries))
        assert counts[:2] == counts[2:] == [3, 4]


class TestRefetch:
    @pytest.fixture
    def article(self, site: Any, journalist: User) -> Article:
        return fetch_article(f"{site[1].url}/structured/{STORY.slug}", created_by=journalist)

    def test_corrected_text_becomes_next_version(
        self, api: Any, journalist: User, article: Article, site: Any
    ) -> None:
        address = f"/api/v1/articles/{article.public_id}/fetch/"
        client = api(journalist)
        same = client.post(address)
        assert (same.status_code, same.json()["changed"]) == (200, False)
        assert same.json()["version"]["number"] == 1
        site[0].put(f"/structured/{STORY.slug}", render_structured(STORY).replace("40 m", "41 m"))
        new = client.post(address, HTTP_IDEMPOTENCY_KEY="again")
        assert (new.json()["changed"], new.json()["version"]["number"]) == (True, 2)
        assert client.post(address, HTTP_IDEMPOTENCY_KEY="again").json() == new.json()
        version = client.get(new.json()["version"]["links"]["self"]).json()
        assert version["text"] == STORY.text.replace("40 m", "41 m")
        assert article.versions.count() == 2

    def test_failed_refetch_is_reported_with_reason(
        self, api: Any, journalist: User, article: Article, site: Any
    ) -> None:
        site[0].put(f"/structured/{STORY.slug}", OBSTRUCTED["declared-paywall"][1])
        rejected = api(journalist).post(f"/api/v1/articles/{article.public_id}/fetch/")
        assert (rejected.status_code, rejected.json()["reason"]) == (422, "paywall")
        assert article.versions.count() == 1

    def test_article_without_url_cannot_be_refetched(self, api: Any, journalist: User) -> None:
        pasted = create_article(ArticleDraft(title="Pasted", text="Words."), created_by=journalist)
        rejected = api(journalist).post(f"/api/v1/articles/{pasted.public_id}/fetch/")
        assert (rejected.status_code, rejected.json()["reason"]) == (422, "bad-url")

    def test_refetch_requires_permission_to_add_versions(
        self, api: Any, other: User, editor: User, article: Article, site: Any
    ) -> None:
        address = f"/api/v1/articles/{article.public_id}/fetch/"
        asked = len(site[1].requests)
        assert api(other).post(address).status_code == 403
        assert api().post(address).status_code == 401
        assert len(site[1].requests) == asked
        assert api(editor).post(address).status_code == 200
