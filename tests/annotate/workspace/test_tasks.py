"""The home page, finishing work and moving between articles."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.models import Claim, Kind, Note
from annotate.projects.models import Project
from annotate.studies.models import Assignment
from annotate.studies.services import finish_assignment
from articles.extraction.draft import ArticleDraft
from articles.models import Article
from articles.services import create_article
from articles.text.anchor import Selector


@pytest.fixture
def annotator_client(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


@pytest.fixture
def dated_articles(project: Project) -> list[Article]:
    """Four articles of the project, the newest first; the last one has no date."""
    days = [datetime(2026, 5, day, tzinfo=UTC) for day in (4, 3, 2)]
    created = [
        create_article(ArticleDraft(title=f"Article {n}", text=f"Text {n}.", published_at=day))
        for n, day in enumerate([*days, None])
    ]
    project.articles.set(created)
    return created


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def address(article: Article) -> str:
    return f"/articles/{article.public_id}/"


class TestHome:
    def test_home_redirects_anonymous_users_to_articles(self, client: Client, db: None) -> None:
        assert client.get("/")["Location"] == "/articles/"

    def test_home_shows_assigned_in_progress_notes_and_unsourced_claims(
        self, annotator_client: Client, annotate: Any, annotator: User, other_annotator: User,
        project: Project, dated_articles: list[Article],
    ) -> None:  # fmt: skip
        Assignment.objects.create(
            project=project, version=dated_articles[0].current_version, annotator=annotator
        )
        claim = annotate(
            annotator,
            Claim,
            {
                "spans": (Selector(exact="exports rose by 12 %"),),
                "text": "Exports rose.",
                "check_worthiness": 3,
            },
        )
        annotate(other_annotator, Note, {"target": claim, "body": "Since which month?"})
        shown = page(annotator_client, "/")
        given, rest = shown.split("In progress")
        assert "Article 0" in given
        assert "Not started" in given
        assert "Exports rise" in rest
        assert "Since which month?" in rest
        assert "without a source" in rest
        assert "Exports rose." in rest

    def test_home_omits_finished_work(
        self,
        annotator_client: Client,
        annotate: Any,
        annotator: User,
        project: Project,
        version: Any,
    ) -> None:
        annotate(annotator)
        assert "Exports rise" in page(annotator_client, "/")
        finish_assignment(project, version, by=annotator)
        assert "You’re all caught up" in page(annotator_client, "/")

    def test_home_query_count_is_constant(
        self, annotator_client: Client, annotate: Any, annotator: User, other_annotator: User,
        project: Project, dated_articles: list[Article], django_assert_num_queries: Any,
    ) -> None:  # fmt: skip
        def add_tasks(articles: list[Article]) -> None:
            for article in articles:
                version = article.current_version
                spans = (Selector(exact="Text"),)
                content = Claim, {"spans": spans, "text": "W", "check_worthiness": 3}
                claim = annotate(annotator, *content, version=version)
                note = Note, {"target": claim, "body": "N"}
                annotate(other_annotator, *note, version=version)

        add_tasks(dated_articles[:1])
        Assignment.objects.create(
            project=project, version=dated_articles[3].current_version, annotator=annotator
        )
        with CaptureQueriesContext(connection) as few:
            page(annotator_client, "/")
        add_tasks(dated_articles[1:3])
        with django_assert_num_queries(len(few)):
            page(annotator_client, "/")
        assert len(few) <= 14


class TestNeighbours:
    def test_previous_and_next_follow_list_order(
        self, client: Client, dated_articles: list[Article]
    ) -> None:
        listed = page(client, "/articles/")
        order = sorted(dated_articles, key=lambda article: listed.index(article.title))
        assert order == dated_articles
        for n, article in enumerate(dated_articles):
            shown = page(client, address(article))
            assert ('id="previous"' in shown) == (n > 0)
            assert ('id="next"' in shown) == (n < 3)
            if n < 3:
                following = address(dated_articles[n + 1])
                assert f'id="next" rel="next" href="{following}' in shown

    def test_next_unfinished_skips_finished_articles(
        self,
        annotator_client: Client,
        annotator: User,
        project: Project,
        dated_articles: list[Article],
    ) -> None:
        for article in dated_articles[1:3]:
            finish_assignment(project, article.current_version, by=annotator)  # type: ignore[arg-type]
        shown = page(annotator_client, address(dated_articles[0]))
        assert f'id="unfinished" href="{address(dated_articles[3])}' in shown
        # From the last one it leads to the first again.
        assert f'id="unfinished" href="{address(dated_articles[0])}' in page(
            annotator_client, address(dated_articles[3])
        )


class TestFinishing:
    def test_work_is_marked_finished_and_reopened(
        self, annotator_client: Client, annotator: User, project: Project, article: Article
    ) -> None:
        project.articles.add(article)
        version = article.current_version
        assert version
        where = f"/versions/{version.public_id}/finished/"
        body = {"project": project.slug, "finished": "1"}
        assert "✓ Finished" in annotator_client.post(where, body).content.decode()
        assert Assignment.objects.finished().assigned_to(annotator).count() == 1
        assert "Finished by you" in page(annotator_client, "/articles/")
        assert "1 of 1 finished" in page(annotator_client, "/articles/")
        assert "Exports rise" in page(annotator_client, "/articles/?state=finished")
        assert "No matching articles" in page(annotator_client, "/articles/?state=unfinished")
        annotator_client.post(where, {**body, "finished": "0"})
        assert "Exports rise" in page(annotator_client, "/articles/?state=unfinished")
        assert Assignment.objects.count() == 1

    def test_finishing_requires_annotator_role(
        self, client: Client, member: Any, project: Project, version: Any
    ) -> None:
        where = f"/versions/{version.public_id}/finished/"
        body = {"project": project.slug, "finished": "1"}
        assert client.post(where, body).status_code == 401
        client.force_login(member("reader", "reader"))
        assert client.post(where, body).status_code == 403
        assert not Assignment.objects.exists()

    def test_articles_without_annotations_are_filtered(
        self,
        annotator_client: Client,
        annotate: Any,
        other_annotator: User,
        dated_articles: list[Article],
    ) -> None:
        annotate(other_annotator, Kind.NOTE)
        shown = page(annotator_client, "/articles/?state=untouched")
        assert "Article 0" in shown
        assert "Exports rise" not in shown

    def test_blind_project_hides_others_progress(
        self, annotator_client: Client, other_annotator: User, project: Project, article: Article
    ) -> None:
        project.articles.add(article)
        finish_assignment(project, article.current_version, by=other_annotator)  # type: ignore[arg-type]
        assert "1 of 1 finished" in page(annotator_client, "/articles/")
        Project.objects.update(is_blind=True)
        for where in ("/articles/", f"/projects/{project.slug}/"):
            assert "finished" not in page(annotator_client, where).split("<ul")[-1]
