"""The worker process with a served Pressmark and a receiver: fast, and safe to kill."""

import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.articles.site.markup import render_structured
from tests.articles.site.server import serve_site
from tests.articles.site.stories import STORIES
from tests.http_server import RecordingServer, Reply, Request, recording_server
from tests.serving import Pressmark, serve_like_the_suite


@pytest.fixture(scope="module")
def pressmark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressmark]:
    # Short timeouts, so that killed workers are noticed soon.
    allowed = {"PRESSMARK_ALLOWED_PRIVATE_HOSTS": "127.0.0.0/8", "PRESSMARK_WEBHOOK_TIMEOUT": "1"}
    allowed["PRESSMARK_WORKER_HEARTBEAT_TIMEOUT"] = "3"
    allowed["PRESSMARK_CRAWL_DELAY"] = "0"
    with serve_like_the_suite(tmp_path_factory.mktemp("worked"), **allowed) as pressmark:
        yield pressmark


@pytest.fixture
def client(pressmark: Pressmark) -> httpx.Client:
    created = pressmark.client("annotator-1")
    created.timeout = httpx.Timeout(60)
    return created


@pytest.fixture
def annotate(client: httpx.Client) -> Callable[[], str]:
    """Return a function that creates a note and returns its id."""
    text = "One sentence that many people annotate at once."
    body = {"title": "Busy", "text": text, "language": "en"}
    article = client.post("/articles/", json=body).raise_for_status().json()
    note = {
        "project": "demo",
        "version": article["current_version"]["id"],
        "spans": [{"exact": "many people"}],
        "body": "Who?",
    }

    def make() -> str:
        return str(client.post("/notes/", json=note).raise_for_status().json()["id"])

    return make


def webhook(client: httpx.Client, receiver: RecordingServer) -> str:
    created = client.post("/webhooks/", json={"url": f"{receiver.url}/", "project": "demo"})
    return f"/webhooks/{created.raise_for_status().json()['id']}/"


def get_received_ids(receiver: RecordingServer) -> list[str]:
    bodies = [json.loads(request.body) for request in list(receiver.requests)]
    return [change["annotation"]["id"] for body in bodies for change in body.get("results", [])]


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "The condition was not met in time."
        time.sleep(0.1)


def test_change_arrives_within_seconds(
    pressmark: Pressmark, client: httpx.Client, annotate: Callable[[], str]
) -> None:
    with recording_server() as receiver, pressmark.working():
        address = webhook(client, receiver)
        client.post(f"{address}test/").raise_for_status()
        # The worker is running.
        wait_until(lambda: len(receiver.requests) == 1)
        created = annotate()
        wait_until(lambda: get_received_ids(receiver) == [created], seconds=10)
        client.delete(address)


def test_worker_finishes_its_tasks_on_sigint(
    pressmark: Pressmark, client: httpx.Client, annotate: Callable[[], str]
) -> None:
    def slowly(_: Request) -> Reply:
        time.sleep(0.7)
        return Reply()

    with recording_server(slowly) as receiver:
        address = webhook(client, receiver)
        annotate()
        with pressmark.working() as worker:
            wait_until(lambda: bool(receiver.requests))
            worker.send_signal(signal.SIGINT)
            assert worker.wait(10) == 0
        (delivery,) = client.get(f"{address}deliveries/").json()["results"]
        assert delivery["state"] == "delivered"
        client.delete(address)


@pytest.mark.parametrize("kills", [4])
def test_killed_workers_lose_no_deliveries(
    pressmark: Pressmark, client: httpx.Client, annotate: Callable[[], str], kills: int
) -> None:
    chance = random.Random(4)  # noqa: S311
    writing = threading.Event()
    created: list[str] = []

    def unreliable(_: Request) -> Reply:
        time.sleep(chance.uniform(0, 0.3))
        return Reply(chance.choice([200, 200, 200, 500]))

    def write() -> None:
        while not writing.is_set():
            created.append(annotate())
            time.sleep(0.05)

    with recording_server(unreliable) as receiver:
        address = webhook(client, receiver)
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(kills):
                with pressmark.working() as worker:
                    request = len(receiver.requests)
                    wait_until(lambda: len(receiver.requests) > request)  # noqa: B023
                    if number % 2:
                        time.sleep(chance.uniform(0, 1))
                    worker.kill()
        finally:
            writing.set()
            writer.join()
        receiver.answer = lambda _: Reply()
        with pressmark.working():
            wait_until(lambda: set(created) <= set(get_received_ids(receiver)), seconds=90)
        client.delete(address)
    # At least once, and in order of the first arrival.
    assert list(dict.fromkeys(get_received_ids(receiver))) == created


