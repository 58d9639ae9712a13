from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.models import Annotation, Claim, EntityTag, Note, SourceLink
from annotate.projects.models import Project, Tag
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, Source
from annotate.registry.services import create_entity
from articles.extraction.draft import ArticleDraft
from articles.models import ArticleVersion
from articles.services import create_article
from articles.text.anchor import Selector
from articles.text.byline import Credit

TEXT = "The mayor of Lima opened a bridge. It cost 3 million, the council said."


def select_quote(quote: str) -> tuple[Selector, ...]:
    start = TEXT.index(quote)
    return (Selector(start=start, end=start + len(quote)),)


@pytest.fixture
def lima() -> ArticleVersion:
    created = create_article(
        ArticleDraft(
            title="A bridge",
            text=TEXT,
            language="es",
            outlet="El Faro",
            authors=[Credit(name="City desk")],
            published_at=datetime(2026, 3, 1, tzinfo=UTC),
        )
    ).current_version
    assert created
    return created


@pytest.fixture
def created(
    annotate: Any, annotator: User, other_annotator: User, entity: Entity, project: Project,
    lima: ArticleVersion,
) -> dict[str, Annotation]:  # fmt: skip
    """Two claims, two tags, two sources, a note: most of them on the article of Lima."""
    city = Tag.objects.create(
        tag_set=project.tag_set, code="CITY", name="City",
        parent=Tag.objects.get(tag_set=project.tag_set, code="GPE"),
    )  # fmt: skip
    Tag.objects.create(tag_set=project.tag_set, code="PORT", name="Port", parent=city)
    council = create_entity(EntityDraft(name="The council", type="ORG", qid="Q1"), by=None)

    def on_lima(by: User, *draft: Any) -> Annotation:
        found: Annotation = annotate(by, *draft, version=lima)
        return found

    cost = on_lima(
        annotator,
        Claim, {"spans": select_quote("It cost 3 million"), "text": "The bridge cost 3 million.",
                   "check_worthiness": 3, "claimant_entity": council},
    )  # fmt: skip
    who = SourceDraft(url="https://www.who.int/bridges?x=1")
    return {
        "cost": cost,
        "exports": annotate(
            annotator,
            Claim, {"spans": (Selector(exact="exports rose"),), "text": "Exports rose.",
                       "check_worthiness": 1, "claimant": "The ministry"},
        ),
        "port": on_lima(annotator, EntityTag, {"spans": select_quote("Lima"), "type": "PORT"}),
        "chile": on_lima(
            annotator,
            EntityTag,
            {"spans": select_quote("mayor"), "type": "PERSON", "entity": entity},
        ),
        "backs": on_lima(
            annotator,
            SourceLink,
            {"claim": cost, "source": who, "stance": "supports", "evidence": "A fine bridge"},
        ),
        "denies": on_lima(
            annotator,
            SourceLink, {"spans": select_quote("bridge"), "stance": "refutes",
                            "source": SourceDraft(url="https://notwho.int/")},
        ),
        "note": on_lima(
            other_annotator, Note, {"spans": select_quote("council"), "body": "Which ballot?"}
        ),
        "mayor": on_lima(
            other_annotator,
            Claim, {"spans": select_quote("The mayor of Lima"), "text": "Lima has a mayor.",
                       "check_worthiness": 2},
        ),
    }  # fmt: skip


LIMA = ["cost", "port", "chile", "backs", "denies", "note", "mayor"]


