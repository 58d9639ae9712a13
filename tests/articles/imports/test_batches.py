"""Batch imports store each row once, whatever happens on the way."""

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.imports.batches import check_source, import_source
from articles.imports.models import Import
from articles.imports.rows import Options, Row, Source, open_source
from articles.models import Article, ArticleVersion, Author, Link, Outlet
from articles.services import create_article
from articles.text.links import Link as TextLink
from tests.articles.site.markup import render_structured
from tests.articles.site.stories import STORIES

ROOT = Path(__file__).resolve().parents[3]


def rows(count: int) -> list[dict[str, Any]]:
    """Return short articles, some of the same authors and outlets."""
    return [
        {
            "title": f"Story {n}",
            "text": f"Harbour {n} said so on Monday.\nSee https://port.example/{n} for more.",
            "url": f"https://news.example/{n}" if n % 3 else None,
            "outlet": f"Outlet {n % 4}",
            "authors": [f"Author {n % 7}", {"name": "Desk", "affiliation": "Outlet"}],
            "published_at": f"2025-03-{n % 28 + 1:02}T08:00:00+02:00",
            "language": "en",
        }
        for n in range(count)
    ]


def jsonl(path: Path, lines: list[Any]) -> Path:
    path.write_text(
        "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    )
    return path


def run_import(path: Path, **options: Any) -> tuple[Import, list[tuple[str, str]]]:
    """Import a source as the command does; return the import and the errors of this run."""
    errors: list[tuple[str, str]] = []
    source = open_source(path, Options(**options))
    state = import_source(source, on_batch=lambda _, batch: errors.extend(batch.errors))
    return state, errors


def test_row_is_imported_with_authors_outlet_and_links(db: None, tmp_path: Path) -> None:
    given = rows(5)
    run_import(jsonl(tmp_path / "a.jsonl", given))
    article = Article.objects.get(title="Story 4")
    assert (article.url, str(article.outlet)) == ("https://news.example/4", "Outlet 0")
    assert [str(author) for author in article.authors.order_by("authorships__position")] == [
        "Author 4",
        "Desk, Outlet",
    ]
    assert article.published_at
    assert article.published_at.isoformat() == "2025-03-05T06:00:00+00:00"
    version = article.current_version
    assert version
    assert version.text == given[4]["text"]
    assert [(link.href, version.text[link.start : link.end]) for link in version.links.all()] == [
        ("https://port.example/4", "https://port.example/4")
    ]
    assert (Outlet.objects.count(), Author.objects.count()) == (4, 6)


def test_invalid_rows_are_reported_and_others_imported(db: None, tmp_path: Path) -> None:
    good = rows(3)
    bad = [
        "{not json",
        json.dumps(["a", "list"]),
        json.dumps({"title": "No text"}),
        json.dumps({"title": "x" * 301, "text": "Words."}),
        json.dumps({"title": "T", "text": "W.", "language": "English"}),
        json.dumps({"title": "T", "text": "W.", "url": "javascript:alert(1)"}),
        json.dumps({"title": "T", "text": "W.", "published_at": "yesterday"}),
        json.dumps({"title": "T", "text": "half \ud800"}),
        json.dumps({"title": "T", "text": "W.", "authors": [7]}),
        json.dumps({"title": "T", "text": "Words.", "blocks": [{"kind": "?", "start": 0}]}),
        json.dumps({"title": "T", "text": "W.", "links": [{"start": 0, "end": 9, "href": "x"}]}),
        json.dumps({"title": 5, "text": "W."}),
    ]
    path = jsonl(tmp_path / "a.jsonl", [good[0], *bad, good[1], "", good[2]])
    state, errors = run_import(path)
    assert (state.created, state.processed) == (3, 15)
    assert [place for place, _ in errors] == [f"line {n}" for n in range(2, 14)]
    assert [reason.partition(":")[0] for _, reason in errors] == [
        *("line", "line", "text", "title", "language", "url", "published_at", "text"),
        *("authors", "blocks", "links", "title"),
    ]
    assert list(state.row_errors.values_list("location", "reason")) == errors


def build_source(drafts: list[Callable[[], ArticleDraft]]) -> Source:
    rows = [Row(f"line {number}", number, draft) for number, draft in enumerate(drafts, 1)]
    return Source("a.jsonl", "0" * 64, len(rows), lambda: iter(rows))


def raise_error(error: BaseException) -> ArticleDraft:
    raise error


@pytest.mark.parametrize(
    "error",
    [
        ValueError("All strings must be XML compatible"),
        RecursionError(),
        MemoryError(),
        KeyError("x"),
        AssertionError(),
        UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"),
    ],
    ids=repr,
)
def test_row_that_raises_fails_alone(
    db: None, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    drafts = [partial(ArticleDraft, title=f"T{n}", text=f"Words {n}.") for n in range(5)]
    source = build_source([*drafts[:2], partial(raise_error, error), *drafts[2:]])
    results: list[Any] = []
    state = import_source(source, on_batch=lambda _, result: results.append(result))
    assert (state.state, state.created, state.failed) == ("finished", 5, 1)
    [(location, reason)] = state.row_errors.values_list("location", "reason")
    assert location == "line 3"
    assert type(error).__name__ in reason
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("position", [0, 3, 6])
def test_row_that_the_database_refuses_fails_alone(db: None, position: int) -> None:
    drafts: list[Any] = [
        partial(ArticleDraft, title=f"T{n}", text=f"Words {n}.", links=[]) for n in range(6)
    ]
    too_large = TextLink(0, 10**20, "https://port.example/")
    drafts.insert(position, partial(ArticleDraft, title="Bad", text="Words.", links=[too_large]))
    state = import_source(build_source(drafts), on_batch=lambda *_: None)
    assert (state.state, state.created, state.failed, state.processed) == ("finished", 6, 1, 7)
    assert [error.location for error in state.row_errors.all()] == [f"line {position + 1}"]
    assert Article.objects.count() == ArticleVersion.objects.count() == 6


def test_notes_of_imported_rows_are_stored_as_warnings(db: None, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(
        "Die Fähre über den Fluß fährt täglich um sechs.".encode("cp1252")
    )
    (tmp_path / "b.txt").write_text("Die Fähre über den Fluß fährt täglich um sieben.")
    state, errors = run_import(tmp_path)
    assert (state.created, state.failed, errors) == (2, 0, [])
    assert list(state.row_errors.values_list("location", "severity", "reason")) == [
        ("a.txt", "warning", "The file was read as windows-1252.")
    ]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-8-sig", "utf-8"])
def test_table_is_read_in_its_encoding(db: None, tmp_path: Path, encoding: str) -> None:
    lines = [
        f"Fähre {n};Die Fähre über den Fluß fährt um {n} Uhr, sagt Frau Müller." for n in range(9)
    ]
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join(["title;text", *lines]).encode(encoding))
    state, errors = run_import(path)
    assert (state.created, errors) == (9, [])
    assert Article.objects.filter(title="Fähre 7").exists()
    version = Article.objects.get(title="Fähre 7").current_version
    assert version
    assert version.text.endswith("sagt Frau Müller.")


def test_given_encoding_of_a_table_is_used(db: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("title,text\nŁódź,Prom odpłynął.\n".encode("cp1250"))
    state, _ = run_import(path, encoding="cp1250")
    assert Article.objects.get().title == "Łódź"
    again, _ = run_import(path)
    assert again != state


def test_row_that_is_invalid_in_utf_8_fails_alone(db: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    good = "".join(f"Fähre {n},Sie fährt täglich.\n" for n in range(20)).encode()
    path.write_bytes(b"title,text\n" + good + b"caf\xe9,Words.\n" + good.replace(b"hre", b"hr"))
    state, errors = run_import(path)
    assert (state.created, errors) == (40, [("line 22", "line: Not UTF-8.")])


def test_same_source_is_imported_once(db: None, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", rows(7))
    first, _ = run_import(path)
    again, _ = run_import(path)
    assert first == again
    assert (again.created, Article.objects.count()) == (7, 7)
    # Another file with the same articles in it brings nothing new.
    other, _ = run_import(jsonl(tmp_path / "b.jsonl", [*rows(7)[::-1], *rows(9)[7:], *rows(9)[7:]]))
    assert (other.created, other.duplicates, Article.objects.count()) == (2, 9, 9)


def test_interrupted_import_continues(db: None, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", [*rows(700), "{bad", *rows(1100)[700:]])
    source = open_source(path, Options())

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_source(source, on_batch=stop)
    assert Import.objects.get().processed == Article.objects.count() == 500
    state, errors = run_import(path)
    assert (state.created, state.processed, len(errors)) == (1100, 1101, 1)
    assert state.finished_at


def test_concurrent_imports_of_same_source_are_detected(db: None, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", rows(600))
    source = open_source(path, Options())
    with pytest.raises(IngestError, match="Another process"):
        import_source(source, on_batch=lambda *_: run_import(path) and None)
    assert Article.objects.count() == 600


def test_dry_run_stores_nothing(db: None, tmp_path: Path) -> None:
    create_article(ArticleDraft(title="Here", text="Words.", url="https://news.example/1"))
    path = jsonl(tmp_path / "a.jsonl", [*rows(3), "{"])
    results = []
    check_source(open_source(path, Options()), on_batch=lambda _, result: results.append(result))
    assert [(o.created, o.duplicates, len(o.errors)) for o in results] == [(2, 1, 1)]
    assert Article.objects.count() == 1
    assert not Import.objects.exists()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_columns_are_found_by_name(db: None, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["Headline", "body", "date", "byline", "shelf"])
        writer.writerow(["Ships", "One line,\nand “another”; so.", "2025-03-02", "By A and B", "3"])
        writer.writerow(["Short"])
        writer.writerow(["Sand", "Words.", "", "", ""])
    _, errors = run_import(
        path, columns={"title": "Headline"}, defaults={"language": "en", "outlet": "The Gazette"}
    )
    assert [(a.title, a.language, str(a.outlet)) for a in Article.objects.order_by("pk")] == [
        ("Ships", "en", "The Gazette"),
        ("Sand", "en", "The Gazette"),
    ]
    assert [str(author) for author in Author.objects.all()] == ["A", "B"]
    assert errors == [("line 4", "line: 1 cells; the header has 5.")]


def test_folder_and_archive_of_files(db: None, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("Ships come first\nThen comes the sand.")
    (folder / "deep" / "b.html").write_text(render_structured(STORIES[0]))
    (folder / "c.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.rglob("*.*"):
            archive.write(file, file.relative_to(folder))
        archive.writestr("d.txt", "x" * 30_000_000)
    state, errors = run_import(folder)
    assert (state.created, [place for place, _ in errors]) == (2, ["c.txt"])
    packed, errors = run_import(tmp_path / "a.zip")
    assert (packed.created, packed.duplicates) == (0, 2)
    assert [place for place, _ in errors] == ["c.txt", "d.txt"]
    assert ArticleVersion.objects.filter(text=STORIES[0].text).count() == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", "is empty"),
        ("a.csv", b"", "no header"),
        ("a.csv", b"shelf,row\n1,2\n", "No column contains the text"),
        ("a.csv", b"\xff\xfe\x00", "no header in UTF-16"),
        ("a.zip", b"PK, not really", "not a ZIP"),
        ("a.doc", b"x", "not a .jsonl"),
        ("missing.jsonl", None, "No such file"),
    ],
)
def test_unusable_source_is_rejected(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IngestError, match=message) as exc_info:
        open_source(path, Options())
    assert list(exc_info.value.errors) == ["columns" if "No column" in message else "file"]


def test_query_count_hardly_grows_with_rows(db: None, tmp_path: Path) -> None:
    counts = []
    for name, size in (("a", 20), ("b", 400)):
        fresh = [{**row, "url": None, "title": f"{name} {n}"} for n, row in enumerate(rows(size))]
        path = jsonl(tmp_path / f"{name}.jsonl", fresh)
        with CaptureQueriesContext(connection) as queries:
            run_import(path)
        counts.append(len(queries))
    # SQLite takes no more than some hundreds of values in one statement.
    assert counts[1] < 2 * counts[0]
    assert Link.objects.count() == 420


class TestKilled:
    """A separate process with its own data, killed by SIGKILL."""

    COUNT = 3000

    def contents(self, data: Path) -> list[Any]:
        database = sqlite3.connect(data / "pressmark.sqlite3")
        found = database.execute(
            "SELECT a.title, a.url, v.text, o.name, v.number, v.id = a.current_version_id,"
            " (SELECT group_concat(href) FROM articles_link l WHERE l.version_id = v.id),"
            " (SELECT count(*) FROM articles_authorship s WHERE s.article_id = a.id)"
            " FROM articles_article a JOIN articles_articleversion v ON v.article_id = a.id"
            " JOIN articles_outlet o ON o.id = a.outlet_id ORDER BY a.title, a.id"
        ).fetchall()
        counts = [
            database.execute(f"SELECT count(*) FROM {table}").fetchone()
            for table in ("articles_author", "articles_outlet", "imports_importrowerror")
        ]
        database.close()
        return [found, counts]

    def command(self, data: Path, path: Path) -> "subprocess.Popen[bytes]":
        env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        return subprocess.Popen(
            [sys.executable, "manage.py", "import_articles", str(path)],
            cwd=ROOT,
            env={**env, "PRESSMARK_DATA": str(data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def create_database(self, data: Path) -> Path:
        data.mkdir()
        env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"],
            cwd=ROOT,
            env={**env, "PRESSMARK_DATA": str(data)},
            check=True,
        )
        return data

    def test_killed_import_ends_like_an_undisturbed_one(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "a.jsonl", [*rows(700), "{bad", *rows(self.COUNT)[700:]])
        whole, killed = (
            self.create_database(tmp_path / "whole"),
            self.create_database(tmp_path / "killed"),
        )
        start = time.monotonic()
        self.command(whole, path).communicate(timeout=120)
        took = time.monotonic() - start
        chance = random.Random(5)  # noqa: S311
        positions = []
        for _ in range(6):
            process = self.command(killed, path)
            time.sleep(chance.uniform(0.3, 0.8) * took)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            positions.append(len(self.contents(killed)[0]))
        process = self.command(killed, path)
        printed, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert (json.loads(printed)["created"], json.loads(printed)["failed"]) == (self.COUNT, 1)
        assert self.contents(killed) == self.contents(whole)
        assert positions == sorted(positions)
