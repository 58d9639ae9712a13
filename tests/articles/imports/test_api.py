"""Many articles at once through the API: uploaded, brought in by a worker, stopped and gone on."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from rest_framework.test import APIClient

from articles.imports import batches as bulk
from articles.imports import services as uploaded
from articles.imports.models import Import, ImportState, UploadChunk
from articles.models import Article
from config.search.models import IndexQueueEntry
from tests.worker import run_worker

IMPORTS = "/api/v1/imports/"


def rows(count: int, start: int = 0) -> bytes:
    lines = [
        {"title": f"Story {n}", "text": f"Harbour {n} said so on Monday.", "language": "en"}
        for n in range(start, start + count)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@pytest.fixture
def journalist(db: None) -> User:
    return User.objects.create_user("journalist")


@pytest.fixture
def client(api: Callable[..., APIClient], journalist: User) -> APIClient:
    return api(journalist)


def send(
    client: APIClient, name: str = "a.jsonl", content: bytes = b"", **form: Any
) -> tuple[int, dict[str, Any], Any]:
    key = {"HTTP_IDEMPOTENCY_KEY": form.pop("key")} if "key" in form else {}
    file = SimpleUploadedFile(name, content or rows(3))
    answer = client.post(IMPORTS, {"file": file, **form}, format="multipart", **key)
    return answer.status_code, answer.json(), answer


def test_a_file_is_kept_and_brought_in_by_a_worker(client: APIClient) -> None:
    status, made, answer = send(client, content=rows(3) + b"{bad\n")
    assert (status, answer["Location"]) == (202, made["urls"]["self"])
    assert (made["name"], made["state"], made["total"]) == ("a.jsonl", "queued", 4)
    assert not Article.objects.exists()
    run_worker()
    done = client.get(made["urls"]["self"]).json()
    assert [done[n] for n in ("state", "position", "total", "stored", "known", "refused")] == [
        *("finished", 4, 4, 3, 0, 1)
    ]
    assert done["finished_at"]
    assert set(Article.objects.values_list("created_by__username", flat=True)) == {"journalist"}
    (fault,) = client.get(done["urls"]["faults"]).json()["results"]
    assert (fault["place"], fault["import"]) == ("line 4", done["id"])
    assert fault["reason"].startswith("line: It is not JSON")
    assert client.get(fault["urls"]["self"]).json() == fault
    # What was uploaded is kept no longer than it is needed.
    assert not UploadChunk.objects.exists()
    assert client.get(IMPORTS, {"state": "finished"}).json()["results"] == [done]
    assert client.get(IMPORTS, {"state": "queued"}).json()["results"] == []


def test_what_came_in_is_found_at_once(client: APIClient) -> None:
    send(client)
    run_worker()
    assert not IndexQueueEntry.objects.exists()
    assert len(client.get("/api/v1/articles/?q=harbour").json()["results"]) == 3


def test_columns_and_defaults_are_named(client: APIClient) -> None:
    table = b"head;story\nShips;Ships came.\nSand;Sand came.\n"
    columns = json.dumps({"title": "head", "text": "story"})
    form = {"columns": columns, "language": "en", "outlet": "The Gazette", "licence": "CC0"}
    _, made, _ = send(client, "a.csv", table, **form)
    assert made["columns"] == {"title": "head", "text": "story"}
    assert [made[name] for name in ("language", "outlet", "licence")] == [
        *("en", "The Gazette", "CC0")
    ]
    run_worker()
    assert [
        (a.title, a.language, str(a.outlet), a.licence) for a in Article.objects.order_by("pk")
    ] == [
        ("Ships", "en", "The Gazette", "CC0"),
        ("Sand", "en", "The Gazette", "CC0"),
    ]


def test_several_files_are_as_a_folder(client: APIClient) -> None:
    files = [
        SimpleUploadedFile("b.txt", b"Ships come first\nThen comes the sand."),
        SimpleUploadedFile("a.md", b"# Sand\n\nSand comes first."),
        # Of another folder: a form does not tell which.
        SimpleUploadedFile("b.txt", b"Sand comes first\nThen come the ships."),
        SimpleUploadedFile("picture.png", b"\x89PNG"),
    ]
    answer = client.post(IMPORTS, {"file": files}, format="multipart")
    assert (answer.status_code, answer.json()["total"]) == (202, 3)
    run_worker()
    assert client.get(answer.json()["urls"]["self"]).json()["stored"] == 3
    # The same files in another order are the same.
    for file in files:
        file.seek(0)
    again = client.post(IMPORTS, {"file": files[::-1]}, format="multipart")
    assert (again.status_code, again.json()["id"]) == (200, answer.json()["id"])


def test_the_same_bytes_and_options_are_the_same_import(
    client: APIClient, api: Callable[..., APIClient]
) -> None:
    _, made, _ = send(client)
    status, again, _ = send(client)
    assert (status, again["id"]) == (200, made["id"])
    assert send(client, language="de")[0] == 202
    # Of others nobody is told.
    status, other, _ = send(api(User.objects.create_user("other")))
    assert status == 202
    assert other["id"] != made["id"]
    run_worker()
    assert Article.objects.count() == 3


def test_a_dry_run_stores_nothing_and_is_apart(client: APIClient) -> None:
    status, made, _ = send(client, content=rows(2) + b"{\n", dry_run="true")
    assert (status, made["dry_run"]) == (202, True)
    run_worker()
    done = client.get(made["urls"]["self"]).json()
    assert [done[n] for n in ("state", "stored", "known", "refused")] == ["finished", 2, 0, 1]
    assert not Article.objects.exists()
    status, real, _ = send(client, content=rows(2) + b"{\n")
    assert (status, real["id"] != made["id"]) == (202, True)


@pytest.mark.parametrize(
    ("name", "content", "form", "pointer", "words"),
    [
        ("a.doc", b"x", {}, "/file", "a.doc: send one of .jsonl"),
        ("a.jsonl", b"\n", {"columns": "{"}, "/columns", "JSON object"),
        ("a.jsonl", b"\n", {"columns": '{"text": 5}'}, "/columns", "JSON object"),
        ("a.jsonl", b"\n", {"columns": '{"words": "a"}'}, "/columns/words", "no such field"),
        ("a.csv", b"shelf,row\n1,2\n", {}, "/columns", "There are: shelf, row."),
        ("a.csv", b"text,row\n1,2\n", {"columns": '{"title": "x"}'}, "/columns", "“x” for title"),
        ("a.csv", b"\xff\xfe\x00", {}, "/file", "no header in UTF-8"),
        ("a.zip", b"PK, not really", {}, "/file", "not a ZIP"),
        ("a.jsonl", b"\n", {"language": "English"}, "/language", "BCP 47"),
        ("a.jsonl", b"\n", {"dry_run": "maybe"}, "/dry_run", "true or false"),
        ("a.jsonl", b"\n", {"language": ["en", "de"]}, "/language", "once"),
        ("a.jsonl", b"\n", {"speed": "9"}, "/speed", "no such field"),
    ],
)
def test_what_cannot_be_used_is_named(
    client: APIClient, name: str, content: bytes, form: Any, pointer: str, words: str
) -> None:
    status, problem, _ = send(client, name, content, **form)
    assert status == 400
    (error,) = problem["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]
    assert not Import.objects.exists()


def test_an_empty_file_and_none_are_refused(client: APIClient) -> None:
    empty = client.post(IMPORTS, {"file": SimpleUploadedFile("a.jsonl", b"")}, format="multipart")
    assert "is empty" in empty.json()["errors"][0]["detail"]
    none = client.post(IMPORTS, {"language": "en"}, format="multipart")
    assert none.json()["errors"][0]["pointer"] == "/file"
    assert client.post(IMPORTS, {"file": "a.jsonl"}).status_code == 415
    nothing = client.generic("POST", IMPORTS)
    assert nothing.json()["errors"][0]["pointer"] == "/file"


def test_what_is_too_large_is_not_received(client: APIClient, settings: Any) -> None:
    settings.MAX_IMPORT_BYTES = 1_000_000
    status, problem, _ = send(client, content=b"x" * 2_500_000)
    assert (status, problem["type"]) == (413, "urn:pressmark:problem:too-large")
    assert problem["errors"][0]["pointer"] == "/file"
    # Within what a request may have beside its files.
    status, problem, _ = send(client, content=b"x" * 1_500_000)
    assert (status, problem["errors"][0]["detail"]) == (400, "This is 2 MB. The limit is 1 MB.")
    settings.MAX_UPLOADED_FILES = 2
    files = [SimpleUploadedFile(f"{n}.txt", b"Words.") for n in range(3)]
    assert client.post(IMPORTS, {"file": files}, format="multipart").status_code == 413


def zipped(names: int, size: int = 0) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(names):
            archive.writestr(f"{n}.txt", b"x" * size)
    return file.getvalue()


def test_an_archive_that_unpacks_to_too_much_is_refused(
    client: APIClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_IMPORT_BYTES = 100_000
    status, problem, _ = send(client, "a.zip", zipped(3, 1_000_000))
    assert status == 400
    assert "unpack to too much" in problem["errors"][0]["detail"]
    monkeypatch.setattr("articles.imports.rows.MOST_FILES", 5)
    _, problem, _ = send(client, "a.zip", zipped(6))
    assert "over 5 files" in problem["errors"][0]["detail"]
    monkeypatch.setattr("articles.imports.rows._LARGEST_TABLE", 200)
    _, problem, _ = send(client, "a.zip", zipped(6))
    assert "too many files" in problem["errors"][0]["detail"]


class TestKey:
    """`Idempotency-Key` knows a request again by the bytes of its files."""

    def test_the_same_request_is_answered_as_before(self, client: APIClient) -> None:
        first = send(client, key="k")
        run_worker()
        status, again, answer = send(client, key="k")
        assert (status, again) == (202, first[1])
        assert answer["Idempotent-Replayed"] == "true"

    def test_other_bytes_of_the_same_length_are_another_request(self, client: APIClient) -> None:
        send(client, key="k")
        assert send(client, content=rows(3, start=3), key="k")[0] == 422

    def test_so_are_other_options(self, client: APIClient) -> None:
        send(client, key="k")
        assert send(client, language="de", key="k")[0] == 422


class TestStopping:
    @pytest.fixture
    def made(self, client: APIClient, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.setattr(bulk, "BATCH_ROWS", 2)
        return send(client, content=rows(5))[1]

    def test_one_that_waits_is_stopped_and_gone_on_with(self, client: APIClient, made: Any) -> None:
        stopped = client.post(f"{made['urls']['self']}stop/").json()
        assert stopped["state"] == "stopped"
        run_worker()
        assert not Article.objects.exists()
        assert client.post(f"{made['urls']['self']}stop/").status_code == 409
        assert client.post(f"{made['urls']['self']}resume/").json()["state"] == "queued"
        assert client.post(f"{made['urls']['self']}resume/").status_code == 409
        run_worker()
        assert Article.objects.count() == 5

    def test_one_under_way_is_stopped_after_its_batch(
        self, client: APIClient, made: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stored = bulk._store_batch

        def stop_after(state: Import, *args: Any) -> Any:
            outcome = stored(state, *args)
            if state.position == 4:
                uploaded.stop(state)
            return outcome

        monkeypatch.setattr(bulk, "_store_batch", stop_after)
        run_worker()
        now = client.get(made["urls"]["self"]).json()
        assert (now["state"], now["position"], now["stored"]) == ("stopped", 4, 4)
        monkeypatch.undo()
        # Sent again, it goes on.
        status, again, _ = send(client, content=rows(5))
        assert (status, again["id"], again["state"]) == (200, made["id"], "queued")
        run_worker()
        now = client.get(made["urls"]["self"]).json()
        assert (now["state"], now["stored"], now["known"]) == ("finished", 5, 0)

    def test_a_task_that_is_run_twice_brings_nothing_in_twice(self, made: Any) -> None:
        state = Import.objects.get()
        uploaded.bring_in.enqueue(state.pk, 0)
        run_worker()
        uploaded.bring_in.enqueue(state.pk, 0)
        run_worker()
        assert Article.objects.count() == 5

    def test_what_is_given_up_is_queued_anew_where_it_had_come_further(
        self, client: APIClient, made: Any
    ) -> None:
        # As it is where a worker was killed too often, after two of the rows.
        tasks = DBTaskResult.objects.filter(task_path=uploaded.bring_in.module_path)
        tasks.update(status=TaskResultStatus.FAILED)
        Import.objects.update(state=ImportState.RUNNING, position=2, known=2)
        uploaded.take_up_lost()
        uploaded.take_up_lost()
        assert tasks.filter(status=TaskResultStatus.READY).count() == 1
        # And then without any.
        tasks.update(status=TaskResultStatus.FAILED)
        uploaded.take_up_lost()
        now = client.get(made["urls"]["self"]).json()
        assert (now["state"], "ended again" in now["fault"]) == ("failed", True)
        client.post(f"{made['urls']['self']}resume/")
        run_worker()
        now = client.get(made["urls"]["self"]).json()
        assert (now["state"], now["fault"], now["stored"]) == ("finished", "", 3)

    def test_others_have_their_turn(
        self, client: APIClient, made: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploaded, "SECONDS_IN_A_ROW", 0)
        send(client, "b.jsonl", rows(3, start=7))
        begun = Import.objects.order_by("pk")
        positions = []
        advance = bulk.advance

        def noted(*args: Any, **options: Any) -> bool:
            done = advance(*args, **options)
            positions.append([*begun.values_list("position", flat=True)])
            return done

        monkeypatch.setattr(uploaded, "advance", noted)
        run_worker()
        assert positions[:4] == [[2, 0], [2, 2], [4, 2], [4, 3]]
        assert Article.objects.count() == 8

    def test_only_what_is_not_under_way_is_deleted(self, client: APIClient, made: Any) -> None:
        one = made["urls"]["self"]
        assert client.delete(one).status_code == 428
        tag = {"HTTP_IF_MATCH": client.get(one)["ETag"]}
        assert client.delete(one, **tag).status_code == 409
        run_worker()
        assert client.delete(one, **tag).status_code == 412
        tag = {"HTTP_IF_MATCH": client.get(one)["ETag"]}
        assert client.delete(one, **tag).status_code == 204
        assert client.get(one).status_code == 404
        assert Article.objects.count() == 5

    def test_one_without_its_file_is_not_gone_on_with(self, client: APIClient, made: Any) -> None:
        client.post(f"{made['urls']['self']}stop/")
        UploadChunk.objects.all().delete()
        refused = client.post(f"{made['urls']['self']}resume/")
        assert (refused.status_code, "Send the same file" in refused.json()["detail"]) == (
            409,
            True,
        )
        assert send(client, content=rows(5))[1]["state"] == "queued"
        run_worker()
        assert Article.objects.count() == 5

    def test_a_file_that_is_broken_fails_in_words(self, client: APIClient, made: Any) -> None:
        UploadChunk.objects.update(data=b"")
        Import.objects.update(name="a.zip")
        UploadChunk.objects.all().delete()
        run_worker()
        now = client.get(made["urls"]["self"]).json()
        assert (now["state"], now["fault"]) == ("failed", "a.zip is not a ZIP archive.")


def test_there_are_only_so_many_at_a_time(client: APIClient) -> None:
    for n in range(uploaded.MOST_UNDER_WAY):
        assert send(client, content=rows(1, start=n))[0] == 202
    status, problem, _ = send(client, content=rows(1, start=9))
    assert (status, problem["type"]) == (409, "urn:pressmark:problem:too-many-imports")
    assert Import.objects.count() == uploaded.MOST_UNDER_WAY
    run_worker()
    assert send(client, content=rows(1, start=9))[0] == 202


def test_everybody_sees_their_own(
    client: APIClient, api: Callable[..., APIClient], db: None
) -> None:
    _, made, _ = send(client, content=rows(1) + b"{\n")
    run_worker()
    stranger, editor = User.objects.create_user("stranger"), User.objects.create_user("editor")
    editor.is_staff = True
    editor.save()
    for url in (made["urls"]["self"], made["urls"]["faults"]):
        assert api().get(url).status_code == 401
        assert api(stranger).get(url).status_code == 404
        assert api(editor).get(url).status_code == 200
    assert api(stranger).post(f"{made['urls']['self']}stop/").status_code == 404
    assert api(stranger).get(IMPORTS).json()["results"] == []
    assert len(api(editor).get(IMPORTS).json()["results"]) == 1
    assert api().post(IMPORTS, {}, format="multipart").status_code == 401


def test_faults_come_as_a_table_too(client: APIClient) -> None:
    _, made, _ = send(client, content=b"{\n" * 3)
    run_worker()
    table = client.get(f"{made['urls']['faults']}?format=csv&fields=place")
    assert b"".join(table.streaming_content).decode().split("\r\n")[0] == "id,place"


def test_the_queries_do_not_grow_with_the_imports(
    client: APIClient, django_assert_num_queries: Any
) -> None:
    for n in range(3):
        send(client, content=rows(1, start=n))
    with django_assert_num_queries(3):
        assert len(client.get(IMPORTS).json()["results"]) == 3


def test_uploads_that_nobody_goes_on_with_go(journalist: User) -> None:
    for _ in range(uploaded.MOST_DRAFTS + 1):
        file = SimpleUploadedFile("a.jsonl", rows(1))
        uploaded.receive([file], uploaded.Options(), by=journalist)
    assert Import.objects.count() == uploaded.MOST_DRAFTS
    old = Import.objects.latest("pk").moved_at - 2 * bulk_kept()
    first, second, *_ = Import.objects.order_by("pk")
    Import.objects.filter(pk=first.pk).update(moved_at=old)
    Import.objects.filter(pk=second.pk).update(moved_at=old, state=ImportState.STOPPED)
    run_worker()
    assert not Import.objects.filter(pk=first.pk).exists()
    assert not second.pieces.exists()
    assert Import.objects.filter(pk=second.pk).exists()
    assert not DBTaskResult.objects.exists()


def bulk_kept() -> Any:
    from articles.imports.models import KEPT_FOR

    return KEPT_FOR
