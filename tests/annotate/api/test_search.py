"""`/api/v1/search/` and the `q` of every list; the client holds each answer to the schema."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from annotate.models import Annotation
from annotate.projects.models import Project
from annotate.registry.models import Entity, Source
from articles.extraction.draft import ArticleDraft
from articles.models import Article
from articles.services import store

ADDRESS = "/api/v1/search/"


@pytest.fixture
def claim(annotate: Any, annotator: User) -> Annotation:
    made: Annotation = annotate(annotator)
    return made


def test_it_finds_everything_with_where_the_words_stand(
    api: Any, article: Article, claim: Annotation, entity: Entity, source: Source
) -> None:
    answer = api().get(ADDRESS, {"q": "export march"}).json()
    assert answer["counts"] == {"articles": 1, "annotations": 1, "entities": 0, "sources": 0}
    assert answer["complete"] is True
    first, second = answer["results"]
    assert (first["type"], first["id"]) == ("article", str(article.public_id))
    assert first["title_marks"] == [{"start": 0, "end": 7}]
    text = api().get(f"/api/v1/versions/{first['version']}/").json()["text"]
    assert first["snippet"]["field"] == "/text"
    marked = [text[mark["start"] : mark["end"]] for mark in first["snippet"]["marks"]]
    assert marked[:2] == ["exports", "March"]
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
def test_one_place_can_be_searched(
    api: Any, claim: Annotation, entity: Entity, source: Source, where: str, type: str
) -> None:
    typed = "chile" if where == "entities" else "exports"
    asked = {"q": typed, "in": where, "format": "json"}
    answer = api().get(ADDRESS, asked).json()
    assert [hit["type"] for hit in answer["results"]] == [type]
    assert answer["counts"] == {where: 1}


def test_pages_and_languages(api: Any, db: None) -> None:
    for number in range(3):
        store(ArticleDraft(title=f"Sand {number}", text="Sand.", language="de-CH"))
    store(ArticleDraft(title="Sand", text="Sand.", language="en"))
    asked = {"q": "sand", "language": "de", "page_size": "2"}
    pages = [api().get(ADDRESS, {**asked, "page": page}).json()["results"] for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 1, 0]
    assert {hit["language"] for page in pages for hit in page} == {"de-CH"}
    # What is in no language is not in this one.
    everything = api().get(ADDRESS, asked).json()["counts"]
    assert everything == {"articles": 3, "annotations": 0, "entities": 0, "sources": 0}
    assert api().get(ADDRESS, {**asked, "in": "sources"}).json()["counts"] == {"sources": 0}


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
def test_what_cannot_be_meant_is_named(
    api: Any, db: None, asked: dict[str, str], parameter: str
) -> None:
    answer = api().get(ADDRESS, asked)
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
def test_nothing_that_is_typed_breaks_it(
    api: Any, claim: Annotation, entity: Entity, source: Source, typed: str
) -> None:
    answer = api().get(ADDRESS, {"q": typed})
    assert answer.status_code in (200, 400)
    for where in ("articles", "annotations", "claims", "entities", "sources"):
        assert api().get(f"/api/v1/{where}/", {"q": typed}).status_code in (200, 400)


def test_the_lists_are_filtered_by_the_same_words(
    api: Any, article: Article, claim: Annotation, entity: Entity, source: Source
) -> None:
    def ids(where: str, **asked: str) -> list[str]:
        return [row["id"] for row in api().get(f"/api/v1/{where}/", asked).json()["results"]]

    assert ids("articles", q="exported chile", language="en") == [str(article.public_id)]
    assert ids("articles", q="exported -chile") == []
    assert ids("claims", q='"exports rose"') == [str(claim.public_id)]
    assert ids("entities", q="شيلي") == [str(entity.public_id)]
    assert ids("sources", q="stats.example") == [str(source.public_id)]


def test_blind_means_blind(
    api: Any, claim: Annotation, annotator: User, other_annotator: User
) -> None:
    Project.objects.update(is_blind=True)
    asked = {"q": "exports", "in": "annotations"}
    for user in (None, other_annotator):
        answer = api(user).get(ADDRESS, asked).json()
        assert (answer["counts"], answer["results"]) == ({"annotations": 0}, [])
    assert api(annotator).get(ADDRESS, asked).json()["counts"] == {"annotations": 1}