def test_two_workers_send_nothing_twice(
    pressmark: Pressmark, client: httpx.Client, annotate: Callable[[], str]
) -> None:
    with recording_server() as receiver, pressmark.working(), pressmark.working():
        address = webhook(client, receiver)
        created = [annotate() for _ in range(30)]
        wait_until(lambda: len(get_received_ids(receiver)) >= 30)
        time.sleep(2)
        assert get_received_ids(receiver) == created
        client.delete(address)


def test_task_of_killed_worker_runs_again(pressmark: Pressmark, client: httpx.Client) -> None:
    killed = threading.Event()

    def silent_at_first(_: Request) -> Reply:
        killed.wait(30)
        return Reply()

    with recording_server(silent_at_first) as receiver:
        address = webhook(client, receiver)
        with pressmark.working() as worker:
            client.post(f"{address}test/").raise_for_status()
            wait_until(lambda: len(receiver.requests) == 1)
            worker.kill()
        killed.set()
        with pressmark.working():
            # Only the task knows of a ping, so it must be run again.
            wait_until(lambda: len(receiver.requests) == 2)
        client.delete(address)


def test_import_survives_killed_workers(pressmark: Pressmark, client: httpx.Client) -> None:
    chance = random.Random(7)  # noqa: S311
    # More than a fast machine imports before the last worker is killed.
    rows = 10_000
    lines = [
        json.dumps(
            {
                "title": f"Story {n}",
                "text": f"The port of town {n} said on Monday that {n} ships had come. " * 5,
                "outlet": "The Killed Gazette",
                "language": "en",
            }
        )
        for n in range(rows)
    ]
    file = "\n".join([*lines[:700], "{bad", *lines[700:]]).encode()
    created = client.post("/imports/", files={"file": ("a.jsonl", file)}).raise_for_status().json()
    address = f"/imports/{created['id']}/"

    def now() -> dict[str, Any]:
        found: dict[str, Any] = client.get(address).raise_for_status().json()
        return found

    # More often than a task may be started (MAX_STARTS).
    for _ in range(6):
        before = now()
        with pressmark.working() as worker:
            wait_until(lambda: now()["current_row"] > before["current_row"])  # noqa: B023
            time.sleep(chance.uniform(0, 0.3))
            worker.kill()
    assert now()["state"] == "running"
    with pressmark.working():
        wait_until(lambda: now()["state"] == "finished", seconds=150)
    done = now()
    assert [done[name] for name in ("current_row", "created", "duplicates", "failed")] == [
        *(rows + 1, rows, 0, 1)
    ]
    (error,) = client.get(f"{address}errors/").json()["results"]
    assert error["location"] == "line 701"
    listed = client.get("/articles/", params={"outlet": "The Killed Gazette", "format": "ndjson"})
    articles = [json.loads(line) for line in listed.content.splitlines()]
    assert sorted(a["title"] for a in articles) == sorted(f"Story {n}" for n in range(rows))
    assert all(a["current_version"] for a in articles)


def test_feed_imports_articles_and_corrections(pressmark: Pressmark, client: httpx.Client) -> None:
    story = STORIES[0]
    with serve_site() as (site, listener), pressmark.working():
        link = f"{listener.url}/structured/{story.slug}"

        def serve_feed(moment: str) -> None:
            entry = f'<link href="{link}"/><updated>{moment}</updated>'
            feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry>{entry}</entry></feed>'
            site.put("/said.atom", feed, "application/atom+xml")

        def version() -> int:
            found = client.get("/articles/", params={"url": link}).json()["results"]
            return found[0]["current_version"]["number"] if found else 0

        serve_feed("2026-11-01T00:00:00Z")
        created = client.post(
            "/feeds/", json={"url": f"{listener.url}/said.atom"}
        ).raise_for_status()
        feed = f"/feeds/{created.json()['id']}/"
        wait_until(lambda: version() == 1)
        wait_until(lambda: client.get(feed).json()["imported"] == 1)
        site.put(f"/structured/{story.slug}", render_structured(story).replace("40 m", "41 m"))
        serve_feed("2026-11-02T00:00:00Z")
        assert client.post(f"{feed}poll/").status_code == 202
        wait_until(lambda: version() == 2)
        tag = client.get(feed).headers["ETag"]
        client.delete(feed, headers={"If-Match": tag}).raise_for_status()
