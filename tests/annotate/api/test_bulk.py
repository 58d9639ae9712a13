"""POST /api/v1/annotations/bulk/: many annotations in one request."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.models import Annotation, Change, Kind
from annotate.projects.models import Project
from articles.models import ArticleVersion

BULK = "/api/v1/annotations/bulk/"
NDJSON = "application/x-ndjson"


@pytest.fixture
def claim(project: Project, version: ArticleVersion) -> dict[str, Any]:
    return {
        "kind": "claim",
        "project": project.slug,
        "version": str(version.public_id),
        "spans": [{"exact": "exports rose by 12 %"}],
        "text": "Exports rose.",
    }


@pytest.fixture
def tag(claim: dict[str, Any]) -> dict[str, Any]:
    shared = {name: claim[name] for name in ("project", "version")}
    return {**shared, "kind": "entity_tag", "type": "GPE", "spans": [{"exact": "Chile"}]}


def test_bulk_creates_and_revises_in_order(
    api: Any, annotate: Any, annotator: User, claim: dict[str, Any], tag: dict[str, Any]
) -> None:
    existing = annotate(annotator)
    change = {"kind": "claim", "id": str(existing.public_id), "revision": 1, "verdict": "mixed"}
    answer = api(annotator).post(BULK, [claim, change, tag])
    assert answer.status_code == 200, answer.json()
    data = answer.json()
    assert (data["created"], data["revised"], data["failed"]) == (2, 1, 0)
    assert [(r["index"], r["status"]) for r in data["results"]] == [(0, 201), (1, 200), (2, 201)]
    for result in data["results"]:
        read = api().get(result["annotation"]["links"]["self"]).json()
        assert read == result["annotation"]
    assert data["results"][1]["annotation"]["verdict"] == "mixed"


def test_atomic_bulk_stores_nothing_if_one_operation_fails(
    api: Any, annotator: User, claim: dict[str, Any], tag: dict[str, Any]
) -> None:
    operations = [claim, {**tag, "type": "DRAGON"}, {**claim, "spans": [{"exact": "nowhere"}]}]
    answer = api(annotator).post(BULK, operations)
    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:pressmark:problem:bulk-failed",
    )
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/1/type",
        "/2/spans/0/exact",
    ]
    assert not Annotation.objects.exists()
    assert not Change.objects.exists()


def test_non_atomic_bulk_reports_each_result(
    api: Any, annotate: Any, annotator: User, claim: dict[str, Any], tag: dict[str, Any]
) -> None:
    existing = annotate(annotator)
    stale = {"kind": "claim", "id": str(existing.public_id), "revision": 7, "verdict": "mixed"}
    answer = api(annotator).post(f"{BULK}?atomic=false", [claim, {**tag, "type": "DRAGON"}, stale])
    data = answer.json()
    assert [r["status"] for r in data["results"]] == [201, 400, 412]
    assert (data["created"], data["revised"], data["failed"]) == (1, 0, 2)
    assert data["results"][1]["problem"]["errors"][0]["pointer"] == "/type"
    assert data["results"][2]["problem"]["current"]["id"] == str(existing.public_id)
    assert Annotation.objects.count() == 2


@pytest.mark.parametrize("atomic", ["true", "false"])
def test_malformed_operation_fails_whole_bulk(
    api: Any, annotator: User, claim: dict[str, Any], atomic: str
) -> None:
    operations = [claim, 5, {**claim, "kind": "dragon"}, {**claim, "revision": "x"}]
    answer = api(annotator).post(f"{BULK}?atomic={atomic}", operations)
    assert answer.status_code == 400
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/1", "/2/kind", "/3/revision"]
    assert not Annotation.objects.exists()


def test_bulk_accepts_and_returns_ndjson(
    api: Any, annotator: User, claim: dict[str, Any], tag: dict[str, Any]
) -> None:
    lines = "\n".join(json.dumps(operation) for operation in (claim, tag)) + "\n\n"
    answer = api(annotator).post(BULK, lines, content_type=NDJSON, HTTP_ACCEPT=NDJSON)
    assert answer["Content-Type"] == NDJSON
    results = [json.loads(line) for line in answer.content.splitlines()]
    assert [result["annotation"]["kind"] for result in results] == ["claim", "entity_tag"]
    broken = api(annotator).post(BULK, lines + "{", content_type=NDJSON)
    assert (broken.status_code, broken.json()["detail"][:6]) == (400, "Line 4")
    assert Annotation.objects.count() == 2


def test_bulk_retry_with_same_key_creates_once(
    api: Any, annotator: User, claim: dict[str, Any], tag: dict[str, Any]
) -> None:
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    first = api(annotator).post(BULK, [claim, tag], **key)
    again = api(annotator).post(BULK, [claim, tag], **key)
    assert again.json() == first.json()
    assert api(annotator).post(BULK, [claim], **key).status_code == 422
    assert api(annotator).post(f"{BULK}?atomic=false", [claim, tag], **key).status_code == 422
    assert Annotation.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "dragon"}, "/0/kind"),
        ({"kind": ["claim"]}, "/0/kind"),
        ({"id": "x", "revision": 1}, "/0/id"),
        ({"id": 5, "revision": 1}, "/0/id"),
        ({"id": "01a20d36-3bc2-707f-b2f1-a32c0a71ae01", "revision": 1}, "/0/id"),
        ({"wroding": "x"}, "/0/wroding"),
    ],
)
def test_bulk_error_points_to_invalid_field(
    api: Any, annotator: User, claim: dict[str, Any], change: dict[str, Any], pointer: str
) -> None:
    answer = api(annotator).post(BULK, [{**claim, **change}])
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("revision", [None, "1", True, 0, 10**20])
def test_bulk_change_requires_revision(
    api: Any, annotate: Any, annotator: User, revision: Any
) -> None:
    change = {"kind": "claim", "id": str(annotate(annotator).public_id), "revision": revision}
    answer = api(annotator).post(BULK, [{**change, "verdict": "true"}])
    assert answer.json()["errors"][0]["pointer"] == "/0/revision"


@pytest.mark.parametrize("body", [[], {}, None, "x", [1] * 1001])
def test_bulk_rejects_empty_oversized_and_other_bodies(
    api: Any, annotator: User, body: Any
) -> None:
    answer = api(annotator).post(BULK, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert not Annotation.objects.exists()


def test_bulk_rejects_and_hides_annotations_of_others(
    api: Any, annotate: Any, annotator: User, other_annotator: User
) -> None:
    theirs = annotate(annotator)
    change = {"kind": "claim", "id": str(theirs.public_id), "revision": 1, "verdict": "true"}
    asked = api(other_annotator).post(f"{BULK}?atomic=false", [change]).json()
    assert asked["results"][0]["status"] == 403
    Project.objects.update(is_blind=True)
    hidden = api(other_annotator).post(f"{BULK}?atomic=false", [change]).json()["results"][0]
    unknown = {**change, "id": "01a20d36-3bc2-707f-b2f1-a32c0a71ae01"}
    absent = api(other_annotator).post(f"{BULK}?atomic=false", [unknown]).json()["results"][0]
    assert hidden == absent


def test_bulk_query_count_per_annotation_is_small(
    api: Any, annotator: User, claim: dict[str, Any], annotate: Any
) -> None:
    annotate(annotator, Kind.CLAIM)

    def count_queries(size: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = api(annotator).post(BULK, [claim] * size)
        assert answer.json()["created"] == size
        return len(queries)

    assert (count_queries(20) - count_queries(10)) / 10 <= 10
