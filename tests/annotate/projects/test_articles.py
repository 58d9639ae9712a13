"""The articles of a project tell nothing of work that is hidden."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate import services
from annotate.models import Claim, Kind
from annotate.projects.models import Project, Role
from articles.extraction.draft import ArticleDraft
from articles.models import Article
from articles.services import create_article
from articles.text.anchor import Selector
from config.errors import InvalidInput

CONTENT = {"spans": (Selector(exact="Exports to Chile"),), "text": "A claim."}


@pytest.fixture
def touched(project: Project, annotate: Any, annotator: User) -> Article:
    """Return an article that was added to the blind project by annotating it."""
    project.is_blind = True
    project.save()
    article = create_article(ArticleDraft(title="Touched", text="Exports to Chile."))
    annotate(annotator, Kind.CLAIM, version=article.current_version, content=CONTENT)
    return article


@pytest.fixture
def listed(project: Project) -> Article:
    article = create_article(ArticleDraft(title="Listed", text="Exports to Chile."))
    project.articles.add(article)
    return article


def list_titles(client: Any, **query: str) -> list[str]:
    found = client.get("/api/v1/articles/", {"project": "exports", **query}).json()["results"]
    return [record["title"] for record in found]


class TestBlindProject:
    def test_article_list_leaves_out_articles_that_only_hidden_work_touched(
        self, api: Any, touched: Article, listed: Article, annotator: User, other_annotator: User
    ) -> None:
        for user in (None, other_annotator, User.objects.create_user("editor", is_staff=True)):
            assert list_titles(api(user)) == ["Listed"]
            for media_type in ("application/x-ndjson", "text/csv"):
                answer = api(user).get("/api/v1/articles/?project=exports", HTTP_ACCEPT=media_type)
                assert "Touched" not in answer.getvalue().decode()
        assert list_titles(api(annotator)) == ["Touched", "Listed"]

    def test_adjudicator_and_superuser_see_all_articles(
        self, api: Any, touched: Article, listed: Article, member: Any
    ) -> None:
        users = [member("adjudicator", Role.ADJUDICATOR), User.objects.create_superuser("root")]
        for user in users:
            assert list_titles(api(user)) == ["Touched", "Listed"]

    def test_pages_leave_out_articles_that_only_hidden_work_touched(
        self, client: Client, touched: Article, listed: Article, other_annotator: User
    ) -> None:
        for user in (None, other_annotator):
            if user:
                client.force_login(user)
            page = client.get("/projects/exports/").content.decode()
            assert "Listed" in page
            assert "Touched" not in page
            page = client.get(f"/articles/{listed.public_id}/?project=exports").content.decode()
            assert "Touched" not in page

    def test_page_does_not_choose_a_project_by_hidden_work(
        self, client: Client, touched: Article, project: Project, annotator: User
    ) -> None:
        Project.objects.create(slug="a", name="A", tag_set=project.tag_set, is_public=True)
        page = f"/articles/{touched.public_id}/"
        assert client.get(page).context["project"].slug == "a"
        client.force_login(annotator)
        assert client.get(page).context["project"] == project

    def test_error_does_not_tell_that_hidden_work_touched_an_article(
        self, touched: Article, project: Project, annotator: User, other_annotator: User
    ) -> None:
        project.auto_add_articles = False
        project.save()
        place = {"project": project, "version": touched.current_version}
        with pytest.raises(InvalidInput, match="not in the project"):
            services.create(Claim, CONTENT, actor=other_annotator, **place)
        assert services.create(Claim, CONTENT, actor=annotator, **place)

    def test_expanded_project_and_counts_stay_silent(
        self, api: Any, touched: Article, other_annotator: User
    ) -> None:
        record = api(other_annotator).get("/api/v1/projects/exports/").json()
        assert "articles" not in {key for key in record if key != "links"}
        one = f"/api/v1/articles/{touched.public_id}/"
        answers = [api(user).get(one) for user in (other_annotator, None)]
        assert answers[0].json() == answers[1].json()


def test_open_project_lists_articles_that_were_annotated(
    api: Any, project: Project, annotate: Any, annotator: User, article: Article
) -> None:
    annotate(annotator)
    assert list_titles(api()) == [article.title]
    assert not project.articles.exists()
    assert list(project.annotated_articles.all()) == [article]


def test_unknown_project_has_no_articles(api: Any, article: Article) -> None:
    assert list_titles(api(), project="nowhere") == []


def test_query_count_does_not_grow_with_annotated_articles(
    api: Any, client: Client, project: Project, annotate: Any, annotator: User, touched: Article
) -> None:
    def count_queries(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    client.force_login(annotator)
    addresses = ("/api/v1/articles/?project=exports", "/projects/exports/")
    few = [count_queries(address) for address in addresses]
    for n in range(5):
        article = create_article(ArticleDraft(title=f"A{n}", text="Exports to Chile."))
        annotate(annotator, Kind.CLAIM, version=article.current_version, content=CONTENT)
    assert [count_queries(address) for address in addresses] == few
    assert few[0] <= 5
