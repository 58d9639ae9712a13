import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate import services
from annotate.models import Annotation, Change, Kind, Note, SourceLink
from annotate.projects.models import Project
from annotate.registry.models import Source
from articles.models import ArticleVersion
from articles.text.anchor import Selector
from config.db.public_id import uuid7

ALL = "/api/v1/annotations/"


def as_bytes(client: Any, address: str, body: Any) -> Any:
    """Post JSON in ASCII, in which also half of a surrogate pair can be written."""
    return client.post(address, json.dumps(body), content_type="application/json")


class TestCreate:
    def test_create_then_retrieve_returns_same_record(
        self, api: Any, annotator: User, address: str, body: dict[str, Any], kind: Kind
    ) -> None:
        created = api(annotator).post(address, body)
        assert created.status_code == 201
        record = created.json()
        assert (record["kind"], record["author"], record["state"]) == (kind, "annotator", "active")
        assert record["revision"] == 1
        assert created["ETag"].startswith('"1-')
        assert created["Location"] == record["links"]["self"]
        assert record["spans"] == [
            {
                "start": 33,
                "end": 53,
                "exact": "exports rose by 12 %",
                "prefix": "he ministry said on Monday that ",
                "suffix": " in March.\nExports to Chile\n“We ",
            }
        ]
        for where in (f"{address}{record['id']}/", f"{ALL}{record['id']}/"):
            read = api().get(where)
            assert (read.json(), read["ETag"]) == (record, created["ETag"])
        for where in (address, ALL):
            assert api().get(where).json()["results"] == [record]

    @pytest.mark.parametrize(
        "span",
        [
            {"start": 33, "end": 53},
            {"exact": "exports rose by 12 %"},
            {"exact": "rose", "prefix": "exports ", "suffix": " by"},
            {"start": 97, "end": 98, "exact": "🚢"},
        ],
    )
    def test_create_accepts_each_selector_form(
        self, api: Any, annotator: User, body: dict[str, Any], version: ArticleVersion, span: Any
    ) -> None:
        claim = {**body, "text": "x", "spans": [span]}
        for extra in set(claim) - {"project", "version", "spans", "text"}:
            del claim[extra]
        (written,) = api(annotator).post("/api/v1/claims/", claim).json()["spans"]
        assert set(written) == {"start", "end", "exact", "prefix", "suffix"}
        assert version.text[written["start"] : written["end"]] == written["exact"]
        assert {k: v for k, v in span.items() if k in ("start", "end", "exact")}.items() <= (
            written.items()
        )

    @pytest.mark.parametrize(
        ("spans", "pointer", "message"),
        [
            ([], "/spans", "Select"),
            ([{"start": 0, "end": 9999}], "/spans/0/end", "code points"),
            ([{"start": 5, "end": 5}], "/spans/0/end", "greater than `start`"),
            ([{"start": 63, "end": 64}], "/spans/0/start", "white space"),
            ([{"exact": "nowhere to be found"}], "/spans/0/exact", "does not occur"),
            ([{"exact": "ministry"}], "/spans/0/exact", "2 times"),
            ([{"start": 0, "end": 3, "exact": "Teh"}], "/spans/0/exact", "text at this position"),
            ([{"start": 3}], "/spans/0/end", "Give both"),
            ([{}], "/spans/0/exact", "Give `start` and `end`"),
            ([{"exact": "Chile", "wrong": 1}], "/spans/0/wrong", "Unknown field"),
            ([{"exact": "Chile"}, {"exact": "to Chile"}], "/spans/0/start", "overlap"),
            ([{"exact": "\ud800"}], "/spans/0/exact", "urrogate"),
            ("Chile", "/spans", "list"),
        ],
    )
    def test_create_rejects_invalid_spans(
        self, api: Any, annotator: User, body: Any, address: str, spans: Any, pointer: str,
        message: str,
    ) -> None:  # fmt: skip
        answer = as_bytes(api(annotator), address, {**body, "spans": spans})
        problem = answer.json()
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert [error["pointer"] for error in problem["errors"]] == [pointer]
        assert message in problem["errors"][0]["detail"]
        assert not Annotation.objects.exists()
        assert not Change.objects.exists()

    @pytest.mark.parametrize(
        ("address", "change", "pointer"),
        [
            ("claims", {"text": "  "}, "/text"),
            ("claims", {"text": None}, "/text"),
            ("claims", {"text": "x\ud800"}, "/text"),
            ("claims", {"claim_type": "rumour"}, "/claim_type"),
            ("claims", {"check_worthiness": 4}, "/check_worthiness"),
            ("claims", {"verdict": "fake"}, "/verdict"),
            ("claims", {"wroding": "x"}, "/wroding"),
            ("claims", {"project": "nowhere"}, "/project"),
            ("claims", {"version": "01a20d36-3bc2-707f-b2f1-a32c0a71ae01"}, "/version"),
            ("claims", {"version": "not an id"}, "/version"),
            ("claims", {"text": "x" * 10_001}, "/text"),
            ("entity-tags", {"type": "DRAGON"}, "/type"),
            ("entity-tags", {"entity": "01a20d36-3bc2-707f-b2f1-a32c0a71ae01"}, "/entity"),
            ("source-links", {"source": {"url": "javascript:alert(1)"}}, "/source/url"),
            ("source-links", {"source": {"url": "ftp://files.example/a"}}, "/source/url"),
            ("source-links", {"source": {}}, "/source/url"),
            ("source-links", {"stance": "likes"}, "/stance"),
            ("notes", {"body": ""}, "/body"),
        ],
    )
    def test_create_error_points_to_invalid_field(
        self, api: Any, annotator: User, project: Project, version: ArticleVersion,
        address: str, change: dict[str, Any], pointer: str,
    ) -> None:  # fmt: skip
        own: dict[str, dict[str, Any]] = {
            "claims": {"text": "x"},
            "entity-tags": {"type": "GPE"},
            "source-links": {"stance": "supports", "source": {"url": "https://a.example/"}},
            "notes": {"body": "x"},
        }
        common = {"project": "exports", "version": str(version.public_id)}
        body = {**common, "spans": [{"exact": "Chile"}], **own[address], **change}
        answer = as_bytes(api(annotator), f"/api/v1/{address}/", body)
        assert answer.status_code == 400
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert not Annotation.objects.exists()

    def test_create_requires_writer_role(
        self, api: Any, member: Callable[..., User], address: str, body: dict[str, Any]
    ) -> None:
        assert api().post(address, body).status_code == 401
        assert api(member("reader", "reader")).post(address, body).status_code == 403
        assert api(User.objects.create_user("stranger")).post(address, body).status_code == 403
        assert not Annotation.objects.exists()

    def test_create_retry_with_same_key_creates_once(
        self, api: Any, annotator: User, address: str, body: dict[str, Any]
    ) -> None:
        key = {"HTTP_IDEMPOTENCY_KEY": "6d9f3a1e"}
        first = api(annotator).post(address, body, **key)
        again = api(annotator).post(address, body, **key)
        assert again.json() == first.json()
        other = api(annotator).post(address, {**body, "spans": [{"exact": "Chile"}]}, **key)
        assert (other.status_code, other.json()["type"]) == (
            422,
            "urn:pressmark:problem:idempotency-key-reused",
        )
        assert Annotation.objects.count() == 1

    def test_create_source_link_with_described_source(
        self, api: Any, annotator: User, annotate: Any
    ) -> None:
        claim = annotate(annotator, Kind.CLAIM)
        source = {
            "url": "https://Stats.Example/a",
            "title": "A table",
            "published_on": "2025-04-01",
        }
        body = {
            "project": "exports",
            "claim": str(claim.public_id),
            "source": source,
            "stance": "refutes",
            "evidence": "a fall of 3 %",
        }
        record = api(annotator).post("/api/v1/source-links/", body).json()
        assert (record["claim"], record["spans"]) == (str(claim.public_id), [])
        kept = api().get(f"/api/v1/sources/{record['source']}/").json()
        assert (kept["url"], kept["published_on"]) == ("https://stats.example/a", "2025-04-01")

    def test_create_claim_with_claimant_name_or_entity(
        self, api: Any, annotator: User, version: ArticleVersion, project: Project, entity: Any
    ) -> None:
        common = {"project": "exports", "version": str(version.public_id)}
        body = {**common, "spans": [{"exact": "Chile"}], "text": "x"}
        for given, name, linked in [
            ({"claimant": "The port"}, "The port", None),
            ({"claimant": str(entity.public_id)}, "Chile", str(entity.public_id)),
            ({"claimant_entity": str(entity.public_id)}, "Chile", str(entity.public_id)),
        ]:
            record = api(annotator).post("/api/v1/claims/", {**body, **given}).json()
            assert (record["claimant"], record["claimant_entity"]) == (name, linked)
        both = {"claimant": "Somebody else", "claimant_entity": str(entity.public_id)}
        answer = api(annotator).post("/api/v1/claims/", {**body, **both})
        assert answer.json()["errors"][0]["pointer"] == "/claimant"


