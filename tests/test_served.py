"""A served Pressmark: many writers at once, each write once, and none lost."""

import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
from django.conf import settings

from tests.serving import Pressmark, serve

WRITERS = 8


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressmark]:
    """Serve on the engine that the suite runs on, with a database of its own."""
    data = tmp_path_factory.mktemp("served")
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        with serve(data) as pressmark:
            yield pressmark
        return
    server = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    name = f"pressmark_{uuid.uuid4().hex}"
    with psycopg.connect(f"postgresql://{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            with serve(data, f"postgres://{server}/{name}") as pressmark:
                yield pressmark
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def client(served: Pressmark) -> httpx.Client:
    made = served.client("annotator-1")
    made.timeout = httpx.Timeout(60)
    return made


@pytest.fixture
def claim(client: httpx.Client) -> dict[str, Any]:
    """The body of a claim on an article of its own."""
    text = "One sentence that many people annotate at once."
    body = {"title": "Busy", "text": text, "language": "en"}
    article = client.post("/articles/", json=body).raise_for_status().json()
    return {
        "project": "demo",
        "version": article["current_version"]["id"],
        "spans": [{"exact": "many people"}],
        "wording": "Many people annotate at once.",
    }


@pytest.mark.parametrize("charset", ["utf-8", "zlib", "utf-16", "nothing", "undefined"])
def test_json_is_utf_8_whatever_the_header_says(client: httpx.Client, charset: str) -> None:
    body = '{"title": "Café", "text": "Words 🚢.", "language": "en"}'.encode()
    headers = {"Content-Type": f"application/json; charset={charset}"}
    made = client.post("/articles/", content=body, headers=headers)
    assert (made.status_code, made.json()["title"]) == (201, "Café")


def test_a_key_that_is_sent_twice_at_once_acts_once(
    client: httpx.Client, claim: dict[str, Any]
) -> None:
    def make(key: str) -> Any:
        return client.post("/claims/", json=claim, headers={"Idempotency-Key": key})

    keys = [str(uuid.uuid4()) for _ in range(3 * WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(make, [key for key in keys for _ in range(2)]))
    assert Counter(answer.status_code for answer in answers) == {201: 2 * len(keys)}
    made = [answer.json()["id"] for answer in answers]
    assert set(Counter(made).values()) == {2}
    found = client.get("/claims/", params={"version": claim["version"]}).json()["results"]
    assert {record["id"] for record in found} == set(made)
    assert len(found) == len(keys)


def test_a_revision_that_is_sent_again_while_it_is_made_is_one(
    client: httpx.Client, claim: dict[str, Any]
) -> None:
    one = client.post("/claims/", json=claim).json()["id"]

    def revise(revision: int) -> Any:
        headers = {"If-Match": f'"{revision}"', "Idempotency-Key": f"{one}-{revision}"}
        return client.patch(f"/claims/{one}/", json={"wording": f"{revision}"}, headers=headers)

    with ThreadPoolExecutor(WRITERS) as pool:
        for revision in range(1, 6):
            answers = list(pool.map(revise, [revision] * WRITERS))
            told = Counter((a.status_code, a.json().get("revision")) for a in answers)
            assert told == {(200, revision + 1): WRITERS}


def test_of_many_revisions_of_one_state_one_wins(
    client: httpx.Client, claim: dict[str, Any]
) -> None:
    one = client.post("/claims/", json=claim).json()["id"]

    def revise(writer: int) -> Any:
        body = {"wording": f"The words of writer {writer}"}
        return client.patch(f"/claims/{one}/", json=body, headers={"If-Match": '"1"'})

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(revise, range(WRITERS)))
    assert Counter(a.status_code for a in answers) == {200: 1, 412: WRITERS - 1}
    (won,) = [a.json() for a in answers if a.status_code == 200]
    assert client.get(f"/claims/{one}/").json() == won
    assert all(a.json()["current"] == won for a in answers if a.status_code == 412)


def test_of_many_corrected_texts_each_gets_its_number(client: httpx.Client) -> None:
    body = {"title": "Busy", "text": "The first words.", "language": "en"}
    article = client.post("/articles/", json=body).raise_for_status().json()["id"]

    def correct(writer: int) -> Any:
        return client.post("/versions/", json={"article": article, "text": f"Words {writer}."})

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(correct, range(WRITERS)))
    assert [a.status_code for a in answers] == [201] * WRITERS
    assert sorted(a.json()["number"] for a in answers) == list(range(2, WRITERS + 2))