@pytest.mark.parametrize(
    ("where", "asked", "expected"),
    [
        ("annotations", {"outlet": "El Faro"}, LIMA),
        ("annotations", {"outlet": "El"}, []),
        ("annotations", {"article_author": "City desk"}, LIMA),
        ("annotations", {"language": "es"}, LIMA),
        ("annotations", {"language": "en"}, ["exports"]),
        ("annotations", {"published_after": "2026-03-01T00:00:00Z"}, LIMA),
        ("annotations", {"published_after": "2026-03-01T00:00:01Z"}, []),
        ("annotations", {"published_before": "2026-03-01T00:00:00Z"}, []),
        ("annotations", {"created_after": "2020-01-01T00:00:00Z", "kind": "note"}, ["note"]),
        ("annotations", {"created_before": "2020-01-01T00:00:00Z"}, []),
        ("annotations", {"updated_after": "2099-01-01T00:00:00Z"}, []),
        ("annotations", {"updated_before": "2099-01-01T00:00:00Z", "kind": "note"}, ["note"]),
        ("annotations", {"overlaps": "4..14", "outlet": "El Faro"}, ["port", "chile", "mayor"]),
        ("annotations", {"overlaps": "17..20", "outlet": "El Faro"}, []),
        ("annotations", {"q": "BALLOT"}, ["note"]),
        ("annotations", {"q": "fine bridge"}, ["backs"]),
        ("annotations", {"q": "bridge"}, ["cost", "backs", "denies"]),
        ("claims", {"q": "3 million"}, ["cost"]),
        ("claims", {"check_worthiness_min": "3"}, ["cost"]),
        ("claims", {"check_worthiness_max": "1"}, ["exports"]),
        ("claims", {"check_worthiness_min": "2", "check_worthiness_max": "2"}, ["mayor"]),
        ("claims", {"claimant": "The council"}, ["cost"]),
        ("claims", {"claimant": "The ministry"}, ["exports"]),
        ("claims", {"has_sources": "true"}, ["cost"]),
        ("claims", {"has_sources": "false"}, ["exports", "mayor"]),
        ("entity-tags", {"type": "GPE"}, ["port"]),
        ("entity-tags", {"type": "CITY"}, ["port"]),
        ("entity-tags", {"type": "PORT"}, ["port"]),
        ("entity-tags", {"type": "ORG"}, []),
        ("entity-tags", {"qid": "Q298"}, ["chile"]),
        ("source-links", {"domain": "who.int"}, ["backs"]),
        ("source-links", {"domain": "WWW.who.int"}, ["backs"]),
        ("source-links", {"domain": "int"}, ["backs", "denies"]),
        ("source-links", {"domain": "o.int"}, []),
        ("source-links", {"retrieved_after": "2020-01-01T00:00:00Z"}, ["backs", "denies"]),
        ("source-links", {"retrieved_before": "2020-01-01T00:00:00Z"}, []),
        ("annotations", {"qid": "Q298"}, ["chile"]),
        ("annotations", {"qid": "Q1"}, ["cost"]),
        ("annotations", {"qid": "Q2"}, []),
        ("annotations", {"entity": "of Q298"}, ["chile"]),
        ("annotations", {"entity": "of Q1"}, ["cost"]),
        ("claims", {"about": "of Q1"}, ["cost"]),
        ("claims", {"about": "of Q298"}, ["mayor"]),
        ("claims", {"stance": "supports"}, ["cost"]),
        ("claims", {"stance": "refutes"}, []),
        ("claims", {"source": "of backs"}, ["cost"]),
        ("claims", {"source": "of denies"}, []),
        ("entity-tags", {"linked": "true"}, ["chile"]),
        ("entity-tags", {"linked": "false"}, ["port"]),
    ],
)
def test_annotation_filters(
    api: Any, created: dict[str, Annotation], where: str, asked: dict[str, str], expected: list[str]
) -> None:
    for name, value in asked.items():
        kind, _, reference = value.partition("of ")
        if not kind and name == "source":
            asked = {**asked, name: str(created[reference].content.source.public_id)}
        elif not kind and reference:
            asked = {**asked, name: str(Entity.objects.get(qid=reference).public_id)}
    answer = api().get(f"/api/v1/{where}/", asked)
    assert answer.status_code == 200, answer.json()
    names = {str(annotation.public_id): name for name, annotation in created.items()}
    assert [names[record["id"]] for record in answer.json()["results"]] == expected