class TestRevise:
    @pytest.fixture
    def created(self, annotate: Any, annotator: User, kind: Kind) -> Annotation:
        annotation: Annotation = annotate(annotator, kind)
        return annotation

    def test_revise_requires_if_match(
        self,
        api: Any,
        annotator: User,
        address: str,
        created: Annotation,
        revision: Any,
        kind: Kind,
    ) -> None:
        one = f"{address}{created.public_id}/"
        unnamed = api(annotator).patch(one, revision[kind])
        assert (unnamed.status_code, unnamed.json()["type"][-21:]) == (428, "precondition-required")
        revised = api(annotator).patch(one, revision[kind], HTTP_IF_MATCH='"1"')
        assert revised.status_code == 200
        assert revision[kind].items() <= revised.json().items()
        assert (revised.json()["revision"], revised["ETag"][:3]) == (2, '"2-')
        stale = api(annotator).patch(one, revision[kind], HTTP_IF_MATCH='W/"1"')
        assert stale.status_code == 412
        assert stale.json()["current"] == revised.json()

    def test_revise_retry_with_same_key_returns_first_response_after_other_revision(
        self, api: Any, annotator: User, manager: User, annotate: Any
    ) -> None:
        one = f"/api/v1/claims/{annotate(annotator).public_id}/"
        first = {"HTTP_IF_MATCH": '"1"', "HTTP_IDEMPOTENCY_KEY": "k"}
        revised = api(annotator).patch(one, {"verdict": "mixed"}, **first)
        assert revised.json()["revision"] == 2
        api(manager).patch(one, {"rationale": "Two tables differ."}, HTTP_IF_MATCH='"2"')
        again = api(annotator).patch(one, {"verdict": "mixed"}, **first)
        assert (again.status_code, again.content) == (200, revised.content)
        assert again["Idempotent-Replayed"] == "true"
        other = api(annotator).patch(one, {"verdict": "true"}, **first)
        assert other.status_code == 422

    def test_retract_and_restore(
        self, api: Any, annotator: User, address: str, created: Annotation
    ) -> None:
        one = f"{address}{created.public_id}/"
        retracted = api(annotator).delete(one, HTTP_IF_MATCH='"1"')
        assert (retracted.status_code, retracted.json()["state"]) == (200, "retracted")
        assert api().get(address).json()["results"] == []
        assert api().get(one).json()["state"] == "retracted"
        for state in ("retracted", "all"):
            assert len(api().get(ALL, {"state": state}).json()["results"]) == 1
        again = api(annotator).delete(one, HTTP_IF_MATCH='"2"')
        assert (again.status_code, again.json()["type"]) == (
            409,
            "urn:pressmark:problem:conflict",
        )
        back = api(annotator).post(f"{one}restore/", HTTP_IF_MATCH='"2"')
        assert (back.json()["state"], back.json()["revision"]) == ("active", 3)

    def test_manager_can_revise_and_others_cannot(
        self, api: Any, other_annotator: User, manager: User, address: str, created: Annotation,
        revision: Any, kind: Kind,
    ) -> None:  # fmt: skip
        one = f"{address}{created.public_id}/"
        assert api().patch(one, revision[kind], HTTP_IF_MATCH='"1"').status_code == 401
        rejected = api(other_annotator).patch(one, revision[kind], HTTP_IF_MATCH='"1"')
        assert rejected.status_code == 403
        assert api(other_annotator).delete(one, HTTP_IF_MATCH='"1"').status_code == 403
        allowed = api(manager).patch(one, revision[kind], HTTP_IF_MATCH='"1"')
        assert (allowed.status_code, allowed.json()["author"]) == (200, "annotator")

    def test_revise_cannot_change_project_or_version(
        self, api: Any, annotator: User, address: str, created: Annotation, tag_set: Any
    ) -> None:
        Project.objects.create(slug="other", name="Other", tag_set=tag_set, is_public=True)
        answer = api(annotator).patch(
            f"{address}{created.public_id}/", {"project": "other"}, HTTP_IF_MATCH='"1"'
        )
        assert answer.json()["errors"][0]["pointer"] == "/project"


