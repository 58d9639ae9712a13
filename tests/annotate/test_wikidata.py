"""Candidates from Wikidata, asked of a small server here that answers as its API is documented.

https://www.wikidata.org/w/api.php?action=help&modules=wbsearchentities
"""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.cache import cache
from django.test import Client

from annotate.registry import wikidata
from annotate.registry.wikidata import Candidate, LookupFailed, LookupOff, candidates

LIMA = {
    "id": "Q2868",
    "title": "Q2868",
    "pageid": 3939,
    "concepturi": "http://www.wikidata.org/entity/Q2868",
    "url": "//www.wikidata.org/wiki/Q2868",
    "label": "Lima",
    "description": "capital city of Peru",
    "match": {"type": "label", "language": "en", "text": "Lima"},
}


class Asked:
    """What the server was asked, and what it says."""

    def __init__(self) -> None:
        self.queries: list[dict[str, list[str]]] = []
        self.agents: list[str] = []
        self.status = 200
        self.pause = 0.0
        self.body: Any = {"searchinfo": {"search": "lima"}, "search": [dict(LIMA)], "success": 1}


@pytest.fixture
def server(settings: Any) -> Iterator[Asked]:
    asked = Asked()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.queries.append(parse_qs(urlsplit(self.path).query))
            asked.agents.append(self.headers["User-Agent"])
            time.sleep(asked.pause)
            body = asked.body if isinstance(asked.body, bytes) else json.dumps(asked.body).encode()
            self.send_response(asked.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):
                self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    settings.WIKIDATA_API = f"http://127.0.0.1:{listening.server_address[1]}/w/api.php"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield asked
    listening.shutdown()
    listening.server_close()


def test_it_asks_as_documented_and_once(server: Asked) -> None:
    for _ in range(3):
        assert candidates("Lima", "es") == [Candidate("Q2868", "Lima", "capital city of Peru")]
    assert len(server.queries) == 1
    query = {name: values[0] for name, values in server.queries[0].items()}
    assert query["action"] == "wbsearchentities"
    assert (query["search"], query["language"], query["type"]) == ("Lima", "es", "item")
    assert query["format"] == "json"
    assert server.agents[0].startswith("Pressmark/")


def test_a_label_or_description_may_be_missing(server: Asked) -> None:
    server.body["search"] = [{"id": "Q1"}]
    assert candidates("Q1", "en") == [Candidate("Q1", "Q1", "")]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {}),
        (429, {}),
        (200, b"<html>"),
        (200, {"error": {"code": "maxlag"}}),
        (200, {"search": [{"id": "../evil"}]}),
        (200, []),
    ],
)
def test_what_is_no_answer_fails_and_is_left_alone_for_a_while(
    server: Asked, status: int, body: Any
) -> None:
    server.status, server.body = status, body
    for words in ("Lima", "Callao"):
        with pytest.raises(LookupFailed):
            candidates(words, "en")
    assert len(server.queries) == 1


def test_a_slow_answer_is_not_waited_for(server: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wikidata, "TIMEOUT", httpx.Timeout(0.2))
    server.pause = 2
    with pytest.raises(LookupFailed):
        candidates("Lima", "en")


def test_nothing_is_asked_where_it_is_off(settings: Any) -> None:
    settings.WIKIDATA_API = ""
    with pytest.raises(LookupOff):
        candidates("Lima", "en")


class TestPage:
    def test_offers_them_to_be_taken_over(
        self, client: Client, annotator: Any, server: Asked
    ) -> None:
        client.force_login(annotator)
        server.body["search"][0]["description"] = "<b>capital</b>"
        page = client.get("/entities/wikidata/?q=Lima&language=und").content.decode()
        assert "&quot;new_qid&quot;: &quot;Q2868&quot;" in page
        assert "&lt;b&gt;capital" in page
        assert "<b>capital" not in page
        assert server.queries[0]["language"] == ["en"]

    def test_says_when_it_is_down_or_off(
        self, client: Client, annotator: Any, server: Asked, settings: Any
    ) -> None:
        client.force_login(annotator)
        server.status = 503
        address = "/entities/wikidata/?q=Lima"
        assert b"does not answer just now" in client.get(address).content
        settings.WIKIDATA_API = ""
        assert b"is off here" in client.get(address).content

    def test_is_not_for_strangers(self, client: Client, db: None, server: Asked) -> None:
        assert client.get("/entities/wikidata/?q=Lima").status_code == 302
        assert not server.queries
