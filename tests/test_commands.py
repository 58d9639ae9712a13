"""The commands, run as a person runs them: a process of its own, with data of its own."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.articles.site.markup import structured
from tests.articles.site.special import OBSTRUCTED
from tests.articles.site.stories import STORIES

ROOT = Path(__file__).resolve().parents[1]
TEXT = "Ships come first.\nA heading\nThen the sand."

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# As a release did it that did not have the squashed migrations yet.
_MIGRATE_AS_BEFORE = """
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

load_all = MigrationLoader.load_disk

def load_replaced(loader):
    load_all(loader)
    found = loader.disk_migrations
    loader.disk_migrations = {{key: found[key] for key in found if not found[key].replaces}}

MigrationLoader.load_disk = load_replaced
call_command("migrate", *{target}, verbosity=0)
MigrationRecorder(connection).migration_qs.filter(name__contains="_squashed_").delete()
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def manage(data: Path) -> Run:
    """Run a command on a fresh SQLite database; other tests have the other engine covered."""
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


@pytest.fixture(scope="module")
def migrate_as_before(manage: Run) -> Callable[..., None]:
    """Bring the database to where one is that never saw the squashed migrations."""

    def migrate(*target: str) -> None:
        done = manage("shell", "--no-imports", "-c", _MIGRATE_AS_BEFORE.format(target=target))
        assert done.returncode == 0, done.stderr

    return migrate


