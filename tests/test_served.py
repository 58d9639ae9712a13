"""Concurrent requests to a served Pressmark: every write happens once, and none is lost."""

import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.serving import ROOT, Pressmark, serve_like_the_suite

WRITERS = 8


@pytest.fixture(scope="module")
def pressmark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressmark]:
    """Serve on the suite's database engine, with a database of its own."""
    with serve_like_the_suite(tmp_path_factory.mktemp("served")) as pressmark:
        yield pressmark


@pytest.fixture(scope="module")
def client(pressmark: Pressmark) -> httpx.Client:
    created = pressmark.client("annotator-1")
    created.timeout = httpx.Timeout(60)
    return created


@pytest.fixture
def claim(client: httpx.Client) -> dict[str, Any]:
    """The body of a claim on a new article."""
    text = "One sentence that many people annotate at once."
    body = {"title": "Busy", "text": text, "language": "en"}
    article = client.post("/articles/", json=body).raise_for_status().json()
    return {
        "project": "demo",
        "version": article["current_version"]["id"],
        "spans": [{"exact": "many people"}],
        "text": "Many people annotate at once.",
    }


def test_favicon_is_served(pressmark: Pressmark) -> None:
    icon = httpx.get(f"{pressmark.url}/favicon.ico", follow_redirects=True)
    assert (icon.status_code, icon.headers["Content-Type"]) == (200, "image/svg+xml")


@pytest.mark.parametrize("charset", ["utf-8", "zlib", "utf-16", "nothing", "undefined"])
def test_json_body_is_utf_8_whatever_the_charset_header(client: httpx.Client, charset: str) -> None:
    body = '{"title": "Café", "text": "Words 🚢.", "language": "en"}'.encode()
    headers = {"Content-Type": f"application/json; charset={charset}"}
    created = client.post("/articles/", content=body, headers=headers)
    assert (created.status_code, created.json()["title"]) == (201, "Café")


def test_concurrent_requests_with_same_idempotency_key_create_once(
    client: httpx.Client, claim: dict[str, Any]
) -> None:
    def make(key: str) -> Any:
        return client.post("/claims/", json=claim, headers={"Idempotency-Key": key})

    keys = [str(uuid.uuid4()) for _ in range(3 * WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(make, [key for key in keys for _ in range(2)]))
    assert Counter(answer.status_code for answer in answers) == {201: 2 * len(keys)}
    created = [answer.json()["id"] for answer in answers]
    assert set(Counter(created).values()) == {2}
    found = client.get("/claims/", params={"version": claim["version"]}).json()["results"]
    assert {record["id"] for record in found} == set(created)
    assert len(found) == len(keys)


def test_concurrent_retries_of_a_revision_revise_once(
    client: httpx.Client, claim: dict[str, Any]
) -> None:
    one = client.post("/claims/", json=claim).json()["id"]

    def revise(revision: int) -> Any:
        headers = {"If-Match": f'"{revision}"', "Idempotency-Key": f"{one}-{revision}"}
        return client.patch(f"/claims/{one}/", json={"text": f"{revision}"}, headers=headers)

    with ThreadPoolExecutor(WRITERS) as pool:
        for revision in range(1, 6):
            answers = list(pool.map(revise, [revision] * WRITERS))
            counts = Counter((a.status_code, a.json().get("revision")) for a in answers)
            assert counts == {(200, revision + 1): WRITERS}


def test_one_of_concurrent_revisions_wins_and_others_get_412(
    client: httpx.Client, claim: dict[str, Any]
) -> None:
    one = client.post("/claims/", json=claim).json()["id"]

    def revise(writer: int) -> Any:
        body = {"text": f"The words of writer {writer}"}
        return client.patch(f"/claims/{one}/", json=body, headers={"If-Match": '"1"'})

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(revise, range(WRITERS)))
    assert Counter(a.status_code for a in answers) == {200: 1, 412: WRITERS - 1}
    (won,) = [a.json() for a in answers if a.status_code == 200]
    assert client.get(f"/claims/{one}/").json() == won
    assert all(a.json()["current"] == won for a in answers if a.status_code == 412)


def test_concurrent_versions_get_consecutive_numbers(client: httpx.Client) -> None:
    body = {"title": "Busy", "text": "The first words.", "language": "en"}
    article = client.post("/articles/", json=body).raise_for_status().json()["id"]

    def correct(writer: int) -> Any:
        return client.post("/versions/", json={"article": article, "text": f"Words {writer}."})

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(correct, range(WRITERS)))
    assert [a.status_code for a in answers] == [201] * WRITERS
    assert sorted(a.json()["number"] for a in answers) == list(range(2, WRITERS + 2))


