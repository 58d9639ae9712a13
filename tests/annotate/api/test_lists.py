"""Every list of the API: pagination, ordering, `fields`, `expand` and CSV."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.models import Annotation, Claim, Kind, Note, SourceLink
from annotate.projects.models import Project
from annotate.registry.models import Entity, Source
from articles.extraction.draft import ArticleDraft
from articles.models import Article
from articles.services import create_article
from articles.text.anchor import Selector
from tests.annotate.api.test_collections import COLLECTIONS

SPANS = (Selector(exact="exports rose by 12 %"),)


def read_all_pages(
    client: Any, address: str, way: str = "next", **asked: Any
) -> list[dict[str, Any]]:
    """Read all pages, following `next` or `previous`."""
    found: list[dict[str, Any]] = []
    page = client.get(address, asked)
    while True:
        assert page.status_code == 200, page.json()
        results = page.json()["results"]
        found = found + results if way == "next" else results + found
        if not page.json()[way]:
            return found
        page = client.get(page.json()[way])


@pytest.fixture
def dated_articles(db: None) -> list[Article]:
    """Articles of which two were published at one moment and two have no date."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    dates = [moment, None, moment + timedelta(days=1), moment, None]
    return [
        create_article(ArticleDraft(title=f"Nr {n}", text="Words.", published_at=date))
        for n, date in enumerate(dates)
    ]


class TestPagination:
    @pytest.mark.parametrize(
        ("ordering", "expected"),
        [
            ("id", [0, 1, 2, 3, 4]),
            ("-id", [4, 3, 2, 1, 0]),
            ("published_at", [0, 3, 2, 1, 4]),
            ("-published_at", [2, 3, 0, 4, 1]),
            ("-title", [4, 3, 2, 1, 0]),
            ("created_at", [0, 1, 2, 3, 4]),
        ],
    )
    @pytest.mark.parametrize("size", [1, 2, 5])
    def test_pagination_follows_ordering_both_ways(
        self, api: Any, dated_articles: Any, ordering: str, expected: list[int], size: int
    ) -> None:
        asked = {"ordering": ordering, "page_size": size}
        forward = read_all_pages(api(), "/api/v1/articles/", **asked)
        assert [article["title"] for article in forward] == [f"Nr {n}" for n in expected]
        # From the last page back to the first.
        page = api().get("/api/v1/articles/", asked).json()
        while page["next"]:
            page = api().get(page["next"]).json()
        back = page["results"]
        if page["previous"]:
            back = read_all_pages(api(), page["previous"], "previous") + back
        assert back == forward

    def test_pagination_is_stable_while_rows_change(self, api: Any, dated_articles: Any) -> None:
        first = api().get("/api/v1/articles/", {"ordering": "-published_at", "page_size": 2}).json()
        assert [article["title"] for article in first["results"]] == ["Nr 2", "Nr 3"]
        Article.objects.filter(title="Nr 3").update(
            published_at=datetime(2020, 1, 1, tzinfo=UTC), title="Moved"
        )
        create_article(
            ArticleDraft(title="New", text="Words.", published_at=datetime(2027, 1, 1, tzinfo=UTC))
        )
        rest = read_all_pages(api(), first["next"])
        assert [article["title"] for article in rest] == ["Nr 0", "Moved", "Nr 4", "Nr 1"]

    def test_cursor_of_other_ordering_is_rejected(self, api: Any, dated_articles: Any) -> None:
        first = api().get("/api/v1/articles/", {"ordering": "title", "page_size": 2}).json()
        other = first["next"].replace("ordering=title", "ordering=-title")
        assert api().get(other).json()["errors"][0]["parameter"] == "cursor"
        unknown = api().get("/api/v1/articles/", {"ordering": "text"}).json()
        assert unknown["errors"][0]["parameter"] == "ordering"

    def test_pagination_sets_link_header(self, api: Any, dated_articles: Any) -> None:
        first = api().get("/api/v1/articles/", {"page_size": 2})
        assert f'<{first.json()["next"]}>; rel="next"' in first["Link"]
        assert 'rel="prev"' not in first["Link"]
        second = api().get(first.json()["next"])
        assert f'<{second.json()["previous"]}>; rel="prev"' in second["Link"]


