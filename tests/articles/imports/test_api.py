"""/api/v1/imports/: upload, run by a worker, stop and resume."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from rest_framework.test import APIClient

from articles.imports import batches, services
from articles.imports.models import UPLOAD_RETENTION, Import, ImportState, UploadChunk
from articles.models import Article
from config.jobs.models import MAX_STARTS
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


def test_upload_is_imported_by_worker(client: APIClient) -> None:
    status, created, answer = send(client, content=rows(3) + b"{bad\n")
    assert (status, answer["Location"]) == (202, created["links"]["self"])
    assert (created["name"], created["state"], created["total"]) == ("a.jsonl", "queued", 4)
    assert not Article.objects.exists()
    run_worker()
    done = client.get(created["links"]["self"]).json()
    assert [
        done[n] for n in ("state", "current_row", "total", "created", "duplicates", "failed")
    ] == [*("finished", 4, 4, 3, 0, 1)]
    assert done["finished_at"]
    assert set(Article.objects.values_list("created_by__username", flat=True)) == {"journalist"}
    (error,) = client.get(done["links"]["errors"]).json()["results"]
    assert (error["location"], error["import"]) == ("line 4", done["id"])
    assert error["reason"].startswith("line: Not JSON")
    assert client.get(error["links"]["self"]).json() == error
    # The upload is deleted as soon as it is not needed.
    assert not UploadChunk.objects.exists()
    assert client.get(IMPORTS, {"state": "finished"}).json()["results"] == [done]
    assert client.get(IMPORTS, {"state": "queued"}).json()["results"] == []


def test_imported_articles_are_searchable_at_once(client: APIClient) -> None:
    send(client)
    run_worker()
    assert not IndexQueueEntry.objects.exists()
    assert len(client.get("/api/v1/articles/?q=harbour").json()["results"]) == 3


def test_columns_and_defaults_are_applied(client: APIClient) -> None:
    table = b"head;story\nShips;Ships came.\nSand;Sand came.\n"
    columns = json.dumps({"title": "head", "text": "story"})
    form = {"columns": columns, "language": "en", "outlet": "The Gazette", "licence": "CC0"}
    _, created, _ = send(client, "a.csv", table, **form)
    assert created["columns"] == {"title": "head", "text": "story"}
    assert [created[name] for name in ("language", "outlet", "licence")] == [
        *("en", "The Gazette", "CC0")
    ]
    run_worker()
    assert [
        (a.title, a.language, str(a.outlet), a.licence) for a in Article.objects.order_by("pk")
    ] == [
        ("Ships", "en", "The Gazette", "CC0"),
        ("Sand", "en", "The Gazette", "CC0"),
    ]


def test_several_files_are_one_import(client: APIClient) -> None:
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
    assert client.get(answer.json()["links"]["self"]).json()["created"] == 3
    # The same files in another order are the same.
    for file in files:
        file.seek(0)
    again = client.post(IMPORTS, {"file": files[::-1]}, format="multipart")
    assert (again.status_code, again.json()["id"]) == (200, answer.json()["id"])


def test_same_bytes_and_options_are_same_import(
    client: APIClient, api: Callable[..., APIClient]
) -> None:
    _, created, _ = send(client)
    status, again, _ = send(client)
    assert (status, again["id"]) == (200, created["id"])
    assert send(client, language="de")[0] == 202
    # Imports of other users are not revealed.
    status, other, _ = send(api(User.objects.create_user("other")))
    assert status == 202
    assert other["id"] != created["id"]
    run_worker()
    assert Article.objects.count() == 3


def test_dry_run_stores_nothing(client: APIClient) -> None:
    status, created, _ = send(client, content=rows(2) + b"{\n", dry_run="true")
    assert (status, created["dry_run"]) == (202, True)
    run_worker()
    done = client.get(created["links"]["self"]).json()
    assert [done[n] for n in ("state", "created", "duplicates", "failed")] == ["finished", 2, 0, 1]
    assert not Article.objects.exists()
    status, real, _ = send(client, content=rows(2) + b"{\n")
    assert (status, real["id"] != created["id"]) == (202, True)


@pytest.mark.parametrize(
    ("name", "content", "form", "pointer", "message"),
    [
        ("a.doc", b"x", {}, "/file", "a.doc: send one of .jsonl"),
        ("a.jsonl", b"\n", {"columns": "{"}, "/columns", "JSON object"),
        ("a.jsonl", b"\n", {"columns": '{"text": 5}'}, "/columns", "JSON object"),
        ("a.jsonl", b"\n", {"columns": '{"words": "a"}'}, "/columns/words", "no such field"),
        ("a.csv", b"shelf,row\n1,2\n", {}, "/columns", "The columns are: shelf, row."),
        ("a.csv", b"text,row\n1,2\n", {"columns": '{"title": "x"}'}, "/columns", "“x” for title"),
        ("a.csv", b"\xff\xfe\x00", {}, "/file", "no header in UTF-16"),
        ("a.csv", b"text,title,text\n1,2,3\n", {}, "/columns", "Several columns are called “text”"),
        ("a.jsonl", b"\n", {"columns": '{"text": "a", "text": "b"}'}, "/columns", "JSON object"),
        ("a.zip", b"PK, not really", {}, "/file", "not a ZIP"),
        ("a.jsonl", b"\n", {"language": "English"}, "/language", "BCP 47"),
        ("a.jsonl", b"\n", {"dry_run": "maybe"}, "/dry_run", "true or false"),
        ("a.jsonl", b"\n", {"language": ["en", "de"]}, "/language", "once"),
        ("a.jsonl", b"\n", {"speed": "9"}, "/speed", "Unknown field"),
    ],
)
def test_invalid_input_is_rejected_with_pointer(
    client: APIClient, name: str, content: bytes, form: Any, pointer: str, message: str
) -> None:
    status, problem, _ = send(client, name, content, **form)
    assert status == 400
    (error,) = problem["errors"]
    assert error["pointer"] == pointer
    assert message in error["detail"]
    assert not Import.objects.exists()


def test_empty_and_missing_files_are_rejected(client: APIClient) -> None:
    empty = client.post(IMPORTS, {"file": SimpleUploadedFile("a.jsonl", b"")}, format="multipart")
    assert "is empty" in empty.json()["errors"][0]["detail"]
    none = client.post(IMPORTS, {"language": "en"}, format="multipart")
    assert none.json()["errors"][0]["pointer"] == "/file"
    assert client.post(IMPORTS, {"file": "a.jsonl"}).status_code == 415
    nothing = client.generic("POST", IMPORTS)
    assert nothing.json()["errors"][0]["pointer"] == "/file"


def test_too_large_upload_is_rejected(client: APIClient, settings: Any) -> None:
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


def build_archive(names: int, size: int = 0) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(names):
            archive.writestr(f"{n}.txt", b"x" * size)
    return file.getvalue()


def test_archive_bomb_is_rejected(
    client: APIClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_IMPORT_BYTES = 100_000
    status, problem, _ = send(client, "a.zip", build_archive(3, 1_000_000))
    assert status == 400
    assert "too large when unpacked" in problem["errors"][0]["detail"]
    monkeypatch.setattr("articles.imports.rows.MAX_FILES", 5)
    _, problem, _ = send(client, "a.zip", build_archive(6))
    assert "over 5 files" in problem["errors"][0]["detail"]
    monkeypatch.setattr("articles.imports.rows._MAX_DIRECTORY_BYTES", 200)
    _, problem, _ = send(client, "a.zip", build_archive(6))
    assert "too many files" in problem["errors"][0]["detail"]


class TestIdempotencyKey:
    """`Idempotency-Key` knows a request again by the bytes of its files."""

    def test_retry_with_same_key_returns_first_response(self, client: APIClient) -> None:
        first = send(client, key="k")
        run_worker()
        status, again, answer = send(client, key="k")
        assert (status, again) == (202, first[1])
        assert answer["Idempotent-Replayed"] == "true"

    def test_same_key_with_other_bytes_is_rejected(self, client: APIClient) -> None:
        send(client, key="k")
        assert send(client, content=rows(3, start=3), key="k")[0] == 422

    def test_same_key_with_other_options_is_rejected(self, client: APIClient) -> None:
        send(client, key="k")
        assert send(client, language="de", key="k")[0] == 422


class TestStopAndResume:
    @pytest.fixture
    def created(self, client: APIClient, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.setattr(batches, "BATCH_ROWS", 2)
        return send(client, content=rows(5))[1]

    def test_queued_import_is_stopped_and_resumed(self, client: APIClient, created: Any) -> None:
        stopped = client.post(f"{created['links']['self']}stop/").json()
        assert stopped["state"] == "stopped"
        run_worker()
        assert not Article.objects.exists()
        assert client.post(f"{created['links']['self']}stop/").status_code == 409
        assert client.post(f"{created['links']['self']}resume/").json()["state"] == "queued"
        assert client.post(f"{created['links']['self']}resume/").status_code == 409
        run_worker()
        assert Article.objects.count() == 5

    def test_running_import_stops_after_its_batch(
        self, client: APIClient, created: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store_batch = batches._store_batch

        def stop_after(state: Import, *args: Any) -> Any:
            result = store_batch(state, *args)
            if state.processed == 4:
                services.stop(state)
            return result

        monkeypatch.setattr(batches, "_store_batch", stop_after)
        run_worker()
        now = client.get(created["links"]["self"]).json()
        assert (now["state"], now["current_row"], now["created"]) == ("stopped", 4, 4)
        monkeypatch.undo()
        # Sent again, it goes on.
        status, again, _ = send(client, content=rows(5))
        assert (status, again["id"], again["state"]) == (200, created["id"], "queued")
        run_worker()
        now = client.get(created["links"]["self"]).json()
        assert (now["state"], now["created"], now["duplicates"]) == ("finished", 5, 0)

    def test_task_that_runs_twice_imports_nothing_twice(self, created: Any) -> None:
        task = DBTaskResult.objects.get(task_path=services.run_import.module_path)
        services.run_import.enqueue(*task.args_kwargs["args"])
        run_worker()
        services.run_import.enqueue(*task.args_kwargs["args"])
        run_worker()
        assert Article.objects.count() == 5

    def test_task_with_lost_lease_does_nothing(self, created: Any) -> None:
        task = DBTaskResult.objects.get(task_path=services.run_import.module_path)
        Import.objects.all().claim(timedelta(hours=1), force=True)
        services.run_import.call(*task.args_kwargs["args"])
        assert not Article.objects.exists()

    def test_lost_task_is_requeued_until_import_makes_no_progress(
        self, client: APIClient, created: Any
    ) -> None:
        # Workers died after two rows, and the task was given up.
        tasks = DBTaskResult.objects.filter(task_path=services.run_import.module_path)
        tasks.update(status=TaskResultStatus.FAILED)
        Import.objects.update(
            state=ImportState.RUNNING, processed=2, duplicates=2, lease_expires_at=timezone.now()
        )
        services.requeue_expired()
        services.requeue_expired()
        assert tasks.filter(status=TaskResultStatus.READY).count() == 1
        # Then they died again and again without any progress.
        tasks.update(status=TaskResultStatus.FAILED)
        Import.objects.update(attempts=MAX_STARTS, lease_expires_at=timezone.now())
        run_worker()
        now = client.get(created["links"]["self"]).json()
        assert (now["state"], "died repeatedly" in now["error"]) == ("failed", True)
        assert not Article.objects.exists()
        client.post(f"{created['links']['self']}resume/")
        run_worker()
        now = client.get(created["links"]["self"]).json()
        assert (now["state"], now["error"], now["created"]) == ("finished", "", 3)

    def test_imports_take_turns(
        self, client: APIClient, created: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(services, "TURN_SECONDS", 0)
        send(client, "b.jsonl", rows(3, start=7))
        begun = Import.objects.order_by("pk")
        progress = []
        import_rows = batches.import_rows

        def record_call(*args: Any, **options: Any) -> bool:
            done = import_rows(*args, **options)
            progress.append([*begun.values_list("processed", flat=True)])
            return done

        monkeypatch.setattr(services, "import_rows", record_call)
        run_worker()
        assert progress[:4] == [[2, 0], [2, 2], [4, 2], [4, 3]]
        assert Article.objects.count() == 8

    def test_active_import_cannot_be_deleted(self, client: APIClient, created: Any) -> None:
        one = created["links"]["self"]
        assert client.delete(one).status_code == 428
        tag = {"HTTP_IF_MATCH": client.get(one)["ETag"]}
        assert client.delete(one, **tag).status_code == 409
        run_worker()
        assert client.delete(one, **tag).status_code == 412
        tag = {"HTTP_IF_MATCH": client.get(one)["ETag"]}
        assert client.delete(one, **tag).status_code == 204
        assert client.get(one).status_code == 404
        assert Article.objects.count() == 5

    def test_import_without_upload_cannot_be_resumed(self, client: APIClient, created: Any) -> None:
        client.post(f"{created['links']['self']}stop/")
        UploadChunk.objects.all().delete()
        rejected = client.post(f"{created['links']['self']}resume/")
        assert (
            rejected.status_code,
            "Upload the same file again" in rejected.json()["detail"],
        ) == (
            409,
            True,
        )
        assert send(client, content=rows(5))[1]["state"] == "queued"
        run_worker()
        assert Article.objects.count() == 5

    def test_broken_file_fails_with_message(self, client: APIClient, created: Any) -> None:
        UploadChunk.objects.update(data=b"")
        Import.objects.update(name="a.zip")
        UploadChunk.objects.all().delete()
        run_worker()
        now = client.get(created["links"]["self"]).json()
        assert (now["state"], now["error"]) == ("failed", "a.zip is not a ZIP archive.")


def test_active_imports_are_limited(client: APIClient) -> None:
    for n in range(services.MAX_ACTIVE):
        assert send(client, content=rows(1, start=n))[0] == 202
    status, problem, _ = send(client, content=rows(1, start=9))
    assert (status, problem["type"]) == (409, "urn:pressmark:problem:too-many-imports")
    assert Import.objects.count() == services.MAX_ACTIVE
    run_worker()
    assert send(client, content=rows(1, start=9))[0] == 202


def test_users_see_their_own_imports(
    client: APIClient, api: Callable[..., APIClient], db: None
) -> None:
    _, created, _ = send(client, content=rows(1) + b"{\n")
    run_worker()
    stranger, editor = User.objects.create_user("stranger"), User.objects.create_user("editor")
    editor.is_staff = True
    editor.save()
    for url in (created["links"]["self"], created["links"]["errors"]):
        assert api().get(url).status_code == 401
        assert api(stranger).get(url).status_code == 404
        assert api(editor).get(url).status_code == 200
    assert api(stranger).post(f"{created['links']['self']}stop/").status_code == 404
    assert api(stranger).get(IMPORTS).json()["results"] == []
    assert len(api(editor).get(IMPORTS).json()["results"]) == 1
    assert api().post(IMPORTS, {}, format="multipart").status_code == 401


def test_row_errors_are_available_as_csv(client: APIClient) -> None:
    _, created, _ = send(client, content=b"{\n" * 3)
    run_worker()
    table = client.get(f"{created['links']['errors']}?format=csv&fields=location")
    assert b"".join(table.streaming_content).decode().split("\r\n")[0] == "id,location"


def test_list_query_count_is_constant(client: APIClient, django_assert_num_queries: Any) -> None:
    for n in range(3):
        send(client, content=rows(1, start=n))
    with django_assert_num_queries(3):
        assert len(client.get(IMPORTS).json()["results"]) == 3


def test_abandoned_uploads_are_deleted(journalist: User) -> None:
    for _ in range(services.MAX_DRAFTS + 1):
        file = SimpleUploadedFile("a.jsonl", rows(1))
        services.save_upload([file], services.Options(), by=journalist)
    assert Import.objects.count() == services.MAX_DRAFTS
    old = Import.objects.latest("pk").updated_at - 2 * UPLOAD_RETENTION
    first, second, *_ = Import.objects.order_by("pk")
    Import.objects.filter(pk=first.pk).update(updated_at=old)
    Import.objects.filter(pk=second.pk).update(updated_at=old, state=ImportState.STOPPED)
    run_worker()
    assert not Import.objects.filter(pk=first.pk).exists()
    assert not second.chunks.exists()
    assert Import.objects.filter(pk=second.pk).exists()
    assert not DBTaskResult.objects.exists()


def test_row_with_repeated_key_or_nul_is_an_error(client: APIClient) -> None:
    lines = [
        '{"title": "A", "text": "One.", "text": "Two."}',
        '{"title": "B", "text": "a\\u0000b"}',
        '{"title": "C\\u0000", "text": "Words."}',
        '{"title": "D", "text": "Words.", "authors": ["\\u0000"]}',
        '{"title": "E", "text": "Words."}',
    ]
    _, created, _ = send(client, content="\n".join(lines).encode())
    run_worker()
    assert [article.title for article in Article.objects.all()] == ["E"]
    errors = client.get(created["links"]["errors"]).json()["results"]
    assert [error["location"] for error in errors] == [f"line {n}" for n in range(1, 5)]
    assert "“text” is given twice" in errors[0]["reason"]
    assert all("NUL" in error["reason"] for error in errors[1:])


def test_unused_columns_may_share_a_name(client: APIClient) -> None:
    status, _, _ = send(client, "a.csv", b"text,title,x,x\n1,2,3,4\n")
    assert status == 202
