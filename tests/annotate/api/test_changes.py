"""GET /api/v1/changes/: the change log, in order, limited to what the user can see."""

import json
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from annotate import services
from annotate.models import Annotation, Change, Kind
from annotate.projects.models import Project
from articles.extraction.draft import ArticleDraft
from articles.services import create_article

FEED = "/api/v1/changes/"


def follow(client: Any, after: str = "start", **asked: Any) -> dict[str, Any]:
    answer = client.get(FEED, {"after": after, **asked})
    assert answer.status_code == 200, answer.json()
    found: dict[str, Any] = answer.json()
    return found


def test_changes_are_listed_in_order_with_annotation(
    api: Any, annotate: Any, annotator: User
) -> None:
    claim = annotate(annotator)
    content = {"text": "Other words"}
    services.revise(claim, content, seen_revision=1, actor=annotator)
    services.retract(claim, seen_revision=2, actor=annotator)
    note = annotate(annotator, Kind.NOTE)
    services.restore(claim, seen_revision=3, actor=annotator)
    found = follow(api())["results"]
    assert [change["action"] for change in found] == [
        "create", "revise", "retract", "create", "restore",
    ]  # fmt: skip
    assert [change["annotation"]["revision"] for change in found] == [1, 2, 3, 1, 4]
    assert found[2]["annotation"]["state"] == "retracted"
    assert found[3]["annotation"] == api().get(f"/api/v1/notes/{note.public_id}/").json()
    assert found[1]["annotation"]["text"] == "Other words"
    assert {change["actor"] for change in found} == {"annotator"}


def test_cursor_never_expires_and_is_returned_without_new_changes(
    api: Any, annotate: Any, annotator: User
) -> None:
    assert follow(api()) == {"results": [], "cursor": "start"}
    for _ in range(5):
        annotate(annotator)
    seen: list[str] = []
    cursor = "start"
    while (page := follow(api(), cursor, page_size=2))["results"]:
        seen += [change["annotation"]["id"] for change in page["results"]]
        cursor = page["cursor"]
    assert seen == [str(a.public_id) for a in Annotation.objects.order_by("pk")]
    assert follow(api(), cursor) == {"results": [], "cursor": cursor}
    annotate(annotator, Kind.NOTE)
    (new,) = follow(api(), cursor)["results"]
    assert new["annotation"]["kind"] == "note"
    assert len(follow(api(), follow(api(), page_size=1)["cursor"])["results"]) == 5


def test_changes_are_available_as_ndjson(api: Any, annotate: Any, annotator: User) -> None:
    for _ in range(3):
        annotate(annotator)
    answer = api().get(FEED, {"page_size": 2}, HTTP_ACCEPT="application/x-ndjson")
    lines = [json.loads(line) for line in answer.content.splitlines()]
    assert (answer["Content-Type"], lines) == (
        "application/x-ndjson",
        follow(api(), page_size=2)["results"],
    )
    assert api().get(FEED, HTTP_ACCEPT="text/csv").status_code == 406


def test_empty_page_of_changes_has_the_ndjson_content_type(api: Any, article: Any) -> None:
    response = api().get(FEED, {"format": "ndjson", "article": str(article.public_id)})
    assert (response["Content-Type"], response.content) == ("application/x-ndjson", b"")


def test_changes_filters(api: Any, annotate: Any, annotator: User, article: Any) -> None:
    other = create_article(ArticleDraft(title="Other", text="It quotes: exports rose by 12 %."))
    annotate(annotator)
    annotate(annotator, Kind.NOTE, version=other.current_version)
    for asked, kinds in (
        ({"kind": "note"}, ["note"]),
        ({"article": str(article.public_id)}, ["claim"]),
        ({"project": "exports"}, ["claim", "note"]),
        ({"project": "none"}, []),
    ):
        found = follow(api(), **asked)["results"]
        assert [change["annotation"]["kind"] for change in found] == kinds


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "7"),
        ("after", "00000000-0000-7000-8000-000000000000.1"),
        ("after", "00000000-0000-7000-8000-000000000000.1.1"),
        ("after", "00000000-0000-7000-8000-000000000000.1.0"),
        ("after", "\0"),
        ("page_size", "0"),
        ("page_size", "1001"),
        ("wait", "31"),
        ("wait", "-1"),
        ("kind", "dragon"),
        ("article", "x"),
        ("cursor", "x"),
    ],
)
def test_changes_reject_invalid_parameters(api: Any, db: None, name: str, value: str) -> None:
    answer = api().get(FEED, {name: value})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == name


def test_blind_project_hides_changes_of_others(
    api: Any, annotate: Any, annotator: User, other_annotator: User, manager: User
) -> None:
    Project.objects.update(is_blind=True)
    annotate(annotator)
    mine = annotate(other_annotator)
    annotate(annotator)
    seen = follow(api(other_annotator))
    assert [c["annotation"]["id"] for c in seen["results"]] == [str(mine.public_id)]
    # Not even by its cursor does it tell that there is more.
    assert seen["cursor"] == f"{mine.public_id}.1"
    assert follow(api()) == {"results": [], "cursor": "start"}
    assert len(follow(api(manager))["results"]) == 3


def test_changes_query_count_is_constant(
    api: Any, annotate: Any, annotator: User, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        first = annotate(annotator)
    for size in (1, 3):
        with django_assert_num_queries(1):
            assert len(follow(api(), page_size=size)["results"]) == size
    for kind in Kind:
        annotate(annotator, kind)
    with django_assert_num_queries(2):
        assert len(follow(api(), f"{first.public_id}.1")["results"]) == 4


def test_long_poll_times_out_without_changes(api: Any, db: None) -> None:
    began = time.monotonic()
    assert follow(api(), wait=1)["results"] == []
    assert 1 <= time.monotonic() - began < 5


def test_long_poll_returns_at_once_when_slots_are_taken(api: Any, db: None) -> None:
    from annotate.api import changes

    held = [changes._waiting.acquire(blocking=False) for _ in range(3)]
    began = time.monotonic()
    try:
        assert follow(api(), wait=20)["results"] == []
    finally:
        for _ in filter(None, held):
            changes._waiting.release()
    assert time.monotonic() - began < 5


# SQLite has one writer at a time, so keys are in commit order.
@pytest.mark.postgresql
def test_trigger_keeps_the_change_log_in_commit_order(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname = 'log_in_commit_order'")
        assert cursor.fetchone()
    assert not Change.objects.exists()