class TestReading:
    @pytest.fixture
    def several(self, annotate: Any, annotator: User, other_annotator: User) -> list[Annotation]:
        created = [annotate(annotator, kind) for kind in Kind]
        return [*created, annotate(other_annotator, Kind.CLAIM)]

    @pytest.mark.parametrize(
        ("address", "filters", "expected"),
        [
            ("annotations", {"kind": "claim"}, [0, 4]),
            ("annotations", {"author": "other-annotator"}, [4]),
            ("annotations", {"project": "exports", "kind": "note"}, [3]),
            ("annotations", {"project": "other"}, []),
            ("claims", {"claim_type": "fact"}, [0, 4]),
            ("claims", {"verdict": "false"}, []),
            ("entity-tags", {"type": "GPE"}, [1]),
            ("source-links", {"stance": "supports"}, [2]),
            ("source-links", {"stance": "refutes"}, []),
        ],
    )
    def test_list_filters(
        self, api: Any, several: list[Annotation], address: str, filters: Any, expected: list[int]
    ) -> None:
        found = api().get(f"/api/v1/{address}/", filters).json()["results"]
        assert [record["id"] for record in found] == [str(several[i].public_id) for i in expected]

    def test_list_filters_by_reference(
        self, api: Any, several: list[Annotation], version: ArticleVersion, entity: Any, source: Any
    ) -> None:
        for address, filters, count in [
            ("annotations", {"article": version.article.public_id}, 5),
            ("annotations", {"version": version.public_id}, 5),
            ("annotations", {"article": entity.public_id}, 0),
            ("entity-tags", {"entity": entity.public_id}, 1),
            ("source-links", {"source": source.public_id}, 1),
            ("source-links", {"claim": several[0].public_id}, 0),
            ("notes", {"target": several[0].public_id}, 0),
        ]:
            assert len(api().get(f"/api/v1/{address}/", filters).json()["results"]) == count

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ({"authro": "x"}, "authro"),
            ({"state": "gone"}, "state"),
            ({"article": "x"}, "article"),
            ({"page_size": "0"}, "page_size"),
            ({"page_size": "99999999999999999999"}, "page_size"),
            ({"cursor": "AAAA"}, "cursor"),
            ({"author": "\0"}, "author"),
        ],
    )
    def test_list_rejects_invalid_parameters(
        self, api: Any, db: None, query: dict[str, str], parameter: str
    ) -> None:
        answer = api().get(ALL, query)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["parameter"] == parameter

    def test_pagination_has_no_gaps_while_rows_are_added(
        self, api: Any, annotate: Any, annotator: User
    ) -> None:
        created = [str(annotate(annotator).public_id) for _ in range(5)]
        seen: list[str] = []
        page = api().get(ALL, {"page_size": 2}).json()
        assert set(page) == {"next", "previous", "results"}
        while True:
            seen += [record["id"] for record in page["results"]]
            if len(seen) == 2:
                created.append(str(annotate(annotator).public_id))
            if not page["next"]:
                break
            page = api().get(page["next"]).json()
        assert seen == created

    @pytest.mark.parametrize(
        "name", ["annotations", "claims", "entity-tags", "source-links", "notes"]
    )
    def test_list_query_count_does_not_grow(
        self, api: Any, annotate: Any, annotator: User, name: str, contents: Any,
        django_assert_num_queries: Any,
    ) -> None:  # fmt: skip
        def some(count: int) -> None:
            for _ in range(count):
                claim = annotate(annotator, Kind.CLAIM)
                for kind in (Kind.ENTITY_TAG, Kind.NOTE):
                    annotate(annotator, kind)
                link = contents[Kind.SOURCE_LINK] | {"claim": claim}
                annotate(annotator, Kind.SOURCE_LINK, link)

        some(1)
        with CaptureQueriesContext(
            connection,
        ) as few:
            api().get(f"/api/v1/{name}/")
        some(6)
        with CaptureQueriesContext(connection) as many:
            assert len(api().get(f"/api/v1/{name}/").json()["results"]) >= 7
        assert len(few) == len(many) == 1
        one = api().get(f"/api/v1/{name}/").json()["results"][0]["id"]
        with django_assert_num_queries(1):
            api().get(f"/api/v1/{name}/{one}/")


