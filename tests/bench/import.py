"""How fast short articles come in, and that killing the import does no harm.

`python tests/bench/import.py [ARTICLES] [KILLS]` writes that many short articles (100,000) to a
JSONL file, imports it and prints the rate and the most memory that was used; then it imports 5,000
of them, killed at KILLS (20) random moments, and compares what is there with an import that was
left alone.
"""

import json
import os
import random
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KILLED_ARTICLES = 5_000


def main() -> None:
    """Measure in databases that are thrown away, and print a table."""
    count, kills = (int(a) for a in [*sys.argv[1:3], *("100000", "20")[len(sys.argv) - 1 :]])
    with tempfile.TemporaryDirectory() as folder:
        source = write_articles(Path(folder) / "corpus.jsonl", count)
        data = create_database(Path(folder) / "rate")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds, counts, most = run_import(data, source)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print("| articles | seconds | of a CPU | articles a CPU second | most memory |")
        print("|---|---|---|---|---|")
        rate = count / cpu
        print(f"| {counts['created']:,} | {seconds:.1f} | {cpu:.1f} | {rate:,.0f} | {most} MB |\n")
        small = write_articles(Path(folder) / "killed.jsonl", KILLED_ARTICLES)
        whole, killed = (
            create_database(Path(folder) / "whole"),
            create_database(Path(folder) / "killed"),
        )
        took, _, _ = run_import(whole, small)
        idle, _, _ = run_import(whole, small)
        moments = kill_and_resume(killed, small, kills, idle, took - idle)
        same = contents(whole) == contents(killed)
        print(f"Killed {kills} times, with so many articles in: {moments}.")
        print(f"What is there afterwards is {'' if same else 'NOT '}that of an import left alone.")
    sys.exit(not same)


def write_articles(path: Path, count: int) -> Path:
    """Write a corpus of short articles."""
    with path.open("w") as file:
        for n in range(count):
            article = {
                "title": f"Story {n}",
                "text": f"The port of town {n} said on Monday that {n} ships had come in May. " * 6
                + f"\nWhat comes next\nSee https://port.example/{n} for the list.",
                "url": f"https://news.example/{n}",
                "outlet": f"Outlet {n % 50}",
                "authors": [f"Author {n % 500}"],
                "published_at": "2025-03-02T08:00:00Z",
                "language": "en",
            }
            file.write(json.dumps(article) + "\n")
    return path


def environment(data: Path) -> dict[str, str]:
    """Give the environment of an installation of its own, on SQLite."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**kept, "PRESSMARK_DATA": str(data), "PRESSMARK_DEMO": "1"}


def create_database(data: Path) -> Path:
    """Make an empty installation."""
    data.mkdir()
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, cwd=ROOT, env=environment(data), check=True)
    return data


def start_import(data: Path, source: Path) -> "subprocess.Popen[str]":
    """Start the import as a person does."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_articles", str(source)],
        cwd=ROOT,
        env=environment(data),
        stdout=subprocess.PIPE,
        text=True,
    )


def run_import(data: Path, source: Path) -> tuple[float, dict[str, Any], int]:
    """Import to the end; give the seconds, the counts and the most memory in megabytes.

    The memory is the process's own: the database, which SQLite maps into it, is not counted.
    """
    start = time.monotonic()
    process = start_import(data, source)
    most = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status")
        if found := re.search(r"RssAnon:\s+(\d+)", status.read_text() if status.exists() else ""):
            most = max(most, int(found[1]) // 1024)
        time.sleep(0.2)
    printed, _ = process.communicate()
    return time.monotonic() - start, json.loads(printed), most


def kill_and_resume(data: Path, source: Path, kills: int, idle: float, working: float) -> list[int]:
    """Kill at random moments, then let it end; give how many articles each kill found.

    A run that finds nothing to do takes `idle` seconds; one that does it all, `working` more.
    """
    moments = []
    for _ in range(kills):
        process = start_import(data, source)
        time.sleep(random.uniform(idle / 2, idle + working / 10))  # noqa: S311
        process.send_signal(signal.SIGKILL)
        process.communicate()
        moments.append(len(contents(data)))
    run_import(data, source)
    return moments


def contents(data: Path) -> list[Any]:
    """Give all that came in, in the order of the titles."""
    database = sqlite3.connect(data / "pressmark.sqlite3")
    found = database.execute(
        "SELECT a.title, a.url, v.text, v.number, v.id = a.current_version_id, o.name,"
        " (SELECT group_concat(href) FROM articles_link l WHERE l.version_id = v.id),"
        " (SELECT group_concat(author_id > 0) FROM articles_authorship s"
        "  WHERE s.article_id = a.id)"
        " FROM articles_article a JOIN articles_articleversion v ON v.article_id = a.id"
        " JOIN articles_outlet o ON o.id = a.outlet_id ORDER BY a.title"
    ).fetchall()
    database.close()
    return found


if __name__ == "__main__":
    main()
