"""Outages of a real database, below a served Pressmark: stopped, crashed, full, locked."""

import json
import os
import resource
import sqlite3
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from django.db import DatabaseError, connection

from config.db.outages import is_outage
from tests.postgresql import PostgreSQL, serve_postgresql
from tests.serving import Pressmark, serve

# More than the server has threads.
REQUESTS = 24


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with serve_postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def on_postgresql(
    postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pressmark]:
    folder = tmp_path_factory.mktemp("on-postgresql")
    fast = {"PRESSMARK_WORKER_HEARTBEAT_TIMEOUT": "3"}
    with serve(folder, postgresql.url, folder / "log", **fast) as pressmark:
        yield pressmark


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Pressmark]:
    with serve(tmp_path, log=tmp_path / "log") as pressmark:
        yield pressmark


@pytest.fixture
def write(request: pytest.FixtureRequest) -> Callable[..., httpx.Response]:
    """Return a function that creates a note, under an idempotency key if it gets one."""
    name = "on_sqlite" if request.node.get_closest_marker("sqlite") else "on_postgresql"
    pressmark: Pressmark = request.getfixturevalue(name)
    client = pressmark.client("annotator-1")
    client.timeout = httpx.Timeout(60)
    body = {"title": "Busy", "text": "Many people read it.", "language": "en"}
    article = client.post("/articles/", json=body).raise_for_status().json()
    note = {
        "project": "demo",
        "version": article["current_version"]["id"],
        "spans": [{"exact": "Many people"}],
        "body": "Who?",
    }

    def write(key: str = "") -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return client.post("/notes/", json=note, headers=headers)

    return write


def assert_unavailable(response: httpx.Response) -> None:
    assert response.status_code == 503, response.text
    assert int(response.headers["Retry-After"]) > 0
    if "/api/" in str(response.url):
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["type"] == "urn:pressmark:problem:unavailable"
    else:
        assert "Temporarily unavailable" in response.text


def read_many(pressmark: Pressmark) -> Counter[int]:
    client = pressmark.client("annotator-1")
    urls = [
        f"{client.base_url}notes/",
        f"{pressmark.url}/articles/",
        f"{pressmark.url}/search/?q=measles",
    ]
    with ThreadPoolExecutor(REQUESTS) as pool:
        get = pool.map(lambda n: client.get(urls[n % 3]).status_code, range(REQUESTS))
        return Counter(get)


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "The condition was not met in time."
        time.sleep(0.1)


@pytest.mark.postgresql
def test_no_request_fails_after_postgresql_restarts(
    postgresql: PostgreSQL, on_postgresql: Pressmark, write: Callable[..., httpx.Response]
) -> None:
    for _ in range(3):
        # Every thread has a connection.
        read_many(on_postgresql)
        postgresql.restart()
        assert read_many(on_postgresql) == {200: REQUESTS}
        read_many(on_postgresql)
        postgresql.restart()
        with ThreadPoolExecutor(REQUESTS) as pool:
            written = pool.map(lambda _: write().status_code, range(REQUESTS))
            assert Counter(written) == {201: REQUESTS}


@pytest.mark.postgresql
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_requests_get_503_while_postgresql_is_down(
    postgresql: PostgreSQL,
    on_postgresql: Pressmark,
    write: Callable[..., httpx.Response],
    mode: str,
) -> None:
    client = on_postgresql.client("annotator-1")
    key = str(uuid.uuid4())
    postgresql.stop(mode)
    try:
        for path in ("notes/", "annotations/?format=ndjson", "claims/?format=csv", "search/?q=a"):
            assert_unavailable(client.get(path))
            assert_unavailable(httpx.get(f"{client.base_url}{path}"))
        for page in ("articles/", "search/?q=measles", ""):
            assert_unavailable(httpx.get(f"{on_postgresql.url}/{page}", follow_redirects=True))
        assert_unavailable(write(key))
    finally:
        postgresql.start()
    assert read_many(on_postgresql) == {200: REQUESTS}
    assert write(key).status_code == 201


@pytest.mark.postgresql
def test_reads_succeed_and_writes_happen_once_while_connections_break(
    postgresql: PostgreSQL, on_postgresql: Pressmark, write: Callable[..., httpx.Response]
) -> None:
    over = threading.Event()
    client = on_postgresql.client("annotator-1")
    read: Counter[int] = Counter()

    def keep_reading() -> None:
        while not over.is_set():
            read[client.get("/annotations/", params={"page_size": 50}).status_code] += 1

    def write_once(key: str) -> str:
        while (response := write(key)).status_code != 201:
            assert_unavailable(response)
        return str(response.json()["id"])

    first = write().json()
    keys = [str(uuid.uuid4()) for _ in range(60)]
    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(keep_reading) for _ in range(3)]
        writing = [pool.submit(write_once, key) for key in keys]
        # A read is retried once, so the pause is longer than a read and its retry may take.
        for _ in range(4):
            postgresql.disconnect_all()
            time.sleep(2)
        over.set()
        created = {one.result() for one in writing}
        for reader in readers:
            reader.result()
    assert set(read) == {200}
    params = {"version": first["version"], "page_size": 1000}
    found = {note["id"] for note in client.get("/notes/", params=params).json()["results"]}
    assert found == {*created, first["id"]}
    assert len(created) == len(keys)
    params = {"article": first["article"], "page_size": 1000}
    changes = client.get("/changes/", params=params).json()["results"]
    assert Counter(change["annotation"]["id"] for change in changes) == Counter(found)


