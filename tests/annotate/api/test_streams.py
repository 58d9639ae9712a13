"""Lists as NDJSON and CSV: all matching objects, one per line."""

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotate.models import Kind
from annotate.registry.models import Source
from articles.imports.models import Import

STREAM = {"HTTP_ACCEPT": "application/x-ndjson"}


def lines(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.getvalue().decode().split("\n") if line]


def test_ndjson_annotations_equal_paginated_results(
    api: Any, annotate: Any, annotator: User
) -> None:
    for kind in (*Kind, *Kind):
        annotate(annotator, kind)
    streamed = lines(api().get("/api/v1/annotations/", **STREAM))
    assert streamed == api().get("/api/v1/annotations/").json()["results"]
    assert len(streamed) == 8
    notes = lines(api().get("/api/v1/annotations/", {"kind": "note"}, **STREAM))
    assert [note["kind"] for note in notes] == ["note", "note"]


@pytest.mark.parametrize("name", ["articles", "versions", "projects", "entities", "sources"])
def test_ndjson_lists_equal_paginated_results(
    api: Any, name: str, annotate: Any, annotator: User, entity: Any, source: Any
) -> None:
    annotate(annotator)
    streamed = lines(api().get(f"/api/v1/{name}/", **STREAM))
    assert streamed == api().get(f"/api/v1/{name}/").json()["results"]
    assert streamed


@pytest.mark.parametrize("parameter", ["expand", "fields", "ordering"])
def test_invalid_parameter_is_an_error_before_the_ndjson_stream_begins(
    api: Any, annotate: Any, annotator: User, parameter: str
) -> None:
    annotate(annotator)
    response = api().get("/api/v1/annotations/", {parameter: "unknown"}, **STREAM)
    assert response.status_code == 400
    assert json.loads(response.content)["errors"][0]["parameter"] == parameter


def test_ndjson_query_count_is_constant(
    api: Any, annotate: Any, annotator: User, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        for kind in Kind:
            annotate(annotator, kind)
            with django_assert_num_queries(1):
                lines(api().get("/api/v1/annotations/", **STREAM))


def test_blind_project_hides_ndjson_work_of_others(
    api: Any, annotate: Any, annotator: User, other_annotator: User, project: Any
) -> None:
    annotate(annotator)
    project.is_blind = True
    project.save()
    assert lines(api(other_annotator).get("/api/v1/annotations/", **STREAM)) == []
    assert len(lines(api(annotator).get("/api/v1/annotations/", **STREAM))) == 1


@pytest.mark.parametrize("name", ["page_size", "cursor", "dragon"])
def test_ndjson_rejects_paging_parameters(api: Any, db: None, name: str) -> None:
    answer = api().get("/api/v1/annotations/", {name: "1"}, **STREAM)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["parameter"] == name


FORMULAS = [
    *("=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"),
    *(" =1+1", "\u00a0=1+1", "\u3000=1", "\u200b=1", "\ufeff=1", "\u202e=1", " \t =1"),
    *("'=1+1", '"=1+1', "“=1+1”", "' \"=1"),
    *("＝1+1", "＋1", "－1", "＠SUM", "﹦1", "⁼1", "−1", " ＝1"),
]
TEXTS = ["Exports", "a=1", "1-2", "a@b.example", "3 = 3", "“Exports” rose", "'Tis", "–", "#1", "?"]


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(
    api: Any, db: None, text: str
) -> None:
    Source.objects.create(title=text, publisher=text, is_public=True)
    row = get_csv(api(), "sources")[0]
    assert (row["title"], row["publisher"]) == (f"'{text}", f"'{text}")


@pytest.mark.parametrize("text", TEXTS)
def test_csv_cell_with_other_text_stays_as_it_is(api: Any, db: None, text: str) -> None:
    Source.objects.create(title=text, is_public=True)
    assert get_csv(api(), "sources")[0]["title"] == text


def test_csv_of_row_errors_guards_names_of_files(api: Any, annotator: User) -> None:
    parent = Import.objects.create(name="=1", started_by=annotator)
    parent.row_errors.create(location=" =1.txt", reason="＝1 is wrong")
    (row,) = get_csv(api(annotator), f"imports/{parent.public_id}/errors")
    assert (row["location"], row["reason"]) == ("' =1.txt", "'＝1 is wrong")
    assert get_csv(api(annotator), "imports")[0]["name"] == "'=1"


def get_csv(client: Any, name: str) -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/{name}/", HTTP_ACCEPT="text/csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode(), newline="")))
