"""A server of somebody else's on this machine, that says what a test wants it to say."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Heard:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Said:
    """What to answer. `raw` is sent as it is, in place of everything else."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: Iterator[bytes] | None = None


class Listener:
    """A server on a port of 127.0.0.1; `answer` may be exchanged while it runs."""

    def __init__(self, answer: Callable[[Heard], Said], port: int = 0) -> None:
        self.answer = answer
        self.heard: list[Heard] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                heard = Heard(self.command, self.path, headers, self.rfile.read(length))
                listener.heard.append(heard)
                # The other side may have gone away.
                with contextlib.suppress(OSError):
                    self.say(listener.answer(heard))

            def do_POST(self) -> None:
                self.do_GET()

            def say(self, said: Said) -> None:
                if said.raw is not None:
                    for part in said.raw:
                        self.wfile.write(part)
                    return
                self.send_response(said.status)
                for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said.body)

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
        """Where it listens."""
        return int(self.server.server_address[1])

    @property
    def host(self) -> str:
        """What an allowance for it says."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where to ask it."""
        return f"http://{self.host}"

    def over_tls(self, certificate: str, key: str) -> None:
        """Speak TLS from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)


@contextlib.contextmanager
def listening(
    answer: Callable[[Heard], Said] = lambda _: Said(), port: int = 0
) -> Iterator[Listener]:
    """Listen for as long as the test wants."""
    listener = Listener(answer, port)
    threading.Thread(target=listener.server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield listener
    finally:
        listener.server.shutdown()
        listener.server.server_close()


def unused_port() -> int:
    """Give a port of this machine at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
