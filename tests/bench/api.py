"""What the API costs beside the least that there is: ratios within one run (`make bench`).

A corpus of 50,000 annotations is served as `make run` serves the demo, on SQLite and on
PostgreSQL (where one answers at DATABASE_URL, or on this machine), and asked over real HTTP:

- the stream of all annotations, beside a plain SELECT of the same columns written with orjson;
- one article with its 50 annotations, and an annotation that has not changed (304), beside a view
  that answers nothing;
- one annotation made, beside a view that inserts one row;
- the last page of a list beside its first; the memory of the process that streams.

Those that are compared are asked in turn, so that what else the machine does is shared by both.
"""

import http.client
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psycopg

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.serving import database, free_port, wait_for  # noqa: E402

ANNOTATIONS = int(os.environ.get("BENCH_ANNOTATIONS", "50000"))
ROUNDS = 600
NDJSON = {"Accept": "application/x-ndjson"}

_COLUMNS = """
    a.id AS key, a.public_id AS id, a.kind, p.slug AS project, article.public_id AS article,
    v.public_id AS version, u.username AS author, a.state, a.revision, a.created_at, a.updated_at,
    c.text, c.claim_type, c.claimant, ce.name AS entity_name,
    ce.public_id AS claimant_entity,
    c.check_worthiness, c.verdict, c.rationale, t.code AS type, te.public_id AS entity,
    et.certainty, sc.public_id AS claim, s.public_id AS source, sl.stance, sl.evidence, sl.locator,
    sl.retrieved_at, n.body, na.public_id AS target
"""
_SELECT = f"""
    SELECT {_COLUMNS} FROM annotate_annotation a
    JOIN projects_project p ON p.id = a.project_id
    JOIN articles_articleversion v ON v.id = a.version_id
    JOIN articles_article article ON article.id = v.article_id
    JOIN auth_user u ON u.id = a.author_id
    LEFT JOIN annotate_claim c ON c.annotation_id = a.id
    LEFT JOIN registry_entity ce ON ce.id = c.claimant_entity_id
    LEFT JOIN annotate_entitytag et ON et.annotation_id = a.id
    LEFT JOIN projects_tag t ON t.id = et.type_id
    LEFT JOIN registry_entity te ON te.id = et.entity_id
    LEFT JOIN annotate_sourcelink sl ON sl.annotation_id = a.id
    LEFT JOIN annotate_annotation sc ON sc.id = sl.claim_id
    LEFT JOIN registry_source s ON s.id = sl.source_id
    LEFT JOIN annotate_note n ON n.annotation_id = a.id
    LEFT JOIN annotate_annotation na ON na.id = n.target_id
    ORDER BY a.public_id
"""
_SPANS = 'SELECT annotation_id, start, "end", exact, prefix, suffix FROM annotate_span'


def main() -> None:
    """Measure both engines and print a table."""
    if sys.argv[1:] == ["fill"]:
        fill()
        return
    if sys.argv[1:] == ["raw"]:
        print(json.dumps(raw()))
        return
    print(f"{ANNOTATIONS:,} annotations{'SQLite':>36}{'PostgreSQL':>14}{'wanted':>12}")
    results = [measure(""), measure(database_url()) if database_url() else {}]
    wanted = {
        "stream, of the raw rate": "≥ 40 %",
        "article with 50, × empty, p95": "< 3",
        "not modified, × empty, median": "< 1.5",
        "one made, × one row, p95": "< 5",
        "last page, × first, median": "≤ 1.3",
        "memory grown by, MB": "flat",
    }
    for name, aim in wanted.items():
        shown = "".join(f"{result.get(name, 'none'):>14}" for result in results)
        print(f"{name:38}{shown}{aim:>12}")


def database_url() -> str:
    """Give the address of a PostgreSQL server; empty where there is none."""
    url = os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    try:
        psycopg.connect(url.replace("postgres://", "postgresql://"), connect_timeout=3).close()
    except psycopg.OperationalError:
        return ""
    return url


# --- In processes of their own ------------------------------------------------------------


def fill() -> None:
    """Fill the database of the environment."""
    import django

    django.setup()
    from django.core.management import call_command

    from tests.bench.corpus import fill as fill_with

    call_command("migrate", verbosity=0)
    call_command("load_demo", stdout=io.StringIO())
    fill_with(ANNOTATIONS)


def raw() -> float:
    """Select everything and write it with orjson; give how many a second, the best of three."""
    import django
    import orjson

    django.setup()
    from django.db import connection

    def once() -> float:
        began, count = time.perf_counter(), 0
        with connection.cursor() as cursor, connection.cursor() as spans:
            cursor.execute(_SELECT)
            names = [column[0] for column in cursor.description]
            while rows := cursor.fetchmany(1000):
                keys = ",".join(str(row[0]) for row in rows)
                spans.execute(f"{_SPANS} WHERE annotation_id IN ({keys})")
                columns = [column[0] for column in spans.description]
                passages: dict[int, list[Any]] = {}
                for span in spans.fetchall():
                    passages.setdefault(span[0], []).append(dict(zip(columns, span, strict=True)))
                for row in rows:
                    record = dict(zip(names, row, strict=True))
                    orjson.dumps({**record, "spans": passages.get(row[0])})
                    count += 1
        return count / (time.perf_counter() - began)

    return max(once() for _ in range(3))


# --- Asking -------------------------------------------------------------------------------