@pytest.fixture
def evidence(
    annotate: Callable[..., Annotation], annotator: User, source: Source, entity: Entity
) -> Claim:
    """A claim by an entity, with two sources and a note."""
    claim: Any = annotate(
        annotator, Claim, {"spans": SPANS, "text": "Exports rose.", "claimant_entity": entity}
    )
    for stance in ("supports", "refutes"):
        annotate(annotator, SourceLink, {"claim": claim, "source": source, "stance": stance})
    annotate(annotator, Note, {"target": claim, "body": "Of which year?"})
    return claim  # type: ignore[no-any-return]


class TestExpand:
    def test_expand_claim_with_evidence(self, api: Any, evidence: Claim, source: Source) -> None:
        one = f"/api/v1/claims/{evidence.public_id}/"
        asked = {"expand": "source_links.source,claimant_entity,notes,project,article,version"}
        for claim in (
            api().get(one, asked).json(),
            api().get("/api/v1/claims/", asked).json()["results"][0],
            json.loads(api().get("/api/v1/claims/", {**asked, "format": "ndjson"}).getvalue()),
        ):
            links = claim["source_links"]
            assert [link["stance"] for link in links] == ["supports", "refutes"]
            read = api().get(f"/api/v1/sources/{source.public_id}/").json()
            assert {json.dumps(link["source"]) for link in links} == {json.dumps(read)}
            assert claim["claimant_entity"]["qid"] == "Q298"
            assert [note["body"] for note in claim["notes"]] == ["Of which year?"]
            assert claim["project"]["name"] == "Exports"
            assert claim["article"]["title"] == "Exports rise"
            assert claim["version"]["text"].startswith("The ministry")

    def test_expand_article_with_text_and_annotations(
        self, api: Any, evidence: Claim, article: Article
    ) -> None:
        asked = {"expand": "current_version,annotations"}
        read = api().get(f"/api/v1/articles/{article.public_id}/", asked).json()
        assert read["current_version"]["text"].startswith("The ministry")
        assert read["annotations"] == api().get("/api/v1/annotations/").json()["results"]

    @pytest.mark.parametrize(
        ("where", "path"),
        [
            ("claims", "sauce"),
            ("claims", "source_links.claimant"),
            ("entities", "x"),
            ("claims", "id"),
        ],
    )
    def test_expand_rejects_unknown_relation(
        self, api: Any, db: None, where: str, path: str
    ) -> None:
        answer = api().get(f"/api/v1/{where}/", {"expand": path})
        assert answer.json()["errors"][0]["parameter"] == "expand"

    def test_blind_project_hides_expanded_work_of_others(
        self, api: Any, evidence: Claim, other_annotator: User, annotate: Any, project: Project,
        source: Source, article: Article,
    ) -> None:  # fmt: skip
        theirs = SourceLink, {"claim": evidence, "source": source, "stance": "mixed"}
        annotate(other_annotator, *theirs)
        Project.objects.update(is_blind=True)
        mine = api(evidence.author)
        asked = {"expand": "source_links,notes"}
        claim = mine.get(f"/api/v1/claims/{evidence.public_id}/", asked).json()
        assert [link["stance"] for link in claim["source_links"]] == ["supports", "refutes"]
        asked = {"expand": "claim"}
        (link,) = api(other_annotator).get("/api/v1/source-links/", asked).json()["results"]
        assert link["claim"] == str(evidence.public_id)
        one = f"/api/v1/articles/{article.public_id}/?expand=annotations"
        assert api().get(one).json()["annotations"] == []

    @pytest.mark.parametrize(
        ("where", "expand"),
        [
            ("claims", "source_links.source,claimant_entity,notes,project,article,version"),
            ("annotations", "source_links.source,entity,source,claim,target,article"),
            ("articles", "current_version,annotations"),
            ("source-links", "claim.source_links,source"),
        ],
    )
    def test_expand_query_count_is_constant(
        self, api: Any, evidence: Claim, annotate: Any, annotator: User, where: str, expand: str
    ) -> None:
        def count_queries(size: int) -> int:
            with CaptureQueriesContext(connection) as queries:
                answer = api().get(f"/api/v1/{where}/", {"expand": expand, "page_size": size})
            assert answer.status_code == 200
            return len(queries)

        few = count_queries(1000)
        source = Source.objects.get()
        for n in range(6):
            claim = annotate(annotator, Claim, {"spans": SPANS, "text": f"{n}"})
            annotate(annotator, SourceLink, {"claim": claim, "source": source, "stance": "mixed"})
            create_article(ArticleDraft(title=f"{n}", text="Words."))
        assert count_queries(1000) == few
        assert count_queries(1) <= few <= 15