def test_import_article_prints_the_ids_and_nothing_else(manage: Run, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(TEXT)
    done = manage("import_article", str(file), "--title", "Ships", "--language", "en")
    ids = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(ids) == {"article", "version"}
    assert all(re.fullmatch(r"[0-9a-f-]{36}", value) for value in ids.values())


def test_import_article_takes_what_is_piped_in(manage: Run, tmp_path: Path) -> None:
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


def test_import_article_proposes_a_title_where_nobody_can_be_asked(
    manage: Run, tmp_path: Path
) -> None:
    file = tmp_path / "article.txt"
    file.write_text(TEXT)
    done = manage("import_article", str(file))
    assert done.returncode == 0
    assert done.stderr == "No --title: using “Ships come first”.\n"


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (b"caf\xe9", [], "file: The file is not UTF-8"),
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
def test_import_article_says_in_one_line_what_is_wrong(
    manage: Run, tmp_path: Path, content: bytes | None, arguments: list[str], words: str
) -> None:
    file = tmp_path / "article.txt"
    if content is not None:
        file.write_bytes(content)
    done = manage("import_article", str(file), *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_create_token_prints_the_token_alone(manage: Run) -> None:
    assert manage("load_demo").returncode == 0
    done = manage("create_token", "annotator-1")
    assert re.fullmatch(r"pmk_[\w-]{43}\n", done.stdout)
    unknown = manage("create_token", "nobody")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert len(unknown.stderr.splitlines()) == 1


def test_create_token_takes_scopes_an_end_and_a_name(manage: Run, data: Path) -> None:
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
    ("arguments", "words"),
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
def test_create_token_says_in_one_line_what_is_wrong(
    manage: Run, arguments: list[str], words: str
) -> None:
    manage("load_demo")
    manage("create_token", "annotator-2", "--name", "taken")
    done = manage("create_token", "annotator-2", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_check_spans_names_what_was_damaged(manage: Run, data: Path) -> None:
    manage("load_demo")
    whole = manage("verify_spans")
    assert whole.returncode == 0
    assert re.fullmatch(r"Checked \d{3} spans in 8 versions: all hold\.\n", whole.stdout)
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
    assert "2 do not hold" in done.stdout
    fault, record = done.stderr.splitlines()
    assert str(public_id) in fault.replace("-", "")
    assert "'damaged'" in fault
    # What the API reads from is as it was.
    assert record.endswith("its record says something else of spans")
    database = sqlite3.connect(data / "pressmark.sqlite3")
    with database:
        database.execute(
            "UPDATE annotate_claim SET verdict = 'true' WHERE annotation_id ="
            " (SELECT annotation_id FROM annotate_claim WHERE verdict <> 'true' LIMIT 1)"
        )
    database.close()
    assert "its record says something else of verdict" in manage("verify_spans").stderr


def test_tokens_from_before_there_were_scopes_keep_all(
    manage: Run, migrate_as_before: Callable[..., None], data: Path
) -> None:
    manage("load_demo")
    migrate_as_before("annotate", "0002")
    old = "INSERT INTO accounts_apitoken (user_id, name, digest, created_at) VALUES (1, ?, ?, ?)"
    database = sqlite3.connect(data / "pressmark.sqlite3")
    with database:
        database.execute("DELETE FROM accounts_apitoken")
        for n, name in enumerate(["", "", "script", "script 2", "script", "script"]):
            database.execute(old, [name, f"digest {n}", "2026-01-01 00:00:00"])
    assert manage("migrate", "--verbosity", "0").returncode == 0
    kept = "SELECT name, scopes, expires_at FROM accounts_apitoken ORDER BY id"
    rows = database.execute(kept).fetchall()
    database.close()
    assert [name for name, *_ in rows] == ["", "", "script", "script 2", "script 3", "script 4"]
    assert {(scopes, end) for _, scopes, end in rows} == {("read annotate manage", None)}


def test_entries_of_feeds_keep_what_came_of_them(
    manage: Run, migrate_as_before: Callable[..., None], data: Path
) -> None:
    manage("load_demo")
    migrate_as_before("articles", "0005")
    database = sqlite3.connect(data / "pressmark.sqlite3")
    with database:
        database.execute(
            "INSERT INTO feeds_feed (public_id, url, title, is_active, minutes, next_at, "
            "validators, failures, fault) VALUES ('1', 'https://a.example/', '', 1, 60, "
            "'2026-01-01 00:00:00', '{}', 0, '')"
        )
        # Brought in, here before, refused for good, to be tried again.
        for name, seen, article, is_done in (
            ("brought", "2001-01-01", 1, True),
            ("known", "2090-01-01", 2, True),
            ("failed", "2026-01-01", None, True),
            ("waiting", "2026-01-01", None, False),
        ):
            database.execute(
                "INSERT INTO feeds_feedentry (feed_id, key, url, seen_at, article_id, attempts, "
                "fault, is_done) VALUES (1, ?, 'https://a.example/', ?, ?, 1, '', ?)",
                [name, f"{seen} 00:00:00", article, is_done],
            )
    read = (
        "SELECT key, brought_at IS NOT NULL, due_at IS NOT NULL, fetched_at IS NOT NULL "
        "FROM feeds_feedentry ORDER BY id"
    )
    assert manage("migrate", "--verbosity", "0").returncode == 0
    assert database.execute(read).fetchall() == [
        ("brought", 1, 0, 1),
        ("known", 0, 0, 1),
        ("failed", 0, 0, 1),
        ("waiting", 0, 1, 0),
    ]
    ids = database.execute("SELECT DISTINCT public_id FROM feeds_feedentry").fetchall()
    assert len(ids) == 4
    migrate_as_before("articles", "0005")
    done = database.execute("SELECT is_done FROM feeds_feedentry ORDER BY id").fetchall()
    database.close()
    assert done == [(1,), (1,), (1,), (0,)]


def test_the_migrations_go_back_and_forth_and_the_rules_return(manage: Run, data: Path) -> None:
    def rules() -> set[str]:
        database = sqlite3.connect(data / "pressmark.sqlite3")
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        database.close()
        return {name for (name,) in found}

    before = rules()
    assert {"article_version_never_changes", "change_is_not_deleted"} <= before
    for app in ("annotate", "articles"):
        back = manage("migrate", app, "zero", "--verbosity", "0")
        assert back.returncode == 0, back.stderr
    assert rules() == set()
    assert manage("migrate", "--verbosity", "0").returncode == 0
    assert rules() == before


def test_a_database_from_before_the_squashed_migrations_is_like_a_new_one(
    manage: Run, migrate_as_before: Callable[..., None], data: Path
) -> None:
    def schema() -> dict[str, list[str]]:
        database = sqlite3.connect(data / "pressmark.sqlite3")
        found = database.execute("SELECT name, coalesce(sql, '') FROM sqlite_master").fetchall()
        database.close()
        # A table that was altered may have its columns in another order.
        return {name: sorted(sql.split(", ")) for name, sql in found}

    def to_zero() -> None:
        for app in ("annotate", "articles"):
            assert manage("migrate", app, "zero", "--verbosity", "0").returncode == 0

    to_zero()
    migrate_as_before()
    before = schema()
    assert manage("migrate", "--check").returncode == 0
    assert "No migrations to apply" in manage("migrate").stdout
    to_zero()
    assert manage("migrate", "--verbosity", "0").returncode == 0
    assert schema() == before


_FOUND = "from articles.models import Article; print(Article.objects.search('{}').count())"


def test_the_index_of_search_is_made_by_migrating_and_can_be_made_anew(
    manage: Run, migrate_as_before: Callable[..., None], data: Path, tmp_path: Path
) -> None:
    def found(word: str) -> int:
        return int(manage("shell", "--no-imports", "-c", _FOUND.format(word)).stdout)

    def sql(statement: str) -> None:
        database = sqlite3.connect(data / "pressmark.sqlite3")
        with database:
            database.execute(statement)
        database.close()

    file = tmp_path / "article.txt"
    file.write_text("A kittiwake came.")
    assert manage("import_article", str(file), "--title", "Birds").returncode == 0
    assert found("kittiwake") == 1
    # An installation from before there was search has articles, and no index.
    migrate_as_before("articles", "0002")
    sql("UPDATE articles_article SET title = 'Gulls' WHERE title = 'Birds'")
    assert manage("migrate", "--verbosity", "0").returncode == 0
    assert (found("kittiwake"), found("birds"), found("gulls")) == (1, 0, 1)

    sql("DELETE FROM search_article")
    assert found("kittiwake") == 0
    done = manage("rebuild_search_index")
    assert re.fullmatch(r"Indexed [1-9]\d*\.\n", done.stdout), done.stderr
    assert found("kittiwake") == 1
    assert manage("rebuild_search_index", "--pending").stdout == "Indexed 0.\n"


def test_import_html_prints_what_it_found_and_stores_it_once_asked(
    manage: Run, tmp_path: Path
) -> None:
    story = STORIES[0]
    file = tmp_path / "page.html"
    file.write_text(structured(story))
    url = "https://site.example/dredging/"
    dry = manage("extract_html", str(file), "--url", url, "--dry-run")
    found = json.loads(dry.stdout)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert (found["title"], found["outlet"], found["url"]) == (story.title, story.outlet, url)
    assert [author["name"] for author in found["authors"]] == story.authors
    assert (found["published_at"], found["language"]) == (story.published, story.language)
    assert found["text"] == story.text
    assert [found["text"][b["start"] : b["end"]] for b in found["blocks"]] == list(story.kinds())
    links = [(found["text"][link["start"] : link["end"]], link["href"]) for link in found["links"]]
    assert links == story.links
    kept = manage("extract_html", str(file), "--url", url)
    assert re.fullmatch(r"[0-9a-f-]{36}", json.loads(kept.stdout)["version"])
    twice = manage("extract_html", str(file), "--url", url)
    assert (twice.returncode, len(twice.stderr.splitlines())) == (2, 1)


def test_import_html_says_why_a_page_has_no_article(manage: Run, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    reason, markup = OBSTRUCTED["declared-paywall"]
    file.write_text(markup)
    done = manage("extract_html", str(file))
    assert done.returncode == 2
    assert json.loads(done.stdout)["blocker"]["reason"] == reason
    assert len(done.stderr.splitlines()) == 1


def test_import_articles_names_bad_rows_and_brings_the_others(manage: Run, tmp_path: Path) -> None:
    file = tmp_path / "corpus.jsonl"
    good = json.dumps({"title": "Corpus", "text": "Words of the corpus."})
    file.write_text(f"{good}\n{{bad\n")
    dry = manage("import_articles", str(file), "--dry-run")
    assert json.loads(dry.stdout) == {"dry_run": True, "stored": 1, "known": 0, "refused": 1}
    done = manage("import_articles", str(file))
    assert done.returncode == 0
    assert (json.loads(done.stdout)["stored"], json.loads(done.stdout)["refused"]) == (1, 1)
    (fault,) = done.stderr.splitlines()
    assert fault.startswith("line 2: line: It is not JSON")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("missing.jsonl", [], "file: Cannot read"),
        ("corpus.doc", [], "file: "),
        ("corpus.jsonl", ["--map", "colour=red"], "--map: Give FIELD=COLUMN"),
        ("corpus.jsonl", ["--by", "nobody"], "--by: There is no user"),
    ],
)
def test_import_articles_says_in_one_line_what_is_wrong(
    manage: Run, tmp_path: Path, name: str, arguments: list[str], words: str
) -> None:
    if name != "missing.jsonl":
        (tmp_path / name).write_text("{}\n")
    done = manage("import_articles", str(tmp_path / name), *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
