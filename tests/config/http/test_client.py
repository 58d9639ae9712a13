"""The HTTP client against a real server on this machine."""

import gzip
import socket
import subprocess
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.http import (
    ErrorReason,
    FetchOptions,
    RequestBlocked,
    RequestError,
    RequestFailed,
    Response,
    get,
    post,
)
from config.http.client import _get_ssl_context
from tests.http_server import RecordingServer, Reply, Request, recording_server, unused_port

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def server(settings: Any) -> Iterator[RecordingServer]:
    """A server that is in ALLOWED_PRIVATE_HOSTS."""
    with recording_server() as listener:
        settings.ALLOWED_PRIVATE_HOSTS = [listener.host]
        yield listener


def fetch(url: str, **options: Any) -> Response:
    return get(url, FetchOptions(**options))


def fetch_error(url: str, **options: Any) -> RequestError:
    with pytest.raises(RequestError) as raised:
        fetch(url, **options)
    return raised.value


class TestGet:
    def test_get_returns_status_headers_and_body(self, server: RecordingServer) -> None:
        server.answer = lambda _: Reply(body=b"<p>News", headers={**HTML, "ETag": '"7"'})
        response = fetch(f"{server.url}/a?b=1#c", headers={"If-None-Match": '"6"'})
        assert (response.status, response.body, response.media_type) == (
            200,
            b"<p>News",
            "text/html",
        )
        assert response.headers["etag"] == '"7"'
        assert response.url == f"{server.url}/a?b=1"
        (request,) = server.requests
        assert (request.method, request.target) == ("GET", "/a?b=1")
        assert request.headers["host"] == server.host
        assert request.headers["user-agent"].startswith("Pressmark/")
        assert request.headers["if-none-match"] == '"6"'

    @pytest.mark.parametrize("status", [204, 304, 404, 410, 503])
    def test_get_returns_responses_of_any_status(
        self, server: RecordingServer, status: int
    ) -> None:
        server.answer = lambda _: Reply(status, headers={"Retry-After": "7"})
        response = fetch(server.url, media_types={"text/html"})
        assert (response.status, response.headers["retry-after"]) == (status, "7")

    def test_get_blocks_private_address(self, server: RecordingServer, settings: Any) -> None:
        settings.ALLOWED_PRIVATE_HOSTS = []
        assert fetch_error(server.url).reason == ErrorReason.PRIVATE_ADDRESS
        assert not server.requests

    def test_get_follows_redirects_and_records_them(self, server: RecordingServer) -> None:
        def answer(request: Request) -> Reply:
            location = {"/1": "/2?x=1", "/2?x=1": f"{server.url}/3#there"}.get(request.target)
            return Reply(302, headers={"Location": location}) if location else Reply(body=b"here")

        server.answer = answer
        response = fetch(f"{server.url}/1")
        assert (response.url, response.body) == (f"{server.url}/3", b"here")
        assert response.redirected_from == (f"{server.url}/1", f"{server.url}/2?x=1")

    @pytest.mark.parametrize(
        ("location", "reason"),
        [
            ("http://127.0.0.1:8000/", ErrorReason.PRIVATE_ADDRESS),
            ("http://169.254.169.254/latest/meta-data/", ErrorReason.PRIVATE_ADDRESS),
            ("//localhost/", ErrorReason.PRIVATE_ADDRESS),
            ("file:///etc/passwd", ErrorReason.BAD_URL),
            ("http://me:secret@news.example/", ErrorReason.BAD_URL),
            ("http://[", ErrorReason.BAD_URL),
            ("/", ErrorReason.TOO_MANY_REDIRECTS),
        ],
    )
    def test_get_checks_each_redirect(
        self, server: RecordingServer, location: str, reason: ErrorReason
    ) -> None:
        server.answer = lambda _: Reply(301, headers={"Location": location})
        assert fetch_error(f"{server.url}/", max_redirects=3).reason == reason
        assert len(server.requests) == (4 if reason == ErrorReason.TOO_MANY_REDIRECTS else 1)

    def test_get_stops_reading_at_max_bytes(self, server: RecordingServer) -> None:
        server.answer = lambda _: Reply(body=b"x" * 1000)
        assert len(fetch(server.url, max_bytes=1000).body) == 1000
        assert fetch_error(server.url, max_bytes=999).reason == ErrorReason.TOO_LARGE

        def endless() -> Iterator[bytes]:
            yield HEAD + b"\r\n"
            while True:
                yield b"x" * 10_000

        server.answer = lambda _: Reply(raw=endless())
        assert fetch_error(server.url, max_bytes=100_000).reason == ErrorReason.TOO_LARGE

    def test_get_decompresses_gzip_with_several_members(self, server: RecordingServer) -> None:
        packed = gzip.compress(b"one ") + gzip.compress(b"two")
        server.answer = lambda _: Reply(body=packed, headers={"Content-Encoding": "gzip"})
        assert fetch(server.url).body == b"one two"
        assert server.requests[0].headers["accept-encoding"] == "gzip"

    def test_get_does_not_decompress_a_gzip_bomb(self, server: RecordingServer) -> None:
        bomb = gzip.compress(b"\0" * 200_000_000)
        server.answer = lambda _: Reply(body=bomb, headers={"Content-Encoding": "gzip"})
        tracemalloc.start()
        try:
            assert fetch_error(server.url, max_bytes=1_000_000).reason == ErrorReason.TOO_LARGE
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(
        ("encoding", "body", "reason"),
        [
            ("gzip", b"no gzip", ErrorReason.BROKEN),
            ("gzip", gzip.compress(b"cut off", mtime=0)[:-9], ErrorReason.BROKEN),
            ("br", b"x", ErrorReason.ENCODING),
            ("gzip, gzip", gzip.compress(b"in part alone", mtime=0), ErrorReason.ENCODING),
        ],
    )
    def test_get_rejects_broken_or_unsupported_encoding(
        self, server: RecordingServer, encoding: str, body: bytes, reason: ErrorReason
    ) -> None:
        server.answer = lambda _: Reply(body=body, headers={"Content-Encoding": encoding})
        assert fetch_error(server.url).reason == reason

    def test_get_rejects_other_media_types(self, server: RecordingServer) -> None:
        server.answer = lambda _: Reply(body=b"%PDF", headers={"Content-Type": "application/pdf"})
        error = fetch_error(server.url, media_types={"text/html", "text/plain"})
        assert error.reason == ErrorReason.CONTENT_TYPE
        assert str(error) == "The content type is application/pdf, not text/html or text/plain."
        server.answer = lambda _: Reply(body=b"<p>", headers={"Content-Type": "Text/HTML;x=y"})
        assert fetch(server.url, media_types={"text/html"}).body == b"<p>"

    @pytest.mark.parametrize("slow", ["head", "body", "everything"])
    def test_timeout_limits_the_whole_request(self, server: RecordingServer, slow: str) -> None:
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
        error = fetch_error(server.url, timeout=0.5)
        assert (error.reason, type(error)) == (ErrorReason.TIMEOUT, RequestFailed)
        assert 0.4 < time.monotonic() - began < 4

    def test_post_times_out_if_server_does_not_read(self, settings: Any) -> None:
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen()
            host = f"127.0.0.1:{deaf.getsockname()[1]}"
            settings.ALLOWED_PRIVATE_HOSTS = [host]
            began = time.monotonic()
            with pytest.raises(RequestFailed) as raised:
                post(f"http://{host}/", b"x" * 50_000_000, FetchOptions(timeout=0.5))
            assert raised.value.reason == ErrorReason.TIMEOUT
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
    def test_get_fails_on_invalid_http(self, server: RecordingServer, raw: bytes) -> None:
        server.answer = lambda _: Reply(raw=iter([raw]))
        error = fetch_error(server.url)
        assert (error.reason, type(error)) == (ErrorReason.BROKEN, RequestFailed)

    def test_get_fails_if_host_is_unreachable_or_unknown(self, settings: Any) -> None:
        host = f"127.0.0.1:{unused_port()}"
        settings.ALLOWED_PRIVATE_HOSTS = [host]
        assert fetch_error(f"http://{host}/").reason == ErrorReason.UNREACHABLE

        def unknown(*_: Any) -> list[str]:
            raise OSError("Name or service not known")

        error = fetch_error("http://news.example/", resolve=unknown)
        assert (error.reason, type(error)) == (ErrorReason.NAME_NOT_FOUND, RequestFailed)


