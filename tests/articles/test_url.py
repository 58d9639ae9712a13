"""Fetching articles from the test site: robots.txt, crawl delay, limits and updates."""

import json
import time
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from articles.errors import DuplicateArticle, FetchFailed
from articles.fetch import fetch_article, fetch_page, fetch_update
from articles.models import Article, Snapshot
from config.http.models import Host
from tests.articles.site.markup import render_page, render_structured
from tests.articles.site.special import OBSTRUCTED, build_mislabelled_pages
from tests.articles.site.stories import STORIES
from tests.http_server import Reply

STORY = STORIES[0]


def get_failure_reason(url: str) -> str:
    with pytest.raises(FetchFailed) as exc_info:
        fetch_article(url)
    assert list(exc_info.value.errors) == ["url"]
    assert not Article.objects.exists()
    assert not Snapshot.objects.exists()
    return exc_info.value.reason


def test_fetch_article_stores_article_and_snapshot(db: None, site: Any) -> None:
    _, server = site
    url = f"{server.url}/structured/{STORY.slug}"
    article = fetch_article(f"{url}?utm_source=mail#top")
    version = article.current_version
    assert version
    assert (article.title, article.url, version.text) == (STORY.title, url, STORY.text)
    assert [(version.text[k.start : k.end], k.href) for k in version.links.all()] == STORY.links
    snapshot = version.snapshots.get()
    assert snapshot.get_body() == render_structured(STORY).encode()
    assert (snapshot.status, snapshot.size) == (200, len(snapshot.get_body()))
    assert len(bytes(snapshot.compressed)) < snapshot.size
    assert snapshot.headers["content-type"].startswith("text/html")


def test_fetch_sends_user_agent(db: None, site: Any, settings: Any) -> None:
    settings.USER_AGENT = "Pressmark/9 (admin@news.example)"
    fetch_page(f"{site[1].url}/structured/{STORY.slug}")
    assert [request.target for request in site[1].requests] == [
        "/robots.txt",
        f"/structured/{STORY.slug}",
    ]
    agents = {request.headers["user-agent"] for request in site[1].requests}
    assert agents == {"Pressmark/9 (admin@news.example)"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *((f"/obstructed/{name}", why) for name, (why, _) in OBSTRUCTED.items()),
        ("/hostile/10-mb", "too-large"),
        ("/hostile/gzip-bomb", "too-large"),
        ("/hostile/many", "too-large"),
        ("/hostile/cut-gzip", "broken"),
        ("/hostile/picture", "content-type"),
        ("/hostile/loop", "too-many-redirects"),
        ("/hostile/loop-a", "too-many-redirects"),
        ("/hostile/to-metadata", "private-address"),
        ("/hostile/to-local", "private-address"),
        ("/hostile/to-mapped", "private-address"),
        ("/hostile/to-decimal", "bad-url"),
        ("/hostile/to-file", "bad-url"),
        ("/no/robots", "robots"),
        ("/status/401", "status"),
        ("/status/404", "status"),
        ("/status/503", "status"),
    ],
)
def test_fetch_fails_with_reason(db: None, site: Any, path: str, expected: str) -> None:
    assert get_failure_reason(site[1].url + path) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("javascript:alert(1)", "bad-url"),
        ("ftp://news.example/", "bad-url"),
        ("http://localhost/", "private-address"),
        ("http://127.0.0.1:8000/", "private-address"),
        ("https://news.example:25/", "port"),
        ("http://[::1]/", "private-address"),
        ("http://0x7f.1/", "bad-url"),
        ("http://news.invalid/", "private-address"),
    ],
)
def test_fetch_rejects_forbidden_url(db: None, url: str, expected: str) -> None:
    assert get_failure_reason(url) == expected


