"""Looking an entity up on Wikidata, in an installation that may; a server here answers for it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.serving import Pressmark, serve

LIMA = {"id": "Q2868", "label": "Lima", "description": "capital city of Peru"}


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"search": [LIMA], "success": 1}).encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def pressmark(tmp_path: Any, answering: ThreadingHTTPServer) -> Iterator[Pressmark]:
    address = f"http://127.0.0.1:{answering.server_address[1]}/w/api.php"
    with serve(tmp_path, WIKIDATA_API=address) as served:
        yield served


def test_a_candidate_becomes_an_entity_and_a_silent_server_is_said_to_be(
    open_as: Any, bring_in: Any, select: Any, pressmark: Pressmark, answering: ThreadingHTTPServer
) -> None:
    ids = bring_in("Lima is a city. Callao is another.")
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    select(page, "Lima")
    page.keyboard.press("e")
    page.get_by_label("Country, city or state").first.check()
    page.get_by_label("Entity", exact=True).fill("Lima")
    page.get_by_role("button", name="Look it up on Wikidata").click()
    page.get_by_role("button", name="Lima Q2868").click()
    expect(page.get_by_label("Wikidata QID")).to_have_value("Q2868")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Entity tag made.")
    (entity,) = pressmark.client("annotator-1").get("/entities/?qid=Q2868").json()["results"]
    assert (entity["name"], entity["description"]) == ("Lima", "capital city of Peru")

    answering.shutdown()
    answering.server_close()
    select(page, "Callao")
    page.keyboard.press("e")
    page.get_by_label("Entity", exact=True).fill("Callao")
    page.get_by_role("button", name="Look it up on Wikidata").click()
    expect(page.locator("#wikidata")).to_contain_text("Wikidata does not answer just now")
