"""Many articles come in at once: whatever happens on the way, once each."""

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
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.imports.batches import check_source, import_source
from articles.imports.models import Import
from articles.imports.rows import Options, open_source
from articles.models import Article, ArticleVersion, Author, Link, Outlet
from articles.services import create_article
from tests.articles.site.markup import structured
from tests.articles.site.stories import STORIES

ROOT = Path(__file__).resolve().parents[3]


def rows(count: int) -> list[dict[str, Any]]:
    """Make short articles, some by the same authors and in the same outlets."""
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


def bring_in(path: Path, **options: Any) -> tuple[Import, list[tuple[str, str]]]:
    """Import a source as the command does, and give its state with the faults of this run."""
    faults: list[tuple[str, str]] = []
    source = open_source(path, Options(**options))
    state = import_source(source, tell=lambda _, outcome: faults.extend(outcome.faults))
    return state, faults


def test_each_row_comes_in_as_it_would_alone(db: None, tmp_path: Path) -> None:
    given = rows(5)
    bring_in(jsonl(tmp_path / "a.jsonl", given))
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


def test_a_bad_row_is_named_and_the_others_come_in(db: None, tmp_path: Path) -> None:
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
    state, faults = bring_in(path)
    assert (state.stored, state.position) == (3, 15)
    assert [place for place, _ in faults] == [f"line {n}" for n in range(2, 14)]
    assert [reason.partition(":")[0] for _, reason in faults] == [
        *("line", "line", "text", "title", "language", "url", "published_at", "text"),
        *("authors", "blocks", "links", "title"),
    ]
    assert list(state.faults.values_list("place", "reason")) == faults


def test_the_same_source_comes_in_once(db: None, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", rows(7))
    first, _ = bring_in(path)
    again, _ = bring_in(path)
    assert first == again
    assert (again.stored, Article.objects.count()) == (7, 7)
    # Another file with the same articles in it brings nothing new.
    other, _ = bring_in(jsonl(tmp_path / "b.jsonl", [*rows(7)[::-1], *rows(9)[7:], *rows(9)[7:]]))
    assert (other.stored, other.known, Article.objects.count()) == (2, 9, 9)


def test_an_interrupted_import_goes_on_where_it_was(db: None, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", [*rows(700), "{bad", *rows(1100)[700:]])
    source = open_source(path, Options())

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_source(source, tell=stop)
    assert Import.objects.get().position == Article.objects.count() == 500
    state, faults = bring_in(path)
    assert (state.stored, state.position, len(faults)) == (1100, 1101, 1)
    assert state.finished_at


def test_two_at_the_same_source_are_told(db: None, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", rows(600))
    source = open_source(path, Options())
    with pytest.raises(IngestError, match="Another process"):
        import_source(source, tell=lambda *_: bring_in(path) and None)
    assert Article.objects.count() == 600


def test_a_dry_run_stores_nothing(db: None, tmp_path: Path) -> None:
    create_article(ArticleDraft(title="Here", text="Words.", url="https://news.example/1"))
    path = jsonl(tmp_path / "a.jsonl", [*rows(3), "{"])
    told = []
    check_source(open_source(path, Options()), tell=lambda _, outcome: told.append(outcome))
    assert [(o.stored, o.known, len(o.faults)) for o in told] == [(2, 1, 1)]
    assert Article.objects.count() == 1
    assert not Import.objects.exists()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_has_its_columns_by_name(db: None, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["Headline", "body", "date", "byline", "shelf"])
        writer.writerow(["Ships", "One line,\nand “another”; so.", "2025-03-02", "By A and B", "3"])
        writer.writerow(["Short"])
        writer.writerow(["Sand", "Words.", "", "", ""])
    _, faults = bring_in(
        path, columns={"title": "Headline"}, defaults={"language": "en", "outlet": "The Gazette"}
    )
    assert [(a.title, a.language, str(a.outlet)) for a in Article.objects.order_by("pk")] == [
        ("Ships", "en", "The Gazette"),
        ("Sand", "en", "The Gazette"),
    ]
    assert [str(author) for author in Author.objects.all()] == ["A", "B"]
    assert faults == [("line 4", "line: It has 1 cells; the header has 5.")]


def test_a_folder_and_an_archive_of_files(db: None, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("Ships come first\nThen comes the sand.")
    (folder / "deep" / "b.html").write_text(structured(STORIES[0]))
    (folder / "c.txt").write_bytes(b"caf\xe9")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.rglob("*.*"):
            archive.write(file, file.relative_to(folder))
        archive.writestr("d.txt", "x" * 30_000_000)
    state, faults = bring_in(folder)
    assert (state.stored, [place for place, _ in faults]) == (2, ["c.txt"])
    packed, faults = bring_in(tmp_path / "a.zip")
    assert (packed.stored, packed.known) == (0, 2)
    assert [place for place, _ in faults] == ["c.txt", "d.txt"]
    assert ArticleVersion.objects.filter(text=STORIES[0].text).count() == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl", b"", "is empty"),
        ("a.csv", b"", "no header"),
        ("a.csv", b"shelf,row\n1,2\n", "No column has the text"),
        ("a.csv", b"\xff\xfe\x00", "no header in UTF-8"),
        ("a.zip", b"PK, not really", "not a ZIP"),
        ("a.doc", b"x", "none of .jsonl"),
        ("missing.jsonl", None, "No such file"),
    ],
)
def test_a_source_that_cannot_be_used_is_refused(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IngestError, match=words) as refused:
        open_source(path, Options())
    assert list(refused.value.errors) == ["columns" if "column has" in words else "file"]


def test_the_queries_hardly_grow_with_the_rows(db: None, tmp_path: Path) -> None:
    counts = []
    for name, size in (("a", 20), ("b", 400)):
        fresh = [{**row, "url": None, "title": f"{name} {n}"} for n, row in enumerate(rows(size))]
        path = jsonl(tmp_path / f"{name}.jsonl", fresh)
        with CaptureQueriesContext(connection) as queries:
            bring_in(path)
        counts.append(len(queries))
    # SQLite takes no more than some hundreds of values in one statement.
    assert counts[1] < 2 * counts[0]
    assert Link.objects.count() == 420


class TestKilled:
    """A process of its own, with data of its own, killed as no handler can catch."""

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
            database.execute(f"SELECT count(*) FROM articles_{table}").fetchone()
            for table in ("author", "outlet", "importrowerror")
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

    def migrated(self, data: Path) -> Path:
        data.mkdir()
        env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"],
            cwd=ROOT,
            env={**env, "PRESSMARK_DATA": str(data)},
            check=True,
        )
        return data

    def test_it_ends_as_if_it_had_never_been_stopped(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "a.jsonl", [*rows(700), "{bad", *rows(self.COUNT)[700:]])
        whole, killed = self.migrated(tmp_path / "whole"), self.migrated(tmp_path / "killed")
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
        assert (json.loads(printed)["stored"], json.loads(printed)["refused"]) == (self.COUNT, 1)
        assert self.contents(killed) == self.contents(whole)
        assert positions == sorted(positions)