def measure(server: str) -> dict[str, str]:
    """Serve the corpus on one engine, and give each figure as it is shown."""
    with tempfile.TemporaryDirectory() as data, database(server) as url:
        env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        env |= {
            "PRESSMARK_DATA": data,
            "PRESSMARK_DEMO": "1",
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            **{f"PRESSMARK_{w}_PER_MINUTE": "0" for w in ("READS", "WRITES", "ANONYMOUS")},
            **({"DATABASE_URL": url} if url else {}),
        }
        itself = [sys.executable, str(Path(__file__))]
        subprocess.run([*itself, "fill"], env=env, cwd=ROOT, check=True)
        plain = json.loads(subprocess.check_output([*itself, "raw"], env=env, cwd=ROOT))
        manage = [sys.executable, "manage.py", "create_token", "editor"]
        token = subprocess.check_output(manage, env=env, cwd=ROOT, text=True).strip()
        with _serve(env) as (port, pid):
            return _measure_server(port, pid, token, plain)


@contextmanager
def _serve(env: dict[str, str]) -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    options = ["--threads", "8", "--no-control-socket", "--log-level", "warning"]
    options += ["--keep-alive", "60"]
    server = subprocess.Popen([*command, *options], env=env, cwd=ROOT)
    try:
        wait_for(f"http://127.0.0.1:{port}")
        yield port, _find_child(server.pid)
    finally:
        server.terminate()
        server.wait(10)


def _find_child(pid: int) -> int:
    """Give the process that a server answers in."""
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            if f"\nPPid:\t{pid}\n" in status.read_text():
                return int(status.parent.name)
    raise LookupError(f"Process {pid} has no children.")


def _measure_server(port: int, pid: int, token: str, plain: float) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = json.dumps(body) if body is not None else None
        connection.request(method, path, sent, headers)
        answer = connection.getresponse()
        return answer, answer.read()

    def read(path: str, **headers: str) -> Any:
        answer, content = ask("GET", path, **headers)
        assert answer.status in (200, 304), content
        return answer, content

    _, listed = read("/api/v1/articles/?ordering=-id&page_size=60")
    article = json.loads(listed)["results"][50]
    one = f"/api/v1/articles/{article['id']}/?expand=annotations"
    _, whole = read(one)
    annotations = json.loads(whole)["annotations"]
    assert len(annotations) == 50
    known = annotations[0]["links"]["self"].partition(str(port))[2]
    tag = read(known)[0].getheader("ETag")

    signed = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    version = article["current_version"]["id"]
    claim = {
        "project": "demo",
        "version": version,
        "spans": [{"start": 4, "end": 30}],
        "text": "Dredging cost a lot.",
    }

    def write(path: str, body: Any) -> None:
        answer, content = ask("POST", path, body, **signed)
        assert answer.status == 201, content

    empty, whole_article, unchanged = _time_alternately(
        lambda: read("/api/v1/bench/empty/"),
        lambda: read(one),
        lambda: read(known, **{"If-None-Match": tag}),
    )
    row, created = _time_alternately(
        lambda: write("/api/v1/bench/one-row/", {"name": uuid.uuid4().hex}),
        lambda: write("/api/v1/claims/", claim),
    )
    first = "/api/v1/annotations/?project=measured"
    last = _find_last_page(f"http://127.0.0.1:{port}{first}").partition(str(port))[2]
    first_page, last_page = _time_alternately(lambda: read(first), lambda: read(last))

    stream = f"http://127.0.0.1:{port}/api/v1/annotations/"
    _measure_stream_rate(f"{stream}?article={article['id']}")
    _measure_stream_rate(f"{stream}?project=demo")
    before = _read_memory(pid)
    rates = [_measure_stream_rate(stream) for _ in range(3)]
    grown = _read_memory(pid) - before
    return {
        "stream, of the raw rate": f"{max(rates) / plain:.0%}",
        "article with 50, × empty, p95": f"{_p95(whole_article) / _p95(empty):.2f}",
        "not modified, × empty, median": f"{median(unchanged) / median(empty):.2f}",
        "one made, × one row, p95": f"{_p95(created) / _p95(row):.2f}",
        "last page, × first, median": f"{median(last_page) / median(first_page):.2f}",
        "memory grown by, MB": f"{grown:.1f}",
    }


def _time_alternately(*works: Callable[[], Any]) -> list[list[float]]:
    """Do the works in turn, and give of each the times that it took, in ms."""
    times: list[list[float]] = [[] for _ in works]
    for number in range(ROUNDS):
        for work, taken in zip(works, times, strict=True):
            began = time.perf_counter()
            work()
            if number >= ROUNDS // 10:
                taken.append((time.perf_counter() - began) * 1000)
    return times


def _p95(times: list[float]) -> float:
    """Give the time that 95 of 100 stay under."""
    return sorted(times)[int(len(times) * 0.95)]


def _find_last_page(page: str) -> str:
    """Give the address of the last page of a list, as the pages before it give it."""
    with httpx.Client(timeout=60) as client:
        following = client.get(f"{page}&fields=id").json()["next"]
        while following:
            page, following = following, client.get(following).json()["next"]
    return page.replace("fields=id&", "").replace("&fields=id", "")


def _measure_stream_rate(url: str) -> float:
    """Read a stream, and give how many records a second came."""
    began, lines = time.perf_counter(), 0
    with httpx.stream("GET", url, headers=NDJSON | {"Accept-Encoding": "identity"}) as answer:
        for chunk in answer.iter_raw():
            lines += chunk.count(b"\n")
    return lines / (time.perf_counter() - began)


def _read_memory(pid: int) -> float:
    """Give the most memory that a process has had so far, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
