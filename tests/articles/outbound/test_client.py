"""Asking a real server on this machine: what is taken from it, and what is not."""

import gzip
import socket
import subprocess
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.http import Failed, NotAnswered, Reason, Refused, get, post
from config.http.client import _tls
from tests.http_server import RecordingServer, Reply, Request, recording_server, unused_port

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def server(settings: Any) -> Iterator[RecordingServer]:
    """A server that may be asked."""
    with recording_server() as listener:
        settings.ALLOWED_PRIVATE_HOSTS = [listener.host]
        yield listener


def refusal(url: str, **asked: Any) -> NotAnswered:
    with pytest.raises(NotAnswered) as refused:
        get(url, **asked)
    return refused.value


class TestGet:
    def test_gives_what_there_is(self, server: RecordingServer) -> None:
        server.answer = lambda _: Reply(body=b"<p>News", headers={**HTML, "ETag": '"7"'})
        answer = get(f"{server.url}/a?b=1#c", headers={"If-None-Match": '"6"'})
        assert (answer.status, answer.body, answer.media_type) == (200, b"<p>News", "text/html")
        assert answer.headers["etag"] == '"7"'
        assert answer.url == f"{server.url}/a?b=1"
        (request,) = server.requests
        assert (request.method, request.target) == ("GET", "/a?b=1")
        assert request.headers["host"] == server.host
        assert request.headers["user-agent"].startswith("Pressmark/")
        assert request.headers["if-none-match"] == '"6"'

    @pytest.mark.parametrize("status", [204, 304, 404, 410, 503])
    def test_any_status_is_an_answer(self, server: RecordingServer, status: int) -> None:
        server.answer = lambda _: Reply(status, headers={"Retry-After": "7"})
        answer = get(server.url, media_types={"text/html"})
        assert (answer.status, answer.headers["retry-after"]) == (status, "7")

    def test_a_private_address_is_not_asked(self, server: RecordingServer, settings: Any) -> None:
        settings.ALLOWED_PRIVATE_HOSTS = []
        assert refusal(server.url).reason == Reason.PRIVATE_ADDRESS
        assert not server.requests

    def test_it_follows_redirects_and_says_whence_it_came(self, server: RecordingServer) -> None:
        def answer(request: Request) -> Reply:
            onward = {"/1": "/2?x=1", "/2?x=1": f"{server.url}/3#there"}.get(request.target)
            return Reply(302, headers={"Location": onward}) if onward else Reply(body=b"here")

        server.answer = answer
        found = get(f"{server.url}/1")
        assert (found.url, found.body) == (f"{server.url}/3", b"here")
        assert found.redirected_from == (f"{server.url}/1", f"{server.url}/2?x=1")

    @pytest.mark.parametrize(
        ("onward", "reason"),
        [
            ("http://127.0.0.1:8000/", Reason.PRIVATE_ADDRESS),
            ("http://169.254.169.254/latest/meta-data/", Reason.PRIVATE_ADDRESS),
            ("//localhost/", Reason.PRIVATE_ADDRESS),
            ("file:///etc/passwd", Reason.BAD_URL),
            ("http://me:secret@news.example/", Reason.BAD_URL),
            ("http://[", Reason.BAD_URL),
            ("/", Reason.TOO_MANY_REDIRECTS),
        ],
    )
    def test_each_redirect_is_checked(
        self, server: RecordingServer, onward: str, reason: Reason
    ) -> None:
        server.answer = lambda _: Reply(301, headers={"Location": onward})
        assert refusal(f"{server.url}/", redirects=3).reason == reason
        assert len(server.requests) == (4 if reason == Reason.TOO_MANY_REDIRECTS else 1)

    def test_what_is_too_large_is_not_read_to_its_end(self, server: RecordingServer) -> None:
        server.answer = lambda _: Reply(body=b"x" * 1000)
        assert len(get(server.url, largest=1000).body) == 1000
        assert refusal(server.url, largest=999).reason == Reason.TOO_LARGE

        def endless() -> Iterator[bytes]:
            yield HEAD + b"\r\n"
            while True:
                yield b"x" * 10_000

        server.answer = lambda _: Reply(raw=endless())
        assert refusal(server.url, largest=100_000).reason == Reason.TOO_LARGE

    def test_gzip_is_inflated_also_in_several_members(self, server: RecordingServer) -> None:
        packed = gzip.compress(b"one ") + gzip.compress(b"two")
        server.answer = lambda _: Reply(body=packed, headers={"Content-Encoding": "gzip"})
        assert get(server.url).body == b"one two"
        assert server.requests[0].headers["accept-encoding"] == "gzip"

    def test_a_bomb_is_not_inflated(self, server: RecordingServer) -> None:
        bomb = gzip.compress(b"\0" * 200_000_000)
        server.answer = lambda _: Reply(body=bomb, headers={"Content-Encoding": "gzip"})
        tracemalloc.start()
        try:
            assert refusal(server.url, largest=1_000_000).reason == Reason.TOO_LARGE
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(
        ("encoding", "body", "reason"),
        [
            ("gzip", b"no gzip", Reason.BROKEN),
            ("gzip", gzip.compress(b"cut off", mtime=0)[:-9], Reason.BROKEN),
            ("br", b"x", Reason.ENCODING),
            ("gzip, gzip", gzip.compress(b"in part alone", mtime=0), Reason.ENCODING),
        ],
    )
    def test_what_cannot_be_inflated_is_refused(
        self, server: RecordingServer, encoding: str, body: bytes, reason: Reason
    ) -> None:
        server.answer = lambda _: Reply(body=body, headers={"Content-Encoding": encoding})
        assert refusal(server.url).reason == reason

    def test_only_the_types_that_were_asked_for_are_read(self, server: RecordingServer) -> None:
        server.answer = lambda _: Reply(body=b"%PDF", headers={"Content-Type": "application/pdf"})
        refused = refusal(server.url, media_types={"text/html", "text/plain"})
        assert refused.reason == Reason.CONTENT_TYPE
        assert str(refused) == "It is application/pdf, not text/html or text/plain."
        server.answer = lambda _: Reply(body=b"<p>", headers={"Content-Type": "Text/HTML;x=y"})
        assert get(server.url, media_types={"text/html"}).body == b"<p>"

    @pytest.mark.parametrize("slow", ["head", "body", "everything"])
    def test_one_limit_of_time_is_over_everything(self, server: RecordingServer, slow: str) -> None:
        def dripping() -> Iterator[bytes]:
            if slow != "head":
                yield HEAD + (b"\r\n" if slow == "body" else b"")
            if slow == "everything":
                time.sleep(6)
            for _ in range(300):
                time.sleep(0.02)
                yield b"x"

        server.answer = lambda _: Reply(raw=dripping())
        began = time.monotonic()
        refused = refusal(server.url, seconds=0.5)
        assert (refused.reason, type(refused)) == (Reason.TIMEOUT, Failed)
        assert 0.4 < time.monotonic() - began < 4

    def test_one_who_does_not_read_is_not_waited_for(self, settings: Any) -> None:
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen()
            host = f"127.0.0.1:{deaf.getsockname()[1]}"
            settings.ALLOWED_PRIVATE_HOSTS = [host]
            began = time.monotonic()
            with pytest.raises(Failed) as failed:
                post(f"http://{host}/", b"x" * 50_000_000, headers={}, kept=10, seconds=0.5)
            assert failed.value.reason == Reason.TIMEOUT
            assert time.monotonic() - began < 4

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"no HTTP at all\r\n\r\n",
            HEAD + b"X: " + b"x" * 200_000,
            HEAD + b"Content-Length: 100\r\n\r\nshort",
            HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        ],
    )
    def test_what_is_no_http_fails(self, server: RecordingServer, raw: bytes) -> None:
        server.answer = lambda _: Reply(raw=iter([raw]))
        refused = refusal(server.url)
        assert (refused.reason, type(refused)) == (Reason.BROKEN, Failed)

    def test_nobody_there(self, settings: Any) -> None:
        host = f"127.0.0.1:{unused_port()}"
        settings.ALLOWED_PRIVATE_HOSTS = [host]
        assert refusal(f"http://{host}/").reason == Reason.UNREACHABLE

        def unknown(*_: Any) -> list[str]:
            raise OSError("Name or service not known")

        refused = refusal("http://news.example/", resolve=unknown)
        assert (refused.reason, type(refused)) == (Reason.NAME_NOT_FOUND, Failed)