@pytest.mark.postgresql
def test_writes_get_503_after_failover_to_a_standby(
    postgresql: PostgreSQL, on_postgresql: Pressmark, write: Callable[..., httpx.Response]
) -> None:
    postgresql.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
    try:
        postgresql.disconnect_all()
        assert read_many(on_postgresql) == {200: REQUESTS}
        assert_unavailable(write())
    finally:
        postgresql.execute("ALTER DATABASE postgres RESET default_transaction_read_only")
        postgresql.disconnect_all()
    assert write().status_code == 201


@pytest.mark.postgresql
def test_worker_continues_after_postgresql_was_down(
    postgresql: PostgreSQL, on_postgresql: Pressmark
) -> None:
    client = on_postgresql.client("annotator-1")
    rows = 6000
    lines = [
        json.dumps({"title": f"Story {n}", "text": f"Ship {n} came. " * 9, "outlet": "The Outage"})
        for n in range(rows)
    ]
    file = "\n".join(lines).encode()
    created = client.post("/imports/", files={"file": ("a.jsonl", file)}).raise_for_status().json()
    address = f"/imports/{created['id']}/"
    with on_postgresql.working() as worker:
        for done in (0, 1500):
            wait_until(lambda: client.get(address).json()["current_row"] > done)  # noqa: B023
            postgresql.stop()
            # Long enough for several attempts of the worker.
            time.sleep(3)
            postgresql.start()
        wait_until(lambda: client.get(address).json()["state"] == "finished", 90)
        assert worker.poll() is None
    done = client.get(address).json()
    assert (done["created"], done["failed"], done["error"]) == (rows, 0, "")


@pytest.mark.postgresql
def test_command_without_postgresql_prints_one_line(
    postgresql: PostgreSQL, on_postgresql: Pressmark
) -> None:
    postgresql.stop()
    try:
        with pytest.raises(subprocess.CalledProcessError) as failed:
            on_postgresql.manage("verify_spans")
    finally:
        postgresql.start()
    assert failed.value.returncode == 2
    assert "Traceback" not in failed.value.stderr
    assert failed.value.stderr.startswith("The database or the disk is not available: ")


def limit_files(pressmark: Pressmark, size: int) -> None:
    """Let no file of the server grow beyond `size` bytes: its file system is full."""
    assert pressmark.server
    master = pressmark.server.pid
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    for process in [master, *map(int, workers)]:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.sqlite
def test_writes_get_503_while_the_file_system_is_full(
    on_sqlite: Pressmark, write: Callable[..., httpx.Response]
) -> None:
    client = on_sqlite.client("annotator-1")
    before = client.get("/changes/?page_size=1000").json()
    limit_files(on_sqlite, 4096)
    key = str(uuid.uuid4())
    upload = {"file": ("a.txt", b"Words. " * 500_000)}
    sign_in = {"username": "annotator-2", "password": "annotator-2-demo"}
    assert_unavailable(write(key))
    assert_unavailable(
        client.post("/projects/", json={"slug": "a", "name": "A", "tag_set": "news"})
    )
    assert_unavailable(client.post("/imports/", files=upload))
    with httpx.Client(base_url=on_sqlite.url) as browser:
        page = browser.get("/sign-in/")
        sign_in["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
        assert page.status_code == 200
        assert_unavailable(browser.post("/sign-in/", data=sign_in))
    assert read_many(on_sqlite) == {200: REQUESTS}
    assert client.get("/search/?q=measles").status_code == 200
    assert client.get("/changes/?page_size=1000").json() == before
    limit_files(on_sqlite, resource.RLIM_INFINITY)
    assert write(key).status_code == 201
    assert client.get("/search/?q=Who").status_code == 200
    on_sqlite.manage("verify_spans")


@pytest.mark.sqlite
def test_writes_get_503_while_another_process_locks_sqlite(
    on_sqlite: Pressmark, write: Callable[..., httpx.Response]
) -> None:
    client = on_sqlite.client("annotator-2")
    file = Path(on_sqlite.env["PRESSMARK_DATA"], "pressmark.sqlite3")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(write)
            for path in ("/notes/", "/annotations/?format=ndjson", "/search/?q=measles"):
                assert client.get(path, timeout=10).status_code == 200
            assert_unavailable(waiting.result())
        other.execute("ROLLBACK")
    assert write().status_code == 201


@pytest.mark.sqlite
@pytest.mark.parametrize(("given", "level"), [(None, 2), ("NORMAL", 1)])
def test_sqlite_waits_for_the_disk_unless_a_setting_says_otherwise(
    tmp_path: Path, given: str | None, level: int
) -> None:
    env = {"PRESSMARK_DATA": str(tmp_path)}
    if given:
        env["PRESSMARK_SQLITE_SYNCHRONOUS"] = given
    script = (
        "from django.db import connection; cursor = connection.cursor();"
        "print(cursor.execute('PRAGMA synchronous').fetchone()[0])"
    )
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PRESS", "DATABASE"))}
    manage = Pressmark(0, inherited | env).manage
    assert manage("shell", "--no-imports", "-c", script).strip() == str(level)


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM no_such_table", "SELEKT 1", "SELECT no_such_function()"]
)
@pytest.mark.django_db
def test_wrong_query_is_no_outage(statement: str) -> None:
    with pytest.raises(DatabaseError) as failed, connection.cursor() as cursor:
        cursor.execute(statement)
    assert not is_outage(failed.value)