class TestBlind:
    """In a blind project nobody sees another's work before it is time."""

    @pytest.fixture
    def blind(self, project: Project) -> Project:
        project.is_blind = True
        project.save()
        return project

    def test_blind_project_shows_own_annotations_only(
        self, api: Any, blind: Project, annotate: Any, annotator: User, other_annotator: User,
        manager: User, kind: Kind, address: str, member: Callable[..., User], body: Any,
    ) -> None:  # fmt: skip
        theirs = annotate(annotator, kind)
        one = f"{address}{theirs.public_id}/"
        for asker in (None, other_annotator, member("reader", "reader")):
            for where in (ALL, address, f"{ALL}?state=all", f"{ALL}?author=annotator"):
                assert api(asker).get(where).json()["results"] == []
            for where in (one, f"{ALL}{theirs.public_id}/"):
                assert api(asker).get(where).status_code == 404
        for method in ("patch", "delete"):
            rejected = getattr(api(other_annotator), method)(one, {}, HTTP_IF_MATCH='"1"')
            assert rejected.status_code == 404
        note = {**body, "body": "x", "target": str(theirs.public_id)}
        note = {k: note[k] for k in ("project", "version", "spans", "body", "target")}
        pointing = api(other_annotator).post("/api/v1/notes/", note)
        unknown = {**note, "target": "01a20d36-3bc2-707f-b2f1-a32c0a71ae01"}
        absent = api(other_annotator).post("/api/v1/notes/", unknown)
        same = pointing.json()["detail"].replace(str(theirs.public_id), unknown["target"])
        assert (pointing.status_code, same) == (400, absent.json()["detail"])
        for asker in (annotator, manager, member("adjudicator", "adjudicator")):
            assert len(api(asker).get(ALL).json()["results"]) == 1

    def test_blind_project_hides_references_to_others_work(
        self, api: Any, blind: Project, annotate: Any, annotator: User, other_annotator: User,
        source: Source,
    ) -> None:  # fmt: skip
        claim = annotate(annotator).content
        link = SourceLink, {"claim": claim, "source": source, "stance": "mixed"}
        annotate(annotator, *link)
        annotate(annotator, Note, {"body": "Odd.", "target": claim})
        addresses = (
            f"/api/v1/source-links/?claim={claim.public_id}",
            f"/api/v1/source-links/?source={source.public_id}",
            f"/api/v1/notes/?target={claim.public_id}",
        )
        for address in addresses:
            assert len(api(annotator).get(address).json()["results"]) == 1
            assert api(other_annotator).get(address).json()["results"] == []
        one = f"/api/v1/claims/{claim.public_id}/"
        nowhere = "/api/v1/claims/01a20d36-3bc2-707f-b2f1-a32c0a71ae01/"
        for etag in ('"1"', '"9"'):
            for method in ("get", "patch", "delete"):
                forbidden, absent = (
                    getattr(api(other_annotator), method)(where, HTTP_IF_MATCH=etag)
                    for where in (one, nowhere)
                )
                assert forbidden.content == absent.content
                assert "ETag" not in forbidden


