from typing import Any

import pytest
from django.contrib.auth.models import User

from annotate.models import Annotation
from annotate.projects.models import Project
from annotate.registry.models import Entity, Source
from articles.extraction.draft import ArticleDraft
from articles.models import Article
from articles.services import create_article

URL = "/api/v1/search/"


@pytest.fixture
def claim(annotate: Any, annotator: User) -> Annotation:
    created: Annotation = annotate(annotator)
    return created


def test_search_returns_highlighted_results_of_all_types(
    api: Any, article: Article, claim: Annotation, entity: Entity, source: Source
) -> None:
    answer = api().get(URL, {"q": "export march"}).json()
    assert answer["counts"] == {"articles": 1, "annotations": 1, "entities": 0, "sources": 0}
    assert answer["is_index_current"] is True
    first, second = answer["results"]
    assert (first["type"], first["id"]) == ("article", str(article.public_id))
    assert first["title_highlights"] == [{"start": 0, "end": 7}]
    text = api().get(f"/api/v1/versions/{first['version']}/").json()["text"]
    assert first["snippet"]["field"] == "/text"
    matches = [text[m["start"] : m["end"]] for m in first["snippet"]["highlights"]]
    assert matches[:2] == ["exports", "March"]
    assert (second["type"], second["id"]) == ("claim", str(claim.public_id))
    assert second["article"] == first["id"]
    assert second["language"] == "en"


@pytest.mark.parametrize(
    ("where", "type"),
    [
        ("articles", "article"),
        ("claims", "claim"),
        ("annotations", "claim"),
        ("entities", "entity"),
        ("sources", "source"),
    ],
)
def test_in_parameter_limits_the_scope(
    api: Any, claim: Annotation, entity: Entity, source: Source, where: str, type: str
) -> None:
    typed = "chile" if where == "entities" else "exports"
    asked = {"q": typed, "in": where, "format": "json"}
    answer = api().get(URL, asked).json()
    assert [result["type"] for result in answer["results"]] == [type]
    assert answer["counts"] == {where: 1}


def test_search_paging_and_language(api: Any, db: None) -> None:
    for number in range(3):
        create_article(ArticleDraft(title=f"Sand {number}", text="Sand.", language="de-CH"))
    create_article(ArticleDraft(title="Sand", text="Sand.", language="en"))
    asked = {"q": "sand", "language": "de", "page_size": "2"}
    pages = [api().get(URL, {**asked, "page": page}).json()["results"] for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 1, 0]
    assert {result["language"] for page in pages for result in page} == {"de-CH"}
    # Entities and sources have no language.
    everything = api().get(URL, asked).json()["counts"]
    assert everything == {"articles": 3, "annotations": 0, "entities": 0, "sources": 0}
    assert api().get(URL, {**asked, "in": "sources"}).json()["counts"] == {"sources": 0}


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({}, "q"),
        ({"q": " "}, "q"),
        ({"q": "x" * 501}, "q"),
        ({"q": "x", "in": "everything"}, "in"),
        ({"q": "x", "language": "!"}, "language"),
        ({"q": "x", "language": "en\n"}, "language"),
        ({"q": "x", "page": "0"}, "page"),
        ({"q": "x", "page_size": "101"}, "page_size"),
        ({"q": "x", "limit": "3"}, "limit"),
    ],
)
def test_invalid_parameters_are_rejected(
    api: Any, db: None, asked: dict[str, str], parameter: str
) -> None:
    answer = api().get(URL, asked)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize(
    "typed",
    [
        '"', "-", "*", "a AND", "NEAR(a b, 3)", "a:*", "'; DROP TABLE x; --", "{title}: a", "a\\",
        "& | ! <->", "\0", "\u202e", "%s %(x)s %", "a " * 250, "-a " * 150, "東" * 500,
        "🚢" * 100, '"' * 500,
    ],
)  # fmt: skip
def test_search_accepts_hostile_queries(
    api: Any, claim: Annotation, entity: Entity, source: Source, typed: str
) -> None:
    answer = api().get(URL, {"q": typed})
    assert answer.status_code in (200, 400)
    for where in ("articles", "annotations", "claims", "entities", "sources"):
        assert api().get(f"/api/v1/{where}/", {"q": typed}).status_code in (200, 400)


def test_q_filters_lists(
    api: Any, article: Article, claim: Annotation, entity: Entity, source: Source
) -> None:
    def ids(where: str, **asked: str) -> list[str]:
        return [row["id"] for row in api().get(f"/api/v1/{where}/", asked).json()["results"]]

    assert ids("articles", q="exported chile", language="en") == [str(article.public_id)]
    assert ids("articles", q="exported -chile") == []
    assert ids("claims", q='"exports rose"') == [str(claim.public_id)]
    assert ids("entities", q="شيلي") == [str(entity.public_id)]
    assert ids("sources", q="stats.example") == [str(source.public_id)]


def test_blind_project_hides_results_and_counts(
    api: Any, claim: Annotation, annotator: User, other_annotator: User
) -> None:
    Project.objects.update(is_blind=True)
    asked = {"q": "exports", "in": "annotations"}
    for user in (None, other_annotator):
        answer = api(user).get(URL, asked).json()
        assert (answer["counts"], answer["results"]) == ({"annotations": 0}, [])
    assert api(annotator).get(URL, asked).json()["counts"] == {"annotations": 1}
