"""End to end, with workers: annotations reach the latest version, and the feed is complete."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.serving import Pressmark, serve_like_the_suite

WRITERS = 4
EACH = 8
SENTENCES = [f"Sentence number {n} is about the {n * 7} ships of Valparaíso." for n in range(20)]
# This sentence differs in each version.
CHANGING = "The minister counted {} of them on Monday."


@pytest.fixture(scope="module")
def pressmark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressmark]:
    with serve_like_the_suite(tmp_path_factory.mktemp("reanchoring")) as pressmark:
        yield pressmark


@pytest.fixture
def client(pressmark: Pressmark) -> httpx.Client:
    client = pressmark.client("annotator-1")
    client.timeout = httpx.Timeout(60)
    return client


def build_text(edition: int) -> str:
    return "\n".join([f"Edition {edition}.", CHANGING.format(10 + edition), *SENTENCES])


def list_all(client: httpx.Client, address: str, **params: Any) -> list[dict[str, Any]]:
    page = client.get(address, params={**params, "page_size": 1000}).raise_for_status().json()
    found: list[dict[str, Any]] = page["results"]
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "Timed out."
        time.sleep(0.2)


def test_posted_version_gets_reanchored_annotations(
    pressmark: Pressmark, client: httpx.Client
) -> None:
    body = {"title": "Ships", "text": build_text(0), "language": "en"}
    article = client.post("/articles/", json=body).raise_for_status().json()
    note = {"project": "demo", "version": article["current_version"]["id"], "body": "Which?"}
    for quote in (SENTENCES[3], CHANGING.format(10)):
        created = {**note, "spans": [{"exact": quote}]}
        client.post("/notes/", json=created).raise_for_status()
    posted = {"article": article["id"], "text": build_text(1)}
    with pressmark.working():
        new = client.post("/versions/", json=posted).raise_for_status().json()["id"]
        wait_until(lambda: bool(list_all(client, "/annotations/", version=new)))
        wait_until(
            lambda: bool(list_all(client, "/reanchorings/", target_version=new, decision="pending"))
        )
    (record,) = list_all(client, "/annotations/", version=new)
    assert record["spans"][0]["exact"] == SENTENCES[3]


def test_concurrent_writes_and_versions_lose_and_repeat_nothing(
    pressmark: Pressmark, client: httpx.Client
) -> None:
    body = {"title": "Busy ships", "text": build_text(0), "language": "en"}
    article = client.post("/articles/", json=body).raise_for_status().json()
    old = article["current_version"]["id"]
    cursor = client.get("/changes/", params={"page_size": 1000}).json()["cursor"]
    followed: list[dict[str, Any]] = []
    stop = threading.Event()

    def write(writer: int) -> list[str]:
        """Annotate the first version while later ones are added."""
        created = []
        for number in range(EACH):
            quote = CHANGING.format(10) if number == 0 else SENTENCES[(writer + number) % 20]
            note = {"project": "demo", "version": old, "spans": [{"exact": quote}], "body": "?"}
            created.append(client.post("/notes/", json=note).raise_for_status().json()["id"])
        return created

    def correct() -> str:
        for edition in range(1, 4):
            posted = {"article": article["id"], "text": build_text(edition)}
            new = client.post("/versions/", json=posted).raise_for_status().json()
            time.sleep(0.7)
        return str(new["id"])

    def follow() -> None:
        after = cursor
        while not stop.is_set():
            page = client.get("/changes/", params={"after": after, "wait": 1}).json()
            followed.extend(page["results"])
            after = page["cursor"]

    with pressmark.working(), pressmark.working(), ThreadPoolExecutor(WRITERS + 2) as pool:
        following = pool.submit(follow)
        correcting = pool.submit(correct)
        writing = [pool.submit(write, writer) for writer in range(WRITERS)]
        created = [name for done in writing for name in done.result()]
        newest = correcting.result()

        def is_processed() -> bool:
            records = list_all(client, "/annotations/", version=newest)
            pending = list_all(client, "/reanchorings/", target_version=newest, decision="pending")
            return len(records) + len(pending) >= len(created)

        wait_until(is_processed)
        stop.set()
        following.result()
    records = list_all(client, "/annotations/", version=newest)
    assert len(records) == WRITERS * (EACH - 1)
    assert not any("minister" in record["spans"][0]["exact"] for record in records)
    # Each pending annotation has one pending row, for the latest version.
    pending = list_all(client, "/reanchorings/", article=article["id"], decision="pending")
    assert Counter(row["target_version"] for row in pending) == {newest: WRITERS}
    changes = list_all(client, "/changes/", after=cursor)
    assert [change["cursor"] for change in followed] == [change["cursor"] for change in changes]
    assert len({change["cursor"] for change in changes}) == len(changes)
    actions = Counter(change["action"] for change in changes)
    assert actions["create"] == len(created)
    assert actions["reanchor_pending"] - actions["reanchor_superseded"] == WRITERS
