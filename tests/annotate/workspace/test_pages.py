"""The pages: access, content and query counts."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate import services
from annotate.models import Annotation, Kind, Note, SourceLink, Stance
from annotate.projects.models import Project
from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion
from articles.services import add_version, create_article


@pytest.fixture
def annotator_client(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


@pytest.fixture
def form(version: ArticleVersion, project: Project) -> Callable[[str], str]:
    return lambda kind: f"/versions/{version.public_id}/{kind}/new/?project={project.slug}"


def get_url(article: Article) -> str:
    return f"/articles/{article.public_id}/"


class TestQueries:
    def count_queries(self, client: Client, address: str, **headers: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address, **headers).status_code == 200
        return len(queries)

    def test_article_list_query_count_is_constant(
        self,
        annotator_client: Client,
        annotate: Any,
        annotator: User,
        django_assert_num_queries: Any,
    ) -> None:
        def create(count: int) -> None:
            for _ in range(count):
                created = create_article(
                    ArticleDraft(title="A", text="Chile.", outlet="The Gazette")
                )
                tag = replace_spans(annotate, annotator, created)
                assert tag.kind == Kind.ENTITY_TAG

        def replace_spans(annotate: Any, annotator: User, created: Article) -> Annotation:
            found: Annotation = annotate(
                annotator, Kind.ENTITY_TAG, version=created.current_version
            )
            return found

        create(2)
        with django_assert_num_queries(9):
            annotator_client.get("/articles/")
        create(10)
        assert self.count_queries(annotator_client, "/articles/") == 9

    def test_workspace_query_count_is_constant(
        self, annotator_client: Client, article: Article, annotate: Any, annotator: User,
        django_assert_num_queries: Any,
    ) -> None:  # fmt: skip
        def create(count: int) -> None:
            for _ in range(count):
                for kind in Kind:
                    annotate(annotator, kind)

        create(1)
        with django_assert_num_queries(19):
            annotator_client.get(get_url(article))
        create(8)
        assert self.count_queries(annotator_client, get_url(article)) == 19

    def test_annotation_detail_query_count_is_constant(
        self, annotator_client: Client, annotate: Any, annotator: User
    ) -> None:
        claim = annotate(annotator, Kind.CLAIM)
        seen = {"HTTP_HX_REQUEST": "true"}
        one = f"/annotations/{claim.public_id}/"

        def create(count: int) -> None:
            for _ in range(count):
                link = annotate(annotator, Kind.SOURCE_LINK)
                content = {"claim": claim}
                services.revise(link, content, seen_revision=1, actor=annotator)

        create(1)
        few = self.count_queries(annotator_client, one, **seen)
        create(5)
        assert self.count_queries(annotator_client, one, **seen) == few == 8

    @pytest.mark.parametrize("kind", Kind.values)
    def test_new_form_query_count_is_constant(
        self,
        annotator_client: Client,
        form: Any,
        kind: str,
        entity: Any,
        annotate: Any,
        annotator: User,
    ) -> None:
        few = self.count_queries(annotator_client, form(kind) + "&spans=73-78")
        for _ in range(5):
            annotate(annotator, Kind.ENTITY_TAG)
        assert self.count_queries(annotator_client, form(kind) + "&spans=73-78") == few <= 8

    @pytest.mark.parametrize("kind", Kind)
    def test_edit_form_query_count_is_constant(
        self, annotator_client: Client, annotate: Any, annotator: User, kind: Kind
    ) -> None:
        one = f"/annotations/{annotate(annotator, kind).public_id}/edit/"
        few = self.count_queries(annotator_client, one)
        for _ in range(5):
            annotate(annotator, kind)
        assert self.count_queries(annotator_client, one) == few <= 13

    def test_add_article_and_sign_in_query_counts(
        self, client: Client, annotator_client: Client
    ) -> None:
        assert self.count_queries(annotator_client, "/articles/new/") == 3
        client.logout()
        assert self.count_queries(client, "/sign-in/") <= 1

    def test_suggestion_query_counts(
        self, annotator_client: Client, entity: Any, source: Any
    ) -> None:
        assert self.count_queries(annotator_client, "/entities/suggest/?q=chile") == 3
        assert self.count_queries(annotator_client, "/sources/suggest/?url=stats") == 3


class TestDetailPages:
    @pytest.fixture
    def fill(self, annotate: Any, annotator: User, source: Any) -> Callable[[int], Any]:
        """Make claims with sources on both sides and a note, and mentions of an entity."""

        def add(count: int, claim: Any = None) -> Any:
            claim = claim or annotate(annotator, Kind.CLAIM)
            for n in range(count):
                link = {"claim": claim, "source": source, "stance": Stance.values[n % 3]}
                annotate(annotator, SourceLink, link)
                annotate(annotator, Note, {"target": claim, "body": "Which month?"})
                annotate(annotator, Kind.ENTITY_TAG)
                annotate(annotator, Kind.CLAIM)
            return claim

        return add

    def test_detail_page_query_counts_are_constant(
        self, annotator_client: Client, fill: Callable[..., Any], entity: Any, source: Any
    ) -> None:
        claim = fill(2)

        def count_queries() -> list[int]:
            numbers = []
            for address in (
                f"/claims/{claim.public_id}/",
                f"/entities/{entity.public_id}/",
                f"/sources/{source.public_id}/",
                "/projects/exports/",
            ):
                with CaptureQueriesContext(connection) as queries:
                    assert annotator_client.get(address).status_code == 200
                numbers.append(len(queries))
            return numbers

        few = count_queries()
        fill(7, claim)
        assert count_queries() == few
        assert max(few) <= 12

    def test_claim_page_shows_evidence_for_and_against_and_history(
        self, client: Client, fill: Callable[..., Any], annotator: User
    ) -> None:
        claim = fill(3)
        content = {"verdict": "mixed"}
        services.revise(claim, content, seen_revision=1, actor=annotator)
        page = client.get(f"/claims/{claim.public_id}/").content.decode()
        for text in ("For", "Against", "Other", "Exports in March", "Which month?"):
            assert text in page
        assert "<del>unreviewed</del> <ins>mixed</ins>" in page

    def test_entity_page_shows_mentions_in_context(
        self, client: Client, fill: Callable[..., Any], entity: Any
    ) -> None:
        fill(2)
        page = client.get(f"/entities/{entity.public_id}/").content.decode()
        assert 'Mentions <span class="faint">2</span>' in page
        assert "<mark>Chile</mark>" in page
        assert "Exports to </span>" in page

    def test_blind_project_hides_others_work_on_detail_pages(
        self, client: Client, fill: Callable[..., Any], entity: Any, source: Any,
        other_annotator: User,
    ) -> None:  # fmt: skip
        claim = fill(2)
        Project.objects.update(is_blind=True)
        client.force_login(other_annotator)
        assert client.get(f"/claims/{claim.public_id}/").status_code == 404
        assert "No mentions yet" in client.get(f"/entities/{entity.public_id}/").content.decode()
        assert "No source links yet" in client.get(f"/sources/{source.public_id}/").content.decode()
        assert "No articles yet" in client.get("/projects/exports/").content.decode()
        Project.objects.update(is_public=False)
        client.logout()
        assert client.get("/projects/exports/").status_code == 404


class TestReading:
    def test_titles_and_texts_are_escaped(self, client: Client, db: None) -> None:
        hostile = "<script>alert(1)</script>"
        created = create_article(ArticleDraft(title=hostile, text=f"{hostile}\n{hostile}"))
        for address in ("/articles/", get_url(created)):
            page = client.get(address)
            assert hostile.encode() not in page.content
            assert b"&lt;script&gt;alert(1)" in page.content
            assert "default-src 'self'" in page["Content-Security-Policy"]
            assert "unsafe" not in page["Content-Security-Policy"]

    def test_older_version_can_be_read(self, client: Client, article: Article) -> None:
        add_version(article, "Exports fell after all.")
        assert b"fell after all" in client.get(get_url(article)).content
        assert b"rose by 12" in client.get(f"{get_url(article)}?version=1").content
        for wrong in ("3", "x", "1" * 30):
            assert client.get(f"{get_url(article)}?version={wrong}").status_code == 404

    def test_article_list_is_searched_and_paginated(self, client: Client, db: None) -> None:
        for n in range(30):
            create_article(ArticleDraft(title=f"Article {n}", text="Words.", language="en"))
        create_article(ArticleDraft(title="عنوان", text="كلمات.", language="ar"))

        def count_listed(query: str) -> int:
            return client.get(f"/articles/{query}").content.count(b'<h2 dir="auto"')

        assert count_listed("") == 25
        assert count_listed("?page=2") == 6
        assert count_listed("?page=x&q=%00") == 25
        assert count_listed("?language=ar") == 1
        assert b"No matching articles" in client.get("/articles/?q=nowhere").content

    def test_permalink_redirects_to_annotation_in_workspace(
        self, client: Client, annotate: Any, annotator: User, article: Article
    ) -> None:
        claim = annotate(annotator)
        answer = client.get(f"/annotations/{claim.public_id}/")
        assert answer["Location"].startswith(get_url(article))
        assert str(claim.public_id) in answer["Location"]

    def test_blind_project_hides_others_annotations_in_workspace(
        self, client: Client, annotate: Any, annotator: User, other_annotator: User,
        article: Article, project: Project,
    ) -> None:  # fmt: skip
        claim = annotate(annotator)
        Project.objects.update(is_blind=True)
        client.force_login(other_annotator)
        page = client.get(get_url(article)).content
        assert str(claim.public_id).encode() not in page
        assert b"<option>annotator</option>" not in page
        assert b"No annotations yet" in client.get("/articles/").content
        for rest in ("", "edit/"):
            assert client.get(f"/annotations/{claim.public_id}/{rest}").status_code == 404
        for rest in ("retract/", "restore/"):
            assert client.post(f"/annotations/{claim.public_id}/{rest}").status_code == 404
        source = client.get(
            f"/versions/{article.current_version.public_id}/source_link/new/"  # type: ignore[union-attr]
            f"?project={project.slug}&claim={claim.public_id}"
        )
        assert claim.text.encode() not in source.content


class TestWriting:
    def test_invalid_form_keeps_input(self, annotator_client: Client, form: Any) -> None:
        answer = annotator_client.post(
            form("source_link"),
            {
                "spans": "73-78",
                "url": "javascript:alert(1)",
                "stance": "supports",
                "evidence": "Typed",
            },
        )
        assert answer.status_code == 422
        assert b"Enter an http or https URL." in answer.content
        assert b"Typed" in answer.content
        assert not Annotation.objects.exists()

    @pytest.mark.parametrize("spans", ["", "0-9999", "5-5", "63-64", "x", "5", "9-3", "0-3 1-2"])
    def test_invalid_passage_is_rejected(
        self, annotator_client: Client, form: Any, spans: str
    ) -> None:
        data = {"text": "W", "claim_type": "fact", "check_worthiness": "1"}
        body = {"spans": spans, "verdict": "unreviewed", **data}
        answer = annotator_client.post(form("claim"), body)
        assert answer.status_code == 422
        assert b'role="alert"' in answer.content
        assert not Annotation.objects.exists()

    def test_form_submitted_twice_creates_one_annotation(
        self, annotator_client: Client, form: Any
    ) -> None:
        key = re.search(
            rb'name="idempotency_key" value="([^"]+)"', annotator_client.get(form("note")).content
        )
        assert key
        body = {"spans": "73-78", "body": "Once", "idempotency_key": key[1].decode()}
        for _ in range(2):
            assert annotator_client.post(form("note"), body).status_code == 200
        assert Annotation.objects.count() == 1

    def test_anonymous_user_must_sign_in_and_reader_is_rejected(
        self, client: Client, form: Any, member: Any
    ) -> None:
        assert b"Sign in to annotate" in client.get(form("note")).content
        body = {"spans": "73-78", "body": "x"}
        assert client.post(form("note"), body).status_code == 401
        client.force_login(member("reader", "reader"))
        assert b"You cannot annotate" in client.post(form("note"), body).content
        assert client.get(form("dragon")).status_code == 404
        assert not Annotation.objects.exists()

    def test_retraction_of_stale_revision_is_rejected(
        self, annotator_client: Client, annotate: Any, annotator: User
    ) -> None:
        claim = annotate(annotator)
        for seen, why in {"7": b"was changed since", "x": b"whole number", "": b"required"}.items():
            answer = annotator_client.post(
                f"/annotations/{claim.public_id}/retract/", {"seen_revision": seen}
            )
            assert answer.status_code == 409
            assert why in answer.content
        assert Annotation.objects.get().is_active


class TestAddArticle:
    def test_adding_article_requires_account(self, client: Client, db: None) -> None:
        assert client.get("/articles/new/")["Location"].startswith("/sign-in/")

    def test_invalid_article_form_keeps_input(self, annotator_client: Client) -> None:
        before = Article.objects.count()
        body = {"title": "T", "text": "Some words.", "url": "javascript:alert(1)", "language": "?"}
        answer = annotator_client.post("/articles/new/", body)
        assert answer.status_code == 422
        for kept in (b"Some words.", b"Enter a BCP 47", b'value="T"'):
            assert kept in answer.content
        assert Article.objects.count() == before


def test_demo_accounts_are_shown_only_in_demo(client: Client, db: None, settings: Any) -> None:
    User.objects.create_user("annotator-1")
    settings.DEMO = False
    assert b"annotator-1" not in client.get("/sign-in/").content
    settings.DEMO = True
    assert b"annotator-1-demo" in client.get("/sign-in/").content


def test_sign_in_does_not_redirect_to_other_hosts(client: Client, db: None) -> None:
    User.objects.create_user("a", password="a-password")
    body = {"username": "a", "password": "a-password", "next": "https://evil.example/"}
    assert client.post("/sign-in/", body)["Location"] == "/"