class TestNames:
    """DNS is what a test cannot have for real: it is given as an argument."""

    def test_a_name_is_looked_up_once_and_that_address_is_connected_to(
        self, server: RecordingServer, settings: Any
    ) -> None:
        settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.0/8"]
        looked_up = []

        def rebinding(host: str, port: int) -> list[str]:
            looked_up.append((host, port))
            return ["127.0.0.1"] if len(looked_up) == 1 else ["10.0.0.1"]

        url = f"http://news.example:{server.port}/"
        assert get(url, resolve=rebinding).status == 200
        assert looked_up == [("news.example", server.port)]
        # The server is told the name that was asked for, not the address.
        assert server.requests[0].headers["host"] == f"news.example:{server.port}"

    @pytest.mark.parametrize(
        "addresses",
        [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"]],
    )
    def test_one_private_address_is_enough_to_refuse_and_is_not_told(
        self, server: RecordingServer, addresses: list[str]
    ) -> None:
        url = f"http://news.example:{server.port}/"
        refused = refusal(url, resolve=lambda *_: addresses)
        assert (refused.reason, type(refused)) == (Reason.PRIVATE_ADDRESS, Refused)
        assert "127" not in str(refused)
        assert not server.requests

    def test_the_next_address_is_tried_where_one_does_not_answer(
        self, server: RecordingServer, settings: Any
    ) -> None:
        settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.0/8", "::1/128"]
        url = f"http://news.example:{server.port}/"
        # The server listens at 127.0.0.1 alone.
        assert get(url, resolve=lambda *_: ["::1", "127.0.0.2", "127.0.0.1"]).status == 200

    def test_tls_is_held_to_the_name_and_not_to_the_address(
        self, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.0/8"]
        certificate, key = _certificate("news.example", tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        _tls.cache_clear()
        try:
            with recording_server() as listener:
                listener.use_tls(certificate, key)
                answer = get(
                    f"https://news.example:{listener.port}/", resolve=lambda *_: ["127.0.0.1"]
                )
                assert answer.status == 200
                refused = refusal(
                    f"https://other.example:{listener.port}/", resolve=lambda *_: ["127.0.0.1"]
                )
                assert (refused.reason, type(refused)) == (Reason.TLS, Failed)
                assert "other.example" in str(refused)
        finally:
            _tls.cache_clear()


class TestPost:
    def test_sends_and_keeps_the_beginning_of_the_answer(self, server: RecordingServer) -> None:
        server.answer = lambda _: Reply(body=b"thanks " * 100)
        headers = {"Content-Type": "application/json", "User-Agent": "x"}
        answer = post(f"{server.url}/in", b"{}", headers=headers, kept=6)
        assert (answer.status, answer.body) == (200, b"thanks")
        (request,) = server.requests
        assert (request.method, request.target, request.body) == ("POST", "/in", b"{}")
        assert request.headers["content-type"] == "application/json"
        assert request.headers["user-agent"] == "x"

    def test_follows_no_redirect(self, server: RecordingServer) -> None:
        server.answer = lambda _: Reply(307, headers={"Location": "/other"})
        assert post(server.url, b"", headers={}, kept=10).status == 307
        assert len(server.requests) == 1

    def test_the_status_counts_whatever_becomes_of_the_body(self, server: RecordingServer) -> None:
        def stalling() -> Iterator[bytes]:
            yield HEAD + b"\r\nthanks"
            time.sleep(2)

        server.answer = lambda _: Reply(raw=stalling())
        answer = post(server.url, b"", headers={}, kept=10, seconds=0.3)
        assert (answer.status, answer.body) == (200, b"thanks")
        server.answer = lambda _: Reply(body=b"x", headers={"Content-Encoding": "br"})
        assert post(server.url, b"", headers={}, kept=10).status == 200


def _certificate(name: str, folder: Path) -> tuple[str, str]:
    """Make a certificate of the name, signed by itself, and its key."""
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    told = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(
        [*made, *told, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    return certificate, key