# Creates claims as fast as it can, and revises or retracts some of them.
_WRITER = """
import sys
from django.contrib.auth.models import User
from annotate import services
from annotate.models import Claim
from annotate.projects.models import Project
from articles.models import ArticleVersion
from articles.text.anchor import Selector

version = ArticleVersion.objects.get(public_id="VERSION")
project, user = Project.objects.get(slug="demo"), User.objects.get(username="annotator-2")
print("ready", flush=True)
for n in range(NUMBER):
    content = {"spans": (Selector(start=0, end=3),), "text": f"Claim {n}"}
    created = services.create(Claim, content, project=project, version=version, actor=user)
    if n % 3 == 0:
        created = services.revise(created, {"text": f"Revised {n}"}, seen_revision=1, actor=user)
    if n % 5 == 0:
        services.retract(created, seen_revision=created.revision, actor=user)
"""
_LOGGED = """
from annotate.models import Change
print(*(f"{c.after['id']}.{c.revision}" for c in Change.objects.order_by("pk")), sep="\\n")
"""
EACH = 40
KILLED = 3


def test_change_feed_has_no_gaps_while_writers_are_killed(
    pressmark: Pressmark, claim: dict[str, Any]
) -> None:
    script = _WRITER.replace("VERSION", claim["version"]).replace("NUMBER", str(EACH))
    manage = [sys.executable, "manage.py", "shell", "--no-imports", "-c", script]
    writers = [
        subprocess.Popen(manage, cwd=ROOT, env=pressmark.env, stdout=subprocess.PIPE)
        for _ in range(WRITERS)
    ]
    over = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(_follow, pressmark, over, size) for size in (3, 50, 1000)]
        for n, writer in enumerate(writers):
            assert writer.stdout
            assert writer.stdout.readline() == b"ready\n"
            if n < KILLED:
                time.sleep(0.2)
                writer.send_signal(signal.SIGKILL)
        for writer in writers:
            writer.communicate(timeout=120)
        over.set()
        copies = [reader.result(60) for reader in readers]
    codes = [writer.returncode for writer in writers]
    assert codes == [-signal.SIGKILL] * KILLED + [0] * (WRITERS - KILLED)

    logged = pressmark.manage("shell", "--no-imports", "-c", _LOGGED).split()
    assert len(logged) > (WRITERS - KILLED) * EACH
    for seen in copies:
        assert [change["cursor"] for change in seen] == logged
    # A copy built from the feed equals the database.
    copy = {change["annotation"]["id"]: change["annotation"] for change in copies[0]}
    page = f"{pressmark.url}/api/v1/annotations/?state=all&page_size=1000"
    results = {}
    while page:
        answer = httpx.get(page, timeout=60).raise_for_status().json()
        results |= {annotation["id"]: annotation for annotation in answer["results"]}
        page = answer["next"]
    assert copy == results


def _follow(pressmark: Pressmark, over: threading.Event, size: int) -> list[dict[str, Any]]:
    """Follow the change feed until the writers have finished."""
    seen: list[dict[str, Any]] = []
    cursor = "start"
    with httpx.Client(base_url=f"{pressmark.url}/api/v1", timeout=60) as client:
        while True:
            last = over.is_set()
            params = {"after": cursor, "page_size": str(size), "wait": "1"}
            answer = client.get("/changes/", params=params).raise_for_status().json()
            seen += answer["results"]
            cursor = answer["cursor"]
            if last and not answer["results"]:
                return seen


def test_long_poll_returns_when_a_change_happens(
    pressmark: Pressmark, client: httpx.Client, claim: dict[str, Any]
) -> None:
    article = client.get(f"/versions/{claim['version']}/").json()["article"]
    with ThreadPoolExecutor(1) as pool:
        asked = {"article": article, "wait": "20"}
        began = time.monotonic()
        waiting = pool.submit(
            httpx.get, f"{pressmark.url}/api/v1/changes/", params=asked, timeout=60
        )
        time.sleep(0.6)
        created = client.post("/claims/", json=claim).raise_for_status().json()
        (change,) = waiting.result(30).json()["results"]
    assert change["annotation"]["id"] == created["id"]
    assert 0.5 < time.monotonic() - began < 10


def test_stream_is_a_snapshot_and_does_not_block_writers(
    pressmark: Pressmark, client: httpx.Client, claim: dict[str, Any]
) -> None:
    for _ in range(30):
        client.post("/claims/", json=claim).raise_for_status()
    url = f"{pressmark.url}/api/v1/annotations/?state=all"
    before = len(httpx.get(url, headers={"Accept": "application/x-ndjson"}).text.splitlines())
    with httpx.stream("GET", url, headers={"Accept": "application/x-ndjson"}, timeout=60) as answer:
        rows = answer.iter_lines()
        next(rows)
        created = client.post("/claims/", json=claim).raise_for_status().json()
        streamed = [created["id"] in row for row in rows]
    assert len(streamed) == before - 1
    assert not any(streamed)


# Holds the lock on the token's row, or on SQLite the write lock.
_HOLDER = """
import sys
from django.db import transaction
from annotate.accounts.models import ApiToken
with transaction.atomic():
    list(ApiToken.objects.select_for_update().filter(user__username="annotator-1"))
    print("held", flush=True)
    sys.stdin.read()
"""


