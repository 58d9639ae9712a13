import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.http_server import RecordingServer, Reply, recording_server
from tests.serving import Pressmark, serve

LIMA = {"id": "Q2868", "label": "Lima", "description": "capital city of Peru"}


@pytest.fixture
def wikidata() -> Iterator[RecordingServer]:
    """A local server in place of Wikidata."""
    body = json.dumps({"search": [LIMA], "success": 1}).encode()
    with recording_server(lambda _: Reply(body=body)) as server:
        yield server


@pytest.fixture
def pressmark(tmp_path: Any, wikidata: RecordingServer) -> Iterator[Pressmark]:
    with serve(tmp_path, WIKIDATA_API=f"{wikidata.url}/w/api.php") as served:
        yield served


def test_wikidata_candidate_becomes_entity_and_failure_is_shown(
    open_as: Any, add_article: Any, select: Any, pressmark: Pressmark, wikidata: RecordingServer
) -> None:
    ids = add_article("Lima is a city. Callao is another.")
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    select(page, "Lima")
    page.keyboard.press("e")
    page.get_by_label("Country, city or state").first.check()
    page.get_by_label("Entity", exact=True).fill("Lima")
    page.get_by_role("button", name="Search Wikidata").click()
    page.get_by_role("button", name="Lima Q2868").click()
    expect(page.get_by_label("Wikidata QID")).to_have_value("Q2868")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Entity tag created.")
    (entity,) = pressmark.client("annotator-1").get("/entities/?qid=Q2868").json()["results"]
    assert (entity["name"], entity["description"]) == ("Lima", "capital city of Peru")

    wikidata.answer = lambda _: Reply(503)
    select(page, "Callao")
    page.keyboard.press("e")
    page.get_by_label("Entity", exact=True).fill("Callao")
    page.get_by_role("button", name="Search Wikidata").click()
    expect(page.locator("#wikidata")).to_contain_text("Wikidata is not responding")