class TestFields:
    def test_fields_limits_record_to_fields_and_id(self, api: Any, evidence: Claim) -> None:
        asked = {"fields": "text,claimant"}
        one = api().get(f"/api/v1/claims/{evidence.public_id}/", asked).json()
        (listed,) = api().get("/api/v1/claims/", asked).json()["results"]
        assert one == listed == {
            "id": str(evidence.public_id),
            "kind": "claim",
            "text": "Exports rose.",
            "claimant": "Chile",
        }  # fmt: skip

    def test_version_list_has_text_only_if_requested(self, api: Any, evidence: Claim) -> None:
        (brief,) = api().get("/api/v1/versions/").json()["results"]
        assert not {"text", "blocks", "hyperlinks"} & set(brief)
        (whole,) = api().get("/api/v1/versions/", {"fields": "text,hyperlinks"}).json()["results"]
        assert whole["text"].startswith("The ministry")
        assert whole["hyperlinks"] == []

    @pytest.mark.parametrize("name", COLLECTIONS)
    def test_fields_rejects_unknown_field(self, api: Any, db: None, name: str) -> None:
        answer = api().get(f"/api/v1/{name}/", {"fields": "id,txet"})
        (error,) = answer.json()["errors"]
        assert (error["parameter"], "txet" in error["detail"]) == ("fields", True)


class TestCsv:
    @pytest.mark.parametrize("name", COLLECTIONS)
    def test_every_list_is_available_as_csv(self, api: Any, evidence: Claim, name: str) -> None:
        answer = api().get(f"/api/v1/{name}/", HTTP_ACCEPT="text/csv")
        assert answer["Content-Type"] == "text/csv"
        head, *rows = csv.reader(io.StringIO(answer.getvalue().decode()))
        results = api().get(f"/api/v1/{name}/").json()["results"]
        assert [row[head.index("id")] for row in rows] == [record["id"] for record in results]
        assert {len(row) for row in rows} <= {len(head)}
        assert "links" not in head

    def test_csv_columns_follow_fields(self, api: Any, evidence: Claim) -> None:
        answer = api().get("/api/v1/claims/", {"fields": "text,spans", "format": "csv"})
        head, row = csv.reader(io.StringIO(answer.getvalue().decode()))
        assert head == ["id", "kind", "spans", "text"]
        assert json.loads(row[2])[0]["exact"] == "exports rose by 12 %"

    def test_csv_escapes_formulas(self, api: Any, annotate: Any, annotator: User) -> None:
        annotate(annotator, Claim, {"spans": SPANS, "text": '=HYPERLINK("http://a.example")'})
        answer = api().get("/api/v1/claims/", {"fields": "text", "format": "csv"})
        _, row = csv.reader(io.StringIO(answer.getvalue().decode()))
        assert row[2] == '\'=HYPERLINK("http://a.example")'

    def test_csv_rejects_expand(self, api: Any, db: None) -> None:
        answer = api().get("/api/v1/claims/", {"expand": "notes", "format": "csv"})
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("name", COLLECTIONS)
def test_links_of_records_resolve(
    api: Any, annotate: Any, annotator: User, evidence: Claim, name: str
) -> None:
    annotate(annotator, Kind.ENTITY_TAG)
    for record in api().get(f"/api/v1/{name}/").json()["results"]:
        for what, address in record["links"].items():
            answer = api().get(address, follow=True)
            assert answer.status_code == 200, (what, address)
        assert api().get(record["links"]["self"]).json()["id"] == record["id"]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_list_record_equals_detail_record(
    api: Any, annotate: Any, annotator: User, evidence: Claim, name: str
) -> None:
    annotate(annotator, Kind.ENTITY_TAG)
    for record in api().get(f"/api/v1/{name}/").json()["results"]:
        one = api().get(record["links"]["self"]).json()
        assert record.items() <= one.items()
