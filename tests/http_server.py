"""An HTTP server on this machine that records requests and replies as a test wants."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What to answer. `raw` replaces everything else, also the status line."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: Iterator[bytes] | None = None


class RecordingServer:
    """A server on a port of 127.0.0.1. A test may replace `answer` while it runs."""

    def __init__(self, answer: Callable[[Request], Reply], port: int = 0) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, self.rfile.read(length))
                recorder.requests.append(request)
                # The client may have gone away.
                with contextlib.suppress(OSError):
                    self.send_reply(recorder.answer(request))

            def do_POST(self) -> None:
                self.do_GET()

            def send_reply(self, reply: Reply) -> None:
                if reply.raw is not None:
                    for part in reply.raw:
                        self.wfile.write(part)
                    return
                self.send_response(reply.status)
                for name, value in {
                    "Content-Length": str(len(reply.body)),
                    **reply.headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 50

            def handle_error(self, *args: object) -> None:
                pass

        self.server = Server(("127.0.0.1", port), Handler)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def host(self) -> str:
        """Host and port, as in ALLOWED_PRIVATE_HOSTS."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def use_tls(self, certificate: str, key: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)


@contextlib.contextmanager
def recording_server(
    answer: Callable[[Request], Reply] = lambda _: Reply(), port: int = 0
) -> Iterator[RecordingServer]:
    server = RecordingServer(answer, port)
    threading.Thread(target=server.server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.server.shutdown()
        server.server.server_close()


def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