def test_read_with_token_does_not_wait_for_a_writer(
    pressmark: Pressmark, client: httpx.Client
) -> None:
    # A token without a use, so that the request has one to record.
    fresh = pressmark.manage("create_token", "annotator-1").strip()
    holder = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", _HOLDER],
        cwd=ROOT,
        env=pressmark.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {fresh}"}
    answer = httpx.get(f"{pressmark.url}/api/v1/articles/", headers=headers, timeout=10)
    took = time.monotonic() - began
    holder.communicate(timeout=20)
    assert (answer.status_code, took < 5) == (200, True)
    command = (
        "from annotate.accounts.models import ApiToken; "
        f"print(ApiToken.objects.find_by_key({fresh!r}).last_used_at)"
    )
    for _ in range(40):
        if pressmark.manage("shell", "--no-imports", "-c", command) != "None\n":
            return
        time.sleep(0.1)
    raise AssertionError("The use of the token was never recorded.")


def test_search_finds_every_write_of_concurrent_writers(
    pressmark: Pressmark, client: httpx.Client, claim: dict[str, Any]
) -> None:
    def search(typed: str) -> dict[str, Any]:
        asked = {"q": typed, "in": "claims"}
        while True:
            answer = httpx.get(f"{pressmark.url}/api/v1/search/", params=asked, timeout=60)
            found: dict[str, Any] = answer.raise_for_status().json()
            # On a busy machine the index may need a second search to be current.
            if found["is_index_current"]:
                return found

    def revise(writer: int) -> None:
        body = {**claim, "text": f"Word{writer}x0"}
        one = client.post("/claims/", json=body).raise_for_status().json()["id"]
        for number in range(1, 10):
            client.patch(
                f"/claims/{one}/",
                json={"text": f"Word{writer}x{number}"},
                headers={"If-Match": f'"{number}"'},
            ).raise_for_status()
            # A write is searchable at once.
            assert search(f"Word{writer}x{number}")["counts"] == {"claims": 1}

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(revise, range(WRITERS)))
    for writer in range(WRITERS):
        assert [hit["title"] for hit in search(f"word{writer}x*")["results"]] == [f"Word{writer}x9"]


def test_search_does_not_wait_for_a_long_write(pressmark: Pressmark, client: httpx.Client) -> None:
    body = {"title": "Kelp at the quay", "text": "Words.", "language": "en"}

    def search() -> tuple[int, bool]:
        answer = httpx.get(f"{pressmark.url}/api/v1/search/", params={"q": "kelp"}, timeout=60)
        found = answer.raise_for_status().json()
        return found["counts"]["articles"], found["is_index_current"]

    client.post("/articles/", json=body).raise_for_status()
    assert search() == (1, True)
    client.post("/articles/", json=body).raise_for_status()
    with _long_write(pressmark):
        assert search() == (1, False)
    assert search() == (2, True)


@contextmanager
def _long_write(pressmark: Pressmark) -> Iterator[None]:
    if url := pressmark.env.get("DATABASE_URL"):
        with psycopg.connect(url.replace("postgres://", "postgresql://")) as connection:
            connection.execute(
                "SELECT pg_advisory_xact_lock('search_indexqueueentry'::regclass::oid::bigint)"
            )
            yield
    else:
        file = Path(pressmark.env["PRESSMARK_DATA"]) / "pressmark.sqlite3"
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield


def test_concurrent_and_killed_reanchoring_creates_no_duplicates(pressmark: Pressmark) -> None:
    client = pressmark.client("editor")
    articles = client.get("/articles/", params={"language": "de"}).raise_for_status().json()
    article = articles["results"][0]
    text = client.get(f"/versions/{article['current_version']['id']}/").json()["text"]
    body = {"article": article["id"], "text": f"Berichtigt am Montag.\n{text}".replace("58", "59")}
    version = client.post("/versions/", json=body).raise_for_status().json()["id"]
    command = ["reanchor", "--article", article["id"]]
    expected = (
        pressmark.manage(*command, "--dry-run").splitlines()[-1].removeprefix("Would re-anchor ")
    )

    def start() -> subprocess.Popen[bytes]:
        manage = [sys.executable, "manage.py", *command]
        return subprocess.Popen(manage, cwd=ROOT, env=pressmark.env, stdout=subprocess.DEVNULL)

    def get_reanchorings() -> list[dict[str, Any]]:
        asked = {"target_version": version, "page_size": 1000}
        found: list[dict[str, Any]] = client.get("/reanchorings/", params=asked).json()["results"]
        return found

    # Kill one of three runs after it has re-anchored some annotations.
    for least in (1, 5, 20):
        running = [start() for _ in range(3)]
        while len(get_reanchorings()) < least and running[0].poll() is None:
            time.sleep(0.02)
        running[0].send_signal(signal.SIGKILL)
        assert [process.wait() for process in running][1:] == [0, 0]
    pressmark.manage(*command)
    rows = get_reanchorings()
    created = [row["new_annotation"] for row in rows if row["new_annotation"]]
    waiting = sum(row["decision"] == "pending" for row in rows)
    assert expected.startswith(f"{len(created)} annotations in 1 articles; {waiting} need review")
    standing = client.get("/annotations/", params={"version": version, "page_size": 1000}).json()
    assert sorted(record["id"] for record in standing["results"]) == sorted(created)
    assert len({record["reanchored_from"] for record in standing["results"]}) == len(created) > 40