@pytest.mark.parametrize(
    ("where", "asked", "expected"),
    [
        ("sources", {"domain": "who.int"}, ["https://www.who.int/bridges?x=1"]),
        ("sources", {"q": "bridges"}, ["https://www.who.int/bridges?x=1"]),
        ("sources", {"published_from": "2026-02-01"}, ["https://www.who.int/bridges?x=1"]),
        ("sources", {"published_to": "2026-01-31"}, []),
        ("sources", {"created_before": "2020-01-01T00:00:00Z"}, []),
        ("sources", {"updated_after": "2099-01-01T00:00:00Z"}, []),
        ("entities", {"q": "council"}, ["The council"]),
        ("entities", {"q": "智利"}, ["Chile"]),
        ("entities", {"external_id": "geonames:3895114"}, ["Chile"]),
        ("entities", {"external_id": "viaf:3895114"}, []),
        ("entities", {"created_after": "2099-01-01T00:00:00Z"}, []),
        ("entities", {"updated_before": "2020-01-01T00:00:00Z"}, []),
        ("articles", {"author": "City desk"}, ["A bridge"]),
        ("articles", {"author": "City"}, []),
        ("articles", {"q": "council"}, ["A bridge"]),
        ("articles", {"q": "exports"}, ["Exports rise"]),
        ("articles", {"project": "exports"}, ["Exports rise", "A bridge"]),
        ("articles", {"project": "other"}, []),
        ("articles", {"published_after": "2026-01-01T00:00:00Z"}, ["A bridge"]),
        ("articles", {"published_before": "2026-01-01T00:00:00Z"}, []),
        ("articles", {"created_before": "2020-01-01T00:00:00Z"}, []),
        ("articles", {"updated_after": "2099-01-01T00:00:00Z"}, []),
        ("versions", {"created_before": "2020-01-01T00:00:00Z"}, []),
        ("projects", {"q": "export"}, ["Exports"]),
        ("projects", {"created_before": "2020-01-01T00:00:00Z"}, []),
    ],
)
def test_filters_of_other_lists(
    api: Any, created: Any, where: str, asked: dict[str, str], expected: list[str]
) -> None:
    Source.objects.filter(url__contains="bridges").update(published_on="2026-02-01")
    answer = api().get(f"/api/v1/{where}/", asked)
    assert answer.status_code == 200, answer.json()
    names = [
        record.get("url") if where == "sources" else record.get("title") or record.get("name")
        for record in answer.json()["results"]
    ]
    assert sorted(names) == sorted(expected)


def test_filters_do_not_reveal_hidden_projects(api: Any, created: Any, project: Project) -> None:
    Project.objects.update(is_public=False)
    assert api().get("/api/v1/articles/", {"project": project.slug}).json()["results"] == []


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("annotations", "overlaps", "9..4"),
        ("annotations", "overlaps", "4"),
        ("annotations", "overlaps", "4..9999999999"),
        ("annotations", "created_after", "yesterday"),
        ("claims", "has_sources", "maybe"),
        ("claims", "check_worthiness_min", "9"),
        ("source-links", "domain", "https://who.int"),
        ("source-links", "domain", "who.int/("),
        ("sources", "domain", "*"),
        ("sources", "published_from", "May"),
        ("claims", "about", "x"),
        ("entity-tags", "linked", "perhaps"),
        ("articles", "q", "\0"),
    ],
)
def test_invalid_filter_value_is_named(
    api: Any, db: None, where: str, name: str, value: str
) -> None:
    answer = api().get(f"/api/v1/{where}/", {name: value})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == name


def test_has_sources_filter_does_not_reveal_blind_work(
    api: Any, annotate: Any, annotator: User, other_annotator: User, source: Any
) -> None:
    claim = annotate(annotator)
    annotate(other_annotator, SourceLink, {"claim": claim, "source": source, "stance": "refutes"})
    Project.objects.update(is_blind=True)
    asked = {"has_sources": "true"}
    assert api(annotator).get("/api/v1/claims/", asked).json()["results"] == []


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("claims/?about={entity}", "annotate_span"),
        ("annotations/?entity={entity}", "annotate_annotation"),
        ("changes/?project=news", "annotate_change"),
        ("changes/", "annotate_annotation"),
    ],
)
def test_filter_does_not_scan_the_whole_table(
    api: Any, created: Any, entity: Entity, path: str, table: str
) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert api().get(f"/api/v1/{path.format(entity=entity.public_id)}").status_code == 200
    plans = []
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plans += [step for *_, step in cursor.fetchall()]
    assert not [step for step in plans if step.startswith(f"SCAN {table}")]
    assert not any("SCAN U0" in step or "SCAN V" in step for step in plans)
