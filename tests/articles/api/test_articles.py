"""Articles and versions through the API."""

import base64
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion
from articles.services import create_article
from tests.conftest import TEXT

ARTICLES, VERSIONS = "/api/v1/articles/", "/api/v1/versions/"
NEW = {"title": "Exports rise", "text": TEXT, "language": "en"}


@pytest.fixture
def journalist(db: None) -> User:
    return User.objects.create_user("journalist")


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_user("editor", is_staff=True)


class TestCreate:
    def test_response_says_what_needs_a_check(self, api: Any, journalist: User) -> None:
        data = "Die Fähre über den Fluß fährt täglich um sechs.".encode("cp1252")
        file = {"name": "a.txt", "content": base64.b64encode(data).decode()}
        created = api(journalist).post(ARTICLES, {"file": file})
        assert created.status_code == 201
        assert created.json()["notes"] == ["The file was read as windows-1252."]

    def test_create_returns_article_with_first_version(self, api: Any, journalist: User) -> None:
        body = {
            **NEW,
            "url": "https://gazette.example/exports",
            "outlet": "The Gazette",
            "authors": ["Trade desk", {"name": "Port desk", "affiliation": "Valparaíso"}],
            "published_at": "2025-04-02T06:00:00Z",
            "licence": "CC-BY-4.0",
        }
        created = api(journalist).post(ARTICLES, body)
        assert created.status_code == 201
        record = created.json()
        assert record.pop("notes") == []
        assert set(record["current_version"]) == {"id", "number", "sha256", "length"}
        assert (record["outlet"], record["url"]) == ("The Gazette", body["url"])
        assert record["authors"] == [
            {"name": "Trade desk", "affiliation": ""},
            {"name": "Port desk", "affiliation": "Valparaíso"},
        ]
        assert api().get(f"{ARTICLES}{record['id']}/").json() == record
        version = api().get(f"{VERSIONS}{record['current_version']['id']}/").json()
        assert (version["text"], version["article"]) == (TEXT, record["id"])
        assert [b["kind"] for b in version["blocks"]] == ["paragraph", "heading", "paragraph"]
        assert version["hyperlinks"] == []

    def test_create_requires_sign_in(self, api: Any, db: None) -> None:
        assert api().post(ARTICLES, NEW).status_code == 401

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"text": ""}, "/text"),
            ({"text": " \n "}, "/text"),
            ({"text": None}, "/text"),
            ({"text": "half \ud800"}, "/text"),
            ({"text": "x" * 2_000_001}, "/text"),
            ({"title": " "}, "/title"),
            ({"title": "x" * 301}, "/title"),
            ({"title": ["a"]}, "/title"),
            ({"language": "English"}, "/language"),
            ({"url": "javascript:alert(1)"}, "/url"),
            ({"url": "https://taken.example/"}, "/url"),
            ({"published_at": "yesterday"}, "/published_at"),
            ({"authors": [{"nmae": "x"}]}, "/authors/0/nmae"),
            ({"authors": "Trade desk"}, "/authors"),
            ({"txet": "x"}, "/txet"),
        ],
    )
    def test_create_error_names_field_and_stores_nothing(
        self, api: Any, journalist: User, change: dict[str, Any], pointer: str
    ) -> None:
        create_article(ArticleDraft(title="Taken", text="Words.", url="https://taken.example/"))
        body = json.dumps({**NEW, **change})
        answer = api(journalist).post(ARTICLES, body, content_type="application/json")
        assert answer.status_code == 400
        assert pointer in [error["pointer"] for error in answer.json()["errors"]]
        assert Article.objects.count() == ArticleVersion.objects.count() == 1


class TestUpdate:
    def test_creator_and_editors_can_patch_article(
        self, api: Any, journalist: User, editor: User
    ) -> None:
        record = api(journalist).post(ARTICLES, NEW).json()
        one = f"{ARTICLES}{record['id']}/"
        corrected = api(journalist).correct(one, {"title": "Exports fall", "outlet": "The Gazette"})
        assert (corrected.json()["title"], corrected.json()["language"]) == ("Exports fall", "en")
        assert api(editor).correct(one, {"outlet": ""}).json()["outlet"] is None
        other = User.objects.create_user("other")
        assert api(other).correct(one, {"title": "Mine"}).status_code == 403
        assert api(journalist).correct(one, {"text": "x"}).json()["errors"][0]["pointer"] == "/text"

    def test_posted_text_becomes_next_version(self, api: Any, journalist: User) -> None:
        record = api(journalist).post(ARTICLES, NEW).json()
        body = {"article": record["id"], "text": "Exports rose by 11 %."}
        created = api(journalist).post(VERSIONS, body)
        assert (created.status_code, created.json()["number"]) == (201, 2)
        now = api().get(f"{ARTICLES}{record['id']}/").json()
        assert now["current_version"]["id"] == created.json()["id"]
        same = api(journalist).post(VERSIONS, body)
        assert (same.status_code, same.json()["errors"][0]["pointer"]) == (400, "/text")
        other = User.objects.create_user("other")
        assert api(other).post(VERSIONS, {**body, "text": "y"}).status_code == 403
        listed = api().get(VERSIONS, {"article": record["id"]}).json()["results"]
        assert [version["number"] for version in listed] == [1, 2]
        assert "text" not in listed[0]


class TestList:
    def test_list_filters(self, api: Any, db: None) -> None:
        create_article(ArticleDraft(title="A", text="A.", language="en", outlet="The Gazette"))
        create_article(ArticleDraft(title="B", text="B.", language="ar", url="https://b.example/"))
        for filters, titles in [
            ({"language": "ar"}, ["B"]),
            ({"outlet": "The Gazette"}, ["A"]),
            ({"url": "https://b.example/"}, ["B"]),
            ({"published_after": "2025-01-01T00:00:00Z"}, []),
            ({}, ["A", "B"]),
        ]:
            found = api().get(ARTICLES, filters).json()["results"]
            assert [article["title"] for article in found] == titles
        wrong = api().get(ARTICLES, {"lang": "ar"})
        assert wrong.json()["errors"][0]["parameter"] == "lang"

    @pytest.mark.parametrize(("address", "queries"), [(ARTICLES, 3), (VERSIONS, 1)])
    def test_list_query_count_is_constant(
        self, api: Any, db: None, address: str, queries: int, django_assert_num_queries: Any
    ) -> None:
        def add_articles(count: int) -> None:
            for _ in range(count):
                text = "Words.\nAuthor\n- Desk\nPost\nSee https://a.example/x."
                create_article(ArticleDraft(title="A", text=text, outlet="The Gazette"))

        add_articles(2)
        with django_assert_num_queries(queries):
            api().get(address)
        add_articles(10)
        with CaptureQueriesContext(connection) as many:
            (*_, last) = api().get(address).json()["results"]
        assert len(many) == queries
        assert not any('"text"' in query["sql"] for query in many)
        with django_assert_num_queries(2 if address == VERSIONS else 1):
            api().get(f"{address}{last['id']}/")