class TestResolution:
    """The tests replace DNS with the `resolve` option."""

    def test_host_is_resolved_once_against_dns_rebinding(
        self, server: RecordingServer, settings: Any
    ) -> None:
        settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.0/8"]
        resolved = []

        def rebinding(host: str, port: int) -> list[str]:
            resolved.append((host, port))
            return ["127.0.0.1"] if len(resolved) == 1 else ["10.0.0.1"]

        url = f"http://news.example:{server.port}/"
        assert fetch(url, resolve=rebinding).status == 200
        assert resolved == [("news.example", server.port)]
        # The Host header has the name, not the address.
        assert server.requests[0].headers["host"] == f"news.example:{server.port}"

    @pytest.mark.parametrize(
        "addresses",
        [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"]],
    )
    def test_one_private_address_blocks_the_host_without_revealing_it(
        self, server: RecordingServer, addresses: list[str]
    ) -> None:
        url = f"http://news.example:{server.port}/"
        error = fetch_error(url, resolve=lambda *_: addresses)
        assert (error.reason, type(error)) == (ErrorReason.PRIVATE_ADDRESS, RequestBlocked)
        assert "127" not in str(error)
        assert not server.requests

    def test_next_address_is_tried_if_one_is_unreachable(
        self, server: RecordingServer, settings: Any
    ) -> None:
        settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.0/8", "::1/128"]
        url = f"http://news.example:{server.port}/"
        # The server only listens on 127.0.0.1.
        assert fetch(url, resolve=lambda *_: ["::1", "127.0.0.2", "127.0.0.1"]).status == 200

    def test_tls_verifies_the_host_name(
        self, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.0/8"]
        certificate, key = _certificate("news.example", tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        _get_ssl_context.cache_clear()
        try:
            with recording_server() as listener:
                listener.use_tls(certificate, key)
                response = fetch(
                    f"https://news.example:{listener.port}/", resolve=lambda *_: ["127.0.0.1"]
                )
                assert response.status == 200
                error = fetch_error(
                    f"https://other.example:{listener.port}/", resolve=lambda *_: ["127.0.0.1"]
                )
                assert (error.reason, type(error)) == (ErrorReason.TLS, RequestFailed)
                assert "other.example" in str(error)
        finally:
            _get_ssl_context.cache_clear()


class TestPost:
    def test_post_sends_body_and_truncates_the_response(self, server: RecordingServer) -> None:
        server.answer = lambda _: Reply(body=b"thanks " * 100)
        headers = {"Content-Type": "application/json", "User-Agent": "x"}
        response = post(f"{server.url}/in", b"{}", FetchOptions(headers=headers, max_bytes=6))
        assert (response.status, response.body) == (200, b"thanks")
        (request,) = server.requests
        assert (request.method, request.target, request.body) == ("POST", "/in", b"{}")
        assert request.headers["content-type"] == "application/json"
        assert request.headers["user-agent"] == "x"

    def test_post_does_not_follow_redirects(self, server: RecordingServer) -> None:
        server.answer = lambda _: Reply(307, headers={"Location": "/other"})
        assert post(server.url, b"", FetchOptions(max_bytes=10)).status == 307
        assert len(server.requests) == 1

    def test_post_ignores_errors_in_the_response_body(self, server: RecordingServer) -> None:
        def stalling() -> Iterator[bytes]:
            yield HEAD + b"\r\nthanks"
            time.sleep(2)

        server.answer = lambda _: Reply(raw=stalling())
        response = post(server.url, b"", FetchOptions(max_bytes=10, timeout=0.3))
        assert (response.status, response.body) == (200, b"thanks")
        server.answer = lambda _: Reply(body=b"x", headers={"Content-Encoding": "br"})
        assert post(server.url, b"", FetchOptions(max_bytes=10)).status == 200


def _certificate(name: str, folder: Path) -> tuple[str, str]:
    """Create a self-signed certificate and its key."""
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(
        [*command, *subject, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    return certificate, key
