"""Serve a real installation of Pressmark, set up like `make run` does.

The setup is slow, so each process does it once and serves copies of it.
"""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx
import psycopg
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Pressmark:
    """A served installation with the demo accounts and its own data."""

    port: int
    env: dict[str, str]
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    server: subprocess.Popen[bytes] | None = None
    # The file for the server's error output; the test's own by default.
    log: Path | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server and wait until it responds."""
        gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--no-control-socket"]
        bind = ["--bind", f"127.0.0.1:{self.port}", "--threads", "8", "--log-level", "warning"]
        with self.log.open("a") if self.log else nullcontext() as log:
            self.server = subprocess.Popen([*gunicorn, *bind], cwd=ROOT, env=self.env, stderr=log)
        wait_for(self.url)

    @contextmanager
    def working(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker, and terminate it unless the test has killed it."""
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "runworker"], cwd=ROOT, env=self.env
        )
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait(30)

    def stop(self) -> None:
        if self.server:
            self.server.terminate()
            # Gunicorn finishes open requests for up to 30 s.
            self.server.wait(40)

    def manage(self, *arguments: str) -> str:
        """Run a management command and return its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def client(self, user: str) -> httpx.Client:
        """Return an API client with a token of the user."""
        if user not in self.clients:
            token = self.manage("create_token", user).strip()
            self.clients[user] = httpx.Client(
                base_url=f"{self.url}/api/v1",
                headers={"Authorization": f"Bearer {token}"},
                # The server may close an idle connection just when it is reused.
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        return self.clients[user]


def free_port() -> int:
    """Return an unused port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def database(server: str, template: str = "template1") -> Iterator[str]:
    """Create a database on a PostgreSQL server and yield its URL, or "" without a server."""
    if not server:
        yield ""
        return
    name = _new_database(server, template)
    try:
        yield _at(server, name)
    finally:
        _admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def serve(
    data: Path, database_url: str = "", log: Path | None = None, **given: str
) -> Iterator[Pressmark]:
    """Serve an installation with the demo, on SQLite unless a database URL is given."""
    served = Pressmark(free_port(), _env(data, database_url) | given, log=log)
    if database_url:
        _set_up(served)
    else:
        shutil.copytree(_set_up_once("")[0], data, dirs_exist_ok=True)
    with _serving(served):
        yield served


@contextmanager
def _serving(served: Pressmark) -> Iterator[None]:
    try:
        served.start()
        yield
    finally:
        for client in served.clients.values():
            client.close()
        served.stop()


@contextmanager
def serve_like_the_suite(data: Path, **given: str) -> Iterator[Pressmark]:
    """Serve on the suite's database engine, with a database of its own."""
    if connection.vendor == "sqlite":
        with serve(data, **given) as pressmark:
            yield pressmark
        return
    server = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/postgres".format(
        **connection.settings_dict
    )
    folder, template = _set_up_once(server)
    shutil.copytree(folder, data, dirs_exist_ok=True)
    with database(server, template) as url:
        served = Pressmark(free_port(), _env(data, url) | given)
        with _serving(served):
            yield served


def _env(data: Path, database_url: str) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    # No rate limits for tests and benchmarks.
    limits = {f"PRESSMARK_{whose}_PER_MINUTE": "0" for whose in ("READS", "WRITES", "ANONYMOUS")}
    env |= {"PRESSMARK_DATA": str(data), "PRESSMARK_DEMO": "1", **limits}
    return env | ({"DATABASE_URL": database_url} if database_url else {})


def _set_up(served: Pressmark) -> None:
    served.manage("migrate", "--verbosity", "0")
    served.manage("load_demo")
    served.manage("collectstatic", "--no-input", "--verbosity", "0")


@cache
def _set_up_once(server: str) -> tuple[Path, str]:
    """Return a data folder and a database name to copy. The name is "" for SQLite."""
    data = Path(tempfile.mkdtemp(prefix="pressmark-"))
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    name = _new_database(server) if server else ""
    if name:
        atexit.register(_admin, server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _set_up(Pressmark(0, _env(data, _at(server, name) if name else "")))
    return data, name


def _new_database(server: str, template: str = "template1") -> str:
    name = f"pressmark_{uuid.uuid4().hex}"
    _admin(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


def _admin(server: str, statement: str) -> None:
    with psycopg.connect(server.replace("postgres://", "postgresql://"), autocommit=True) as admin:
        admin.execute(statement)


def _at(server: str, name: str) -> str:
    return f"{server.rpartition('/')[0]}/{name}"


def wait_for(url: str) -> None:
    """Wait until the server responds. Raises TimeoutError."""
    for _ in range(100):
        try:
            httpx.get(f"{url}/sign-in/", timeout=2)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"No response from {url}.")
