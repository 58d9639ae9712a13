"""The Wikidata lookup, against a local server that responds as the API is documented.

https://www.wikidata.org/w/api.php?action=help&modules=wbsearchentities
"""

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from annotate.registry import wikidata
from annotate.registry.wikidata import (
    Candidate,
    LookupDisabled,
    LookupFailed,
    find_candidates,
)
from tests.http_server import RecordingServer, Reply, recording_server

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


def reply(*items: Any) -> Reply:
    body = {"searchinfo": {"search": "lima"}, "search": items, "success": 1}
    return Reply(body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


def query(server: RecordingServer, number: int = 0) -> dict[str, str]:
    parameters = parse_qs(urlsplit(server.requests[number].target).query)
    return {name: values[0] for name, values in parameters.items()}


@pytest.fixture
def server(settings: Any) -> Iterator[RecordingServer]:
    """A server at a private address that only WIKIDATA_API allows."""
    settings.ALLOWED_PRIVATE_HOSTS = []
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    with recording_server(lambda _: reply(LIMA)) as listener:
        settings.WIKIDATA_API = f"{listener.url}/w/api.php"
        yield listener


def test_lookup_sends_documented_request_and_caches_the_response(server: RecordingServer) -> None:
    for _ in range(3):
        assert find_candidates("Lima", "es") == [Candidate("Q2868", "Lima", "capital city of Peru")]
    assert len(server.requests) == 1
    sent = query(server)
    assert sent["action"] == "wbsearchentities"
    assert (sent["search"], sent["language"], sent["type"]) == ("Lima", "es", "item")
    assert sent["format"] == "json"
    assert server.requests[0].headers["user-agent"].startswith("Pressmark/")


def test_candidate_without_label_and_description_uses_its_qid(server: RecordingServer) -> None:
    server.answer = lambda _: reply({"id": "Q1"})
    assert find_candidates("Q1", "en") == [Candidate("Q1", "Q1", "")]


def test_long_names_are_truncated(server: RecordingServer) -> None:
    assert find_candidates("🚢" * 300, "en")
    assert query(server)["search"] == "🚢" * wikidata.MAX_NAME_LENGTH


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {}),
        (429, {}),
        (302, {}),
        (200, b"<html>"),
        (200, {"error": {"code": "maxlag"}}),
        (200, {"search": [{"id": "../evil"}]}),
        (200, []),
    ],
)
def test_invalid_response_fails_and_is_not_retried_for_a_while(
    server: RecordingServer, status: int, body: Any
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    server.answer = lambda _: Reply(status, content, {"Location": "/elsewhere"})
    for name in ("Lima", "Callao"):
        with pytest.raises(LookupFailed):
            find_candidates(name, "en")
    assert len(server.requests) == 1


def test_oversized_response_is_not_decompressed(server: RecordingServer) -> None:
    bomb = gzip.compress(b" " * (wikidata.MAX_BYTES + 1))
    server.answer = lambda _: Reply(body=bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(LookupFailed):
        find_candidates("Lima", "en")


def test_slow_response_times_out(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wikidata, "TIMEOUT", 0.2)

    def respond_slowly(_: Any) -> Reply:
        time.sleep(2)
        return reply(LIMA)

    server.answer = respond_slowly
    started = time.monotonic()
    with pytest.raises(LookupFailed):
        find_candidates("Lima", "en")
    assert time.monotonic() - started < 1.5


def test_lookup_is_disabled_without_setting(settings: Any) -> None:
    settings.WIKIDATA_API = ""
    with pytest.raises(LookupDisabled):
        find_candidates("Lima", "en")


class TestPage:
    def test_page_offers_candidates_as_escaped_text(
        self, client: Client, annotator: Any, server: RecordingServer
    ) -> None:
        client.force_login(annotator)
        server.answer = lambda _: reply({**LIMA, "description": "<b>capital</b>"})
        page = client.get("/entities/wikidata/?q=Lima&language=und").content.decode()
        assert "&quot;new_qid&quot;: &quot;Q2868&quot;" in page
        assert "&lt;b&gt;capital" in page
        assert "<b>capital" not in page
        assert query(server)["language"] == "en"

    def test_page_says_if_lookup_fails_or_is_disabled(
        self, client: Client, annotator: Any, server: RecordingServer, settings: Any
    ) -> None:
        client.force_login(annotator)
        server.answer = lambda _: Reply(503)
        url = "/entities/wikidata/?q=Lima"
        assert b"Wikidata is not responding" in client.get(url).content
        settings.WIKIDATA_API = ""
        assert b"turned off" in client.get(url).content

    def test_page_requires_sign_in(self, client: Client, db: None, server: RecordingServer) -> None:
        assert client.get("/entities/wikidata/?q=Lima").status_code == 302
        assert not server.requests