def test_fetch_times_out_on_slow_server(db: None, site: Any, settings: Any) -> None:
    settings.FETCH_TIMEOUT = 1.0
    start = time.monotonic()
    assert get_failure_reason(f"{site[1].url}/hostile/drip") == "timeout"
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("name", build_mislabelled_pages())
def test_fetch_uses_charset_of_content_type(db: None, site: Any, name: str) -> None:
    story = build_mislabelled_pages()[name][0]
    assert fetch_page(f"{site[1].url}/charset/{name}").page.draft.text == story.text


def test_fetch_follows_redirect(db: None, site: Any) -> None:
    article = fetch_article(f"{site[1].url}/moved")
    assert article.url == f"{site[1].url}/structured/{STORY.slug}"
    assert Snapshot.objects.get().url == f"{site[1].url}/moved"


class TestRobots:
    def test_robots_rules_for_our_agent_take_precedence(self, db: None, site: Any) -> None:
        fetch_page(f"{site[1].url}/private/only-for-others")
        assert get_failure_reason(f"{site[1].url}/no/robots") == "robots"
        asked = [request.target for request in site[1].requests]
        assert asked == ["/robots.txt", "/private/only-for-others"]

    def test_robots_rules_apply_to_redirect_target(self, db: None, site: Any) -> None:
        site[0].pages["/away"] = lambda _: Reply(302, headers={"Location": "/no/robots"})
        assert get_failure_reason(f"{site[1].url}/away") == "robots"

    def test_missing_robots_allows_all_and_server_error_nothing(self, db: None, site: Any) -> None:
        answer = site[1].answer

        def failing(status: int) -> Any:
            return lambda request: (
                Reply(status) if request.target == "/robots.txt" else answer(request)
            )

        site[1].answer = failing(500)
        assert get_failure_reason(f"{site[1].url}/structured/{STORY.slug}") == "robots"
        site[1].answer = failing(404)
        fetch_page(f"{site[1].url}/structured/{STORY.slug}")


class TestCrawlDelay:
    def test_crawl_delay_between_requests_to_one_site(
        self, db: None, site: Any, settings: Any
    ) -> None:
        settings.CRAWL_DELAY = 0.4
        start = time.monotonic()
        for story in STORIES[:3]:
            fetch_page(f"{site[1].url}/structured/{story.slug}")
        assert 0.8 <= time.monotonic() - start < 5

    def test_crawl_delay_of_robots_takes_precedence(self, db: None, site: Any) -> None:
        site[0].robots = "User-agent: *\nCrawl-delay: 30\n"
        fetch_page(f"{site[1].url}/structured/{STORY.slug}")
        with pytest.raises(FetchFailed, match="Try again") as exc_info:
            fetch_page(f"{site[1].url}/structured/{STORIES[1].slug}")
        assert exc_info.value.reason == "busy"
        host = Host.objects.get()
        assert host.next_request_at


class TestUpdate:
    @pytest.fixture
    def article(self, db: None, site: Any) -> Article:
        return fetch_article(f"{site[1].url}/structured/{STORY.slug}")

    def test_fetch_of_known_article_raises_duplicate(self, site: Any, article: Article) -> None:
        with pytest.raises(DuplicateArticle) as exc_info:
            fetch_article(f"{site[1].url}/structured/{STORY.slug}?fbclid=1")
        assert exc_info.value.public_id == str(article.public_id)
        assert Snapshot.objects.count() == 1

    def test_fetch_update_is_conditional(self, site: Any, article: Article) -> None:
        assert fetch_update(article) is None
        assert "if-none-match" in site[1].requests[-1].headers
        assert Snapshot.objects.count() == 1

    def test_fetch_update_stores_next_version(self, site: Any, article: Article) -> None:
        changed = render_structured(STORY).replace("40 million", "41 million")
        site[0].put(f"/structured/{STORY.slug}", changed)
        version = fetch_update(article)
        assert version
        assert (version.number, version.text) == (2, STORY.text.replace("40 m", "41 m"))
        assert version.snapshots.get().get_body() == changed.encode()
        assert version.links.count() == len(STORY.links)
        assert fetch_update(article) is None

    def test_fetch_update_ignores_paywall(self, site: Any, article: Article) -> None:
        site[0].put(f"/structured/{STORY.slug}", OBSTRUCTED["declared-paywall"][1])
        with pytest.raises(FetchFailed, match="subscribers"):
            fetch_update(article)
        assert article.versions.count() == 1


