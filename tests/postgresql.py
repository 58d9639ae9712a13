"""A PostgreSQL server that belongs to a test, which can stop and start it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.serving import free_port


@dataclass
class PostgreSQL:
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "stop", "-w", "-m", mode)

    def restart(self) -> None:
        self.stop()
        self.start()

    def execute(self, statement: str) -> None:
        options = "-c default_transaction_read_only=off"
        with psycopg.connect(self.url, autocommit=True, options=options) as admin:
            admin.execute(statement)

    def disconnect_all(self) -> None:
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )

    def _run(self, program: str, *arguments: str) -> None:
        # The server refuses to run as root.
        user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        command = [_find(program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(
            command,
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            **user,  # type: ignore[call-overload]
        )


def _find(program: str) -> str:
    """Return the path of a program of the server, which Debian keeps out of PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    found = str(installed[-1]) if installed else shutil.which(program)
    assert found, f"{program} is not installed (Debian: apt install postgresql)."
    return found


@contextmanager
def serve_postgresql() -> Iterator[PostgreSQL]:
    # Not below pytest's folders, which are closed to the user of the server.
    folder = Path(tempfile.mkdtemp(prefix="pressmark-postgresql-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        server = PostgreSQL(folder, free_port())
        server._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)