def test_retrieve_returns_writes_of_services(api: Any, annotate: Any, annotator: User) -> None:
    claim = annotate(annotator, Kind.CLAIM)
    content = {"spans": (Selector(exact="Chile"),)}
    services.revise(claim, content, seen_revision=1, actor=annotator)
    (record,) = api().get(ALL).json()["results"]
    assert [span["exact"] for span in record["spans"]] == ["Chile"]


def test_write_query_count_does_not_grow(
    api: Any, annotate: Any, annotator: User, address: str, body: Any, revision: Any, kind: Kind
) -> None:
    def count_queries() -> list[int]:
        client = api(annotator)
        numbers = []
        with CaptureQueriesContext(connection) as queries:
            created = client.post(address, body, HTTP_IDEMPOTENCY_KEY=str(uuid7()))
        numbers.append(len(queries))
        one = f"{address}{created.json()['id']}/"
        for method, data, seen in (
            (client.patch, revision[kind], '"1"'),
            (client.delete, None, '"2"'),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert method(one, data, HTTP_IF_MATCH=seen).status_code == 200
            numbers.append(len(queries))
        return numbers

    # The first annotation of an article also adds it to the project.
    annotate(annotator, kind)
    few = count_queries()
    for _ in range(8):
        annotate(annotator, kind)
    assert count_queries() == few
    # The record of the idempotency key takes two of them.
    assert max(few) <= 20