class TestCommand:
    def run(self, capsys: Any, *arguments: str) -> Any:
        call_command("fetch_article", *arguments)
        return json.loads(capsys.readouterr().out)

    def test_fetch_article_command_fetches_and_updates(
        self, db: None, site: Any, capsys: Any
    ) -> None:
        url = f"{site[1].url}/structured/{STORY.slug}"
        assert self.run(capsys, url, "--dry-run")["text"] == STORY.text
        assert not Article.objects.exists()
        first = self.run(capsys, url)
        assert self.run(capsys, url) == {**first, "is_new": False}
        site[0].put(
            f"/structured/{STORY.slug}", render_structured(STORY).replace("Monday", "Tuesday")
        )
        second = self.run(capsys, url)
        assert (second["article"], second["is_new"]) == (first["article"], True)
        assert second["version"] != first["version"]

    def test_fetch_article_command_prints_reason(self, db: None, site: Any) -> None:
        with pytest.raises(CommandError, match="subscribers") as exc_info:
            call_command("fetch_article", f"{site[1].url}/obstructed/spoken-paywall")
        assert exc_info.value.returncode == 2


class TestApi:
    ADDRESS = "/api/v1/articles/"

    def test_api_fetches_article_from_url(self, api: Any, db: None, site: Any) -> None:
        client = api(User.objects.create_user("journalist"))
        body = {"url": f"{site[1].url}/structured/{STORY.slug}", "fetch": True, "licence": "CC0"}
        created = client.post(self.ADDRESS, body)
        assert created.status_code == 201
        record = created.json()
        assert (record["title"], record["outlet"]) == (STORY.title, STORY.outlet)
        assert record["licence"] == "CC0"
        published = datetime.fromisoformat(record["published_at"])
        assert published == datetime.fromisoformat(STORY.published)
        again = client.post(self.ADDRESS, body)
        assert again.status_code == 409
        assert again.json()["article"] == record["id"]

    @pytest.mark.parametrize(
        ("path", "reason"), [("/obstructed/declared-paywall", "paywall"), ("/no/robots", "robots")]
    )
    def test_api_fetch_error_has_reason(
        self, api: Any, db: None, site: Any, path: str, reason: str
    ) -> None:
        client = api(User.objects.create_user("journalist"))
        rejected = client.post(self.ADDRESS, {"url": site[1].url + path, "fetch": True})
        assert (rejected.status_code, rejected.json()["reason"]) == (422, reason)
        assert rejected.json()["errors"][0]["pointer"] == "/url"
        assert not Article.objects.exists()

    def test_api_fetch_requires_sign_in(self, api: Any, db: None, site: Any) -> None:
        body = {"url": f"{site[1].url}/structured/{STORY.slug}", "fetch": True}
        assert api().post(self.ADDRESS, body).status_code == 401
        assert site[1].requests == []

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"fetch": True}, "/url"),
            ({"fetch": False, "url": "https://news.example/"}, "/fetch"),
            ({"fetch": True, "url": "https://news.example/", "text": "x"}, "/text"),
        ],
    )
    def test_api_fetch_rejects_contradictory_body(
        self, api: Any, db: None, body: Any, pointer: str
    ) -> None:
        rejected = api(User.objects.create_user("journalist")).post(self.ADDRESS, body)
        assert rejected.status_code == 400
        assert [error["pointer"] for error in rejected.json()["errors"]] == [pointer]


def test_canonical_url_of_other_site_is_ignored(db: None, site: Any) -> None:
    theirs = '<link rel="canonical" href="https://theirs.example/a/">'
    site[0].put("/mine", render_page(theirs, render_structured(STORY)))
    assert fetch_article(f"{site[1].url}/mine").url == f"{site[1].url}/mine"
