"""Management commands, each run in a process of its own on a fresh database."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.articles.site.markup import render_structured
from tests.articles.site.special import OBSTRUCTED
from tests.articles.site.stories import STORIES

ROOT = Path(__file__).resolve().parents[1]
TEXT = "Ships come first.\nA heading\nThen the sand."

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def manage(data: Path) -> Run:
    """Run a command on a fresh SQLite database."""
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    env["PRESSMARK_DATA"] = str(data)

    def run(*arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            **({"stdin": subprocess.DEVNULL} | options),
        )

    assert run("migrate", "--verbosity", "0").returncode == 0
    return run


def test_import_article_refuses_nul(manage: Run, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text("Ships\0 come first.")
    done = manage("import_article", str(file), "--title", "Ships")
    assert (done.returncode, done.stdout) == (2, "")
    assert "NUL at character 5" in done.stderr


def test_import_article_prints_only_ids(manage: Run, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(TEXT)
    done = manage("import_article", str(file), "--title", "Ships", "--language", "en")
    ids = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(ids) == {"article", "version"}
    assert all(re.fullmatch(r"[0-9a-f-]{36}", value) for value in ids.values())


def test_import_article_reads_standard_input(manage: Run, tmp_path: Path) -> None:
    file = tmp_path / "pasted"
    file.write_text("Words that somebody has copied.")
    with file.open() as piped:
        done = manage("import_article", "-", "--title", "Pasted", stdin=piped)
    assert (done.returncode, done.stderr) == (0, "")
    file.write_text("")
    with file.open() as piped:
        done = manage("import_article", "-", stdin=piped)
    assert done.returncode == 2
    assert "file: The file is empty" in done.stderr


def test_import_article_without_terminal_uses_first_line_as_title(
    manage: Run, tmp_path: Path
) -> None:
    file = tmp_path / "article.txt"
    file.write_text(TEXT)
    done = manage("import_article", str(file))
    assert done.returncode == 0
    assert done.stderr == "No --title: using “Ships come first”.\n"


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (b"caf\0e", [], "file: The file is not text: it has NUL"),
        (b"", [], "file: The file is empty"),
        (b"x" * 50_000_000, [], "file: The file is 50.0 MB; the limit is 2.0 MB"),
        (b"Words.", ["--language", "??"], "language: Enter a BCP 47"),
        (b"Words.", ["--url", "javascript:alert(1)"], "url: Enter an http or https"),
        (b"Words.", ["--published", "yesterday"], "published: Enter a date"),
        (b"Words.", ["--published", "2025-02-30"], "published: Enter a date"),
        (b"Words.", ["--title", "x" * 301], "title: "),
        (None, [], "file: Cannot read"),
    ],
)
def test_import_article_prints_one_line_error(
    manage: Run, tmp_path: Path, content: bytes | None, arguments: list[str], message: str
) -> None:
    file = tmp_path / "article.txt"
    if content is not None:
        file.write_bytes(content)
    done = manage("import_article", str(file), *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_create_token_prints_only_the_token(manage: Run) -> None:
    assert manage("load_demo").returncode == 0
    done = manage("create_token", "annotator-1")
    assert re.fullmatch(r"pmk_[\w-]{43}\n", done.stdout)
    unknown = manage("create_token", "nobody")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert len(unknown.stderr.splitlines()) == 1


def test_create_token_accepts_scopes_expiration_and_name(manage: Run, data: Path) -> None:
    manage("load_demo")
    terms = ("--scopes", "annotate, read", "--expires", "2090-01-01", "--name", "  weekly\texport ")
    done = manage("create_token", "annotator-1", *terms)
    assert (done.returncode, done.stderr) == (0, "")
    database = sqlite3.connect(data / "pressmark.sqlite3")
    kept = "SELECT name, scopes, expires_at FROM accounts_apitoken WHERE key_prefix = ?"
    (row,) = database.execute(kept, [done.stdout[:8]]).fetchall()
    database.close()
    assert row == ("weekly export", "read annotate", "2090-01-01 00:00:00")
    assert manage("create_token", "annotator-1", "--expires", "30d").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scopes", "annotate,write"], "scopes: “write” is not one of read, annotate, manage"),
        (["--scopes", ""], "scopes: “” is not one of"),
        (["--expires", "soon"], "expires: Enter a date such as"),
        (["--expires", "2027-02-30"], "expires: Enter a date such as"),
        (["--expires", "2020-01-01"], "expires: Choose a time in the future"),
        (["--name", "x" * 101], "name: "),
        (["--name", "taken"], "name: You already have a token with this name"),
    ],
)
def test_create_token_prints_one_line_error(
    manage: Run, arguments: list[str], message: str
) -> None:
    manage("load_demo")
    manage("create_token", "annotator-2", "--name", "taken")
    done = manage("create_token", "annotator-2", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_verify_spans_reports_damaged_records(manage: Run, data: Path) -> None:
    manage("load_demo")
    whole = manage("verify_spans")
    assert whole.returncode == 0
    assert re.fullmatch(r"Checked \d{3} spans in 8 versions: all correct\.\n", whole.stdout)
    database = sqlite3.connect(data / "pressmark.sqlite3")
    with database:
        (pk, public_id) = database.execute(
            "SELECT s.id, a.public_id FROM annotate_span s"
            " JOIN annotate_annotation a ON a.id = s.annotation_id LIMIT 1"
        ).fetchone()
        database.execute("UPDATE annotate_span SET exact = 'damaged' WHERE id = ?", [pk])
    database.close()
    done = manage("verify_spans")
    assert done.returncode == 1
    assert "2 wrong" in done.stdout
    error, record = done.stderr.splitlines()
    assert str(public_id) in error.replace("-", "")
    assert "'damaged'" in error
    # The record that the API returns is unchanged.
    assert record.endswith("its record differs in spans")
    database = sqlite3.connect(data / "pressmark.sqlite3")
    with database:
        database.execute(
            "UPDATE annotate_claim SET verdict = 'true' WHERE annotation_id ="
            " (SELECT annotation_id FROM annotate_claim WHERE verdict <> 'true' LIMIT 1)"
        )
    database.close()
    assert "its record differs in verdict" in manage("verify_spans").stderr


def test_triggers_are_dropped_and_reinstalled_by_migrations(manage: Run, data: Path) -> None:
    def get_triggers() -> set[str]:
        database = sqlite3.connect(data / "pressmark.sqlite3")
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        database.close()
        return {name for (name,) in rows}

    before = get_triggers()
    assert {"article_version_never_changes", "change_is_not_deleted"} <= before
    # Each also unapplies the migrations that depend on it.
    for app in ("registry", "articles"):
        done = manage("migrate", app, "zero", "--verbosity", "0")
        assert done.returncode == 0, done.stderr
    # The table of users is Django's own.
    assert get_triggers() == {"user_keeps_username"}
    assert manage("migrate", "--verbosity", "0").returncode == 0
    assert get_triggers() == before


_COUNT_MATCHES = "from articles.models import Article; print(Article.objects.search('{}').count())"


def test_search_index_is_built_by_migrate_and_rebuilt_by_command(
    manage: Run, data: Path, tmp_path: Path
) -> None:
    def count_matches(word: str) -> int:
        return int(manage("shell", "--no-imports", "-c", _COUNT_MATCHES.format(word)).stdout)

    def sql(statement: str) -> None:
        database = sqlite3.connect(data / "pressmark.sqlite3")
        with database:
            database.execute(statement)
        database.close()

    file = tmp_path / "article.txt"
    file.write_text("A kittiwake came.")
    assert manage("import_article", str(file), "--title", "Birds").returncode == 0
    assert count_matches("kittiwake") == 1
    # Without the queue table there is no index, and no trigger that notices a change.
    assert manage("migrate", "search", "zero", "--verbosity", "0").returncode == 0
    sql("UPDATE articles_article SET title = 'Gulls' WHERE title = 'Birds'")
    assert manage("migrate", "--verbosity", "0").returncode == 0
    assert (count_matches("kittiwake"), count_matches("birds"), count_matches("gulls")) == (1, 0, 1)

    sql("DELETE FROM search_article")
    assert count_matches("kittiwake") == 0
    done = manage("rebuild_search_index")
    assert re.fullmatch(r"Indexed [1-9]\d*\.\n", done.stdout), done.stderr
    assert count_matches("kittiwake") == 1
    assert manage("rebuild_search_index", "--pending").stdout == "Indexed 0.\n"


def test_extract_html_prints_result_and_stores_article_once(manage: Run, tmp_path: Path) -> None:
    story = STORIES[0]
    file = tmp_path / "page.html"
    file.write_text(render_structured(story))
    url = "https://site.example/dredging/"
    dry = manage("extract_html", str(file), "--url", url, "--dry-run")
    found = json.loads(dry.stdout)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert (found["title"], found["outlet"], found["url"]) == (story.title, story.outlet, url)
    assert [author["name"] for author in found["authors"]] == story.authors
    published = datetime.fromisoformat(story.published)
    assert datetime.fromisoformat(found["published_at"]) == published
    assert found["language"] == story.language
    assert found["text"] == story.text
    assert [found["text"][b["start"] : b["end"]] for b in found["blocks"]] == list(story.kinds())
    links = [(found["text"][link["start"] : link["end"]], link["href"]) for link in found["links"]]
    assert links == story.links
    kept = manage("extract_html", str(file), "--url", url)
    assert re.fullmatch(r"[0-9a-f-]{36}", json.loads(kept.stdout)["version"])
    twice = manage("extract_html", str(file), "--url", url)
    assert (twice.returncode, len(twice.stderr.splitlines())) == (2, 1)


def test_extract_html_prints_why_a_page_has_no_article(manage: Run, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    reason, markup = OBSTRUCTED["declared-paywall"]
    file.write_text(markup)
    done = manage("extract_html", str(file))
    assert done.returncode == 2
    assert json.loads(done.stdout)["blocker"]["reason"] == reason
    assert len(done.stderr.splitlines()) == 1


def test_import_articles_reports_failed_rows_and_imports_the_others(
    manage: Run, tmp_path: Path
) -> None:
    file = tmp_path / "corpus.jsonl"
    good = json.dumps({"title": "Corpus", "text": "Words of the corpus."})
    file.write_text(f"{good}\n{{bad\n")
    dry = manage("import_articles", str(file), "--dry-run")
    assert json.loads(dry.stdout) == {"dry_run": True, "created": 1, "duplicates": 0, "failed": 1}
    done = manage("import_articles", str(file))
    assert done.returncode == 0
    assert (json.loads(done.stdout)["created"], json.loads(done.stdout)["failed"]) == (1, 1)
    (error,) = done.stderr.splitlines()
    assert error.startswith("line 2: line: Not JSON:")


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("missing.jsonl", [], "file: Cannot read"),
        ("corpus.doc", [], "file: "),
        ("corpus.jsonl", ["--map", "colour=red"], "--map: Give FIELD=COLUMN"),
        ("corpus.jsonl", ["--by", "nobody"], "--by: There is no user"),
    ],
)
def test_import_articles_prints_one_line_error(
    manage: Run, tmp_path: Path, name: str, arguments: list[str], message: str
) -> None:
    if name != "missing.jsonl":
        (tmp_path / name).write_text("{}\n")
    done = manage("import_articles", str(tmp_path / name), *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
