"""Served, with workers: what people write reaches the newest version, and is told of once."""

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
SENTENCES = [f"Sentence number {n} tells of the {n * 7} ships of Valparaíso." for n in range(20)]
# This one is another in each version.
UNSURE = "The minister counted {} of them on Monday."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressmark]:
    with serve_like_the_suite(tmp_path_factory.mktemp("carried")) as pressmark:
        yield pressmark


@pytest.fixture
def client(served: Pressmark) -> httpx.Client:
    made = served.client("annotator-1")
    made.timeout = httpx.Timeout(60)
    return made


def text_of(edition: int) -> str:
    return "\n".join([f"Edition {edition}.", UNSURE.format(10 + edition), *SENTENCES])


def all_of(client: httpx.Client, address: str, **asked: Any) -> list[dict[str, Any]]:
    page = client.get(address, params={**asked, "page_size": 1000}).raise_for_status().json()
    found: list[dict[str, Any]] = page["results"]
    return found


def wait_until(holds: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.2)


def test_a_version_that_is_posted_gets_the_annotations(
    served: Pressmark, client: httpx.Client
) -> None:
    body = {"title": "Ships", "text": text_of(0), "language": "en"}
    article = client.post("/articles/", json=body).raise_for_status().json()
    note = {"project": "demo", "version": article["current_version"]["id"], "body": "Which?"}
    for words in (SENTENCES[3], UNSURE.format(10)):
        made = {**note, "spans": [{"exact": words}]}
        client.post("/notes/", json=made).raise_for_status()
    posted = {"article": article["id"], "text": text_of(1)}
    with served.working():
        new = client.post("/versions/", json=posted).raise_for_status().json()["id"]
        wait_until(lambda: bool(all_of(client, "/annotations/", version=new)))
        wait_until(
            lambda: bool(all_of(client, "/reanchorings/", target_version=new, decision="pending"))
        )
    (carried,) = all_of(client, "/annotations/", version=new)
    assert carried["spans"][0]["exact"] == SENTENCES[3]


def test_nothing_is_left_behind_or_told_twice_while_people_write_and_versions_come(
    served: Pressmark, client: httpx.Client
) -> None:
    body = {"title": "Busy ships", "text": text_of(0), "language": "en"}
    article = client.post("/articles/", json=body).raise_for_status().json()
    old = article["current_version"]["id"]
    cursor = client.get("/changes/", params={"page_size": 1000}).json()["cursor"]
    followed: list[dict[str, Any]] = []
    over = threading.Event()

    def write(writer: int) -> list[str]:
        """Annotate the first version, which was open all the time."""
        made = []
        for number in range(EACH):
            words = UNSURE.format(10) if number == 0 else SENTENCES[(writer + number) % 20]
            note = {"project": "demo", "version": old, "spans": [{"exact": words}], "body": "?"}
            made.append(client.post("/notes/", json=note).raise_for_status().json()["id"])
        return made

    def correct() -> str:
        for edition in range(1, 4):
            posted = {"article": article["id"], "text": text_of(edition)}
            new = client.post("/versions/", json=posted).raise_for_status().json()
            time.sleep(0.7)
        return str(new["id"])

    def follow() -> None:
        after = cursor
        while not over.is_set():
            page = client.get("/changes/", params={"after": after, "wait": 1}).json()
            followed.extend(page["results"])
            after = page["cursor"]

    with served.working(), served.working(), ThreadPoolExecutor(WRITERS + 2) as pool:
        following = pool.submit(follow)
        correcting = pool.submit(correct)
        writing = [pool.submit(write, writer) for writer in range(WRITERS)]
        made = [name for done in writing for name in done.result()]
        newest = correcting.result()

        def settled() -> bool:
            there = all_of(client, "/annotations/", version=newest)
            waiting = all_of(client, "/reanchorings/", target_version=newest, decision="pending")
            return len(there) + len(waiting) >= len(made)

        wait_until(settled)
        over.set()
        following.result()
    there = all_of(client, "/annotations/", version=newest)
    assert len(there) == WRITERS * (EACH - 1)
    assert not any("minister" in record["spans"][0]["exact"] for record in there)
    # One question for each that waits, and it is about the newest version.
    waiting = all_of(client, "/reanchorings/", article=article["id"], decision="pending")
    assert Counter(row["target_version"] for row in waiting) == {newest: WRITERS}
    told = all_of(client, "/changes/", after=cursor)
    assert [change["cursor"] for change in followed] == [change["cursor"] for change in told]
    assert len({change["cursor"] for change in told}) == len(told)
    steps = Counter(change["action"] for change in told)
    assert steps["create"] == len(made)
    assert steps["reanchor_pending"] - steps["reanchor_superseded"] == WRITERS
