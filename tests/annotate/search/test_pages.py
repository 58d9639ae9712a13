import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.models import Annotation, Note
from annotate.projects.models import Project
from annotate.registry.models import Entity, Source
from articles.extraction.draft import ArticleDraft
from articles.models import Article
from articles.services import create_article
from articles.text.anchor import Selector
from config.search.queue import index_pending


def page(client: Client, **asked: str) -> str:
    answer = client.get("/search/", asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def tabs(shown: str) -> dict[str, int]:
    found = re.findall(r"<a href[^>]*>(\w+) <b>(\d+)</b></a>", shown)
    return {name: int(number) for name, number in found}


def test_search_page_shows_a_tab_per_type(
    client: Client, annotate: Any, annotator: User, entity: Entity, source: Source
) -> None:
    annotate(annotator)
    shown = page(client, q="exports")
    assert tabs(shown) == {
        "All": 3, "Articles": 1, "Claims": 1, "Annotations": 1, "Entities": 0, "Sources": 1,
    }  # fmt: skip
    assert shown.count("<mark>") > 3
    assert page(client, q="exports", **{"in": "claims"}).count('class="result-kind"') == 1


def test_search_page_escapes_query_and_results(client: Client, db: None) -> None:
    hostile = '<script>alert("sand")</script>'
    create_article(ArticleDraft(title=f"{hostile} sand", text=f"{hostile} sand & so on"))
    shown = page(client, q=f"{hostile} sand")
    assert "<script>alert" not in shown
    assert "&lt;<mark>script&gt;alert</mark>" in shown


def test_results_link_to_their_position(
    client: Client, annotate: Any, annotator: User, article: Article, entity: Entity
) -> None:
    note = annotate(annotator, Note, {"spans": (Selector(exact="Chile"),), "body": "Which month?"})
    assert f'href="/annotations/{note.public_id}/"' in page(client, q="month")
    assert f'href="/entities/{entity.public_id}/"' in page(client, q="chile")
    # The preceding words identify the match, and characters with a meaning are escaped.
    place = f'href="/articles/{article.public_id}/#:~:text=port%20authority%20of-,Valpara%C3%ADso"'
    assert place in page(client, q="valparaiso")


def test_search_page_shows_help_without_results(client: Client, db: None) -> None:
    assert "search-help" in page(client)
    assert "No results" in page(client, q="xyzzy")
    assert "Search everything in all languages" in page(client, q="xyzzy", language="en")
    for odd in ({"in": "x"}, {"page": "x"}, {"language": "\0"}, {"language": "'"}, {"page": "99"}):
        page(client, q="\0 -", **odd)


def test_search_page_paginates_results(client: Client, db: None) -> None:
    for number in range(25):
        create_article(ArticleDraft(title=f"Sand {number}", text="Words."))
    assert page(client, q="sand").count('class="result-kind"') == 20
    assert page(client, q="sand", page="2").count('class="result-kind"') == 5


def test_blind_project_hides_results_and_counts(
    client: Client, annotate: Any, annotator: User, other_annotator: User
) -> None:
    created: Annotation = annotate(annotator)
    Project.objects.update(is_blind=True)
    for user in (None, other_annotator):
        if user:
            client.force_login(user)
        shown = page(client, q="exports")
        assert str(created.public_id) not in shown
        assert (tabs(shown)["Claims"], tabs(shown)["Annotations"]) == (0, 0)


@pytest.mark.parametrize("address", ["/search/?q=exports", "/articles/?q=exports"])
def test_search_page_query_count_is_constant(
    client: Client, annotate: Any, annotator: User, address: str
) -> None:
    client.force_login(annotator)
    counts = []
    for _ in range(3):
        for _ in range(3):
            created = create_article(
                ArticleDraft(title="Exports", text="exports rose by 12 %", outlet="Post")
            )
            annotate(annotator, version=created.current_version)
        index_pending(None)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2]
