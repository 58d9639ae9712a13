"""Import pages: upload, preview, progress."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from articles.imports import services
from articles.imports.models import Import, UploadChunk
from articles.models import Article
from tests.worker import run_worker

LIST, NEW = "/imports/", "/imports/new/"
TABLE = (
    b"head,story,source,date\n"
    b"Ships come,The ships came on Monday.,Desk 4,2025-03-02\n"
    b"Sand comes,See https://port.example/ for more.,Desk 5,yesterday\n"
)


def rows(count: int) -> bytes:
    lines = [{"title": f"Story {n}", "text": f"Harbour {n} said so."} for n in range(count)]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@pytest.fixture
def journalist(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("journalist"))
    return client


def upload(client: Client, name: str = "a.jsonl", content: bytes = b"") -> str:
    """Upload a file; return the path of its page."""
    answer = client.post(NEW, {"file": SimpleUploadedFile(name, content or rows(3))})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def get_text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def test_preview_shows_first_articles_and_errors(journalist: Client) -> None:
    page = upload(journalist, content=rows(9) + b"{bad\n")
    shown = get_text(journalist.get(page))
    assert "Preview" in shown
    assert "Previewing the first 10 rows. 1 failed." in shown
    assert "line 10 line: Not JSON" in shown
    assert "Harbour 4 said so." in shown
    assert "Harbour 5" not in shown
    assert "4 words 1 block 0 links line 1" in shown
    assert not Article.objects.exists()


def test_mapped_columns_are_previewed_and_imported(journalist: Client) -> None:
    page = upload(journalist, "a.csv", TABLE)
    assert "Nothing to import yet" in get_text(journalist.get(page))
    # Without a text there is nothing to begin with.
    rejected = journalist.post(page, {"action": "import", "column_title": "head"})
    assert rejected.status_code == 422
    assert "Choose the column that contains the text." in get_text(rejected)
    chosen = {
        "column_title": "head",
        "column_text": "story",
        # Found by its name, and not what it is.
        "column_outlet": "",
        "column_published_at": "date",
        "outlet": "The Gazette",
        "language": "en",
    }
    looked = get_text(journalist.post(page, {"action": "preview", **chosen}))
    assert "Ships come The Gazette en 2 March 2025" in looked
    assert "line 3 published_at: Give a date" in looked
    assert journalist.post(page, {"action": "import", **chosen})["Location"] == page
    assert "Queued" in get_text(journalist.get(page))
    run_worker()
    shown = get_text(journalist.get(page))
    assert "Imported 1 Already exists 0 Failed 1" in shown
    assert "line 3 published_at: Give a date" in shown
    (article,) = Article.objects.all()
    assert (article.title, str(article.outlet), article.language) == (
        *("Ships come", "The Gazette", "en"),
    )


def test_encoding_is_detected_shown_and_can_be_changed(journalist: Client) -> None:
    lines = "".join(f"Łódź {n};Rada zgodziła się na pogłębienie portu.\n" for n in range(5))
    page = upload(journalist, "a.csv", f"title;text\n{lines}".encode("cp1250"))
    shown = journalist.get(page)
    assert "Detect (iso-8859-2)" in get_text(shown) or "Detect (windows-1250)" in get_text(shown)
    assert "Łódź 1" in get_text(shown)
    right = {
        "action": "import",
        "column_text": "text",
        "column_title": "title",
        "encoding": "cp1250",
    }
    wrong = journalist.post(page, {**right, "action": "preview", "encoding": "cp1252"})
    assert "£ód" in get_text(wrong)
    assert journalist.post(page, right).status_code == 302
    run_worker()
    assert Article.objects.filter(title="Łódź 4").exists()


def test_unknown_column_is_rejected(journalist: Client) -> None:
    page = upload(journalist, "a.csv", TABLE)
    body = {"action": "validate", "column_text": "words", "language": "English"}
    rejected = journalist.post(page, body)
    assert rejected.status_code == 422
    assert "is not one of the available choices" in get_text(rejected)
    assert "Enter a BCP 47 language tag" in get_text(rejected)
    assert Import.objects.get().state == "uploaded"


def test_validate_all_then_import(journalist: Client) -> None:
    page = upload(journalist, content=rows(4) + b"{\n")
    journalist.post(page, {"action": "validate", "column_text": "text", "column_title": "title"})
    run_worker()
    shown = get_text(journalist.get(page))
    assert "Validated" in shown
    assert "Will be imported 4 Already exists 0 Failed 1" in shown
    assert not Article.objects.exists()
    journalist.post(page, {"action": "import", "column_text": "text", "column_title": "title"})
    run_worker()
    assert "Imported 4 Already exists 0 Failed 1" in get_text(journalist.get(page))
    assert Article.objects.count() == 4
    assert not UploadChunk.objects.exists()


def test_folder_is_packed_as_archive(journalist: Client) -> None:
    files = [
        SimpleUploadedFile("a.txt", b"Ships come first\nThen comes the sand."),
        SimpleUploadedFile("notes.xls", b"x"),
        SimpleUploadedFile("b.md", b"# Sand\n\nSand comes first."),
    ]
    page = journalist.post(NEW, {"folder": files})["Location"]
    shown = get_text(journalist.get(page))
    assert "2 files.zip" in shown
    assert "Sand comes first." in shown


def test_same_file_redirects_to_existing_import(journalist: Client) -> None:
    first = upload(journalist)
    journalist.post(first, {"action": "import", "column_text": "text", "column_title": "title"})
    again = upload(journalist)
    led = journalist.post(
        again, {"action": "import", "column_text": "text", "column_title": "title"}, follow=True
    )
    assert led.redirect_chain == [(first, 302)]
    assert "You imported this file with the same options before" in get_text(led)
    assert Import.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.doc", b"x", "a.doc: send one of .jsonl"),
        ("a.zip", b"PK", "a.zip is not a ZIP archive."),
        ("a.csv", b"\xff\xfe", "a.csv has no header in UTF-16"),
        ("a.jsonl", b"", "a.jsonl is empty."),
    ],
)
def test_unusable_file_shows_error(
    journalist: Client, name: str, content: bytes, message: str
) -> None:
    answer = journalist.post(NEW, {"file": SimpleUploadedFile(name, content)})
    assert (answer.status_code, message in get_text(answer)) == (422, True)
    assert "Choose one or more files" in get_text(journalist.post(NEW, {}))
    assert not Import.objects.exists()


def test_too_large_file_shows_error(journalist: Client, settings: Any) -> None:
    settings.MAX_IMPORT_BYTES = 1_000_000
    answer = journalist.post(NEW, {"file": SimpleUploadedFile("a.jsonl", b"x" * 2_500_000)})
    assert (answer.status_code, "The limit is 1" in get_text(answer)) == (422, True)


def test_import_is_stopped_resumed_and_deleted(journalist: Client) -> None:
    page = upload(journalist)
    body = {"column_text": "text", "column_title": "title"}
    journalist.post(page, {"action": "import", **body})
    assert "The import stops" in get_text(journalist.post(page, {"action": "stop"}, follow=True))
    run_worker()
    assert not Article.objects.exists()
    # Twice is once too often, and said so.
    assert "can be stopped" in get_text(journalist.post(page, {"action": "stop"}, follow=True))
    journalist.post(page, {"action": "resume"})
    rejected = journalist.post(page, {"action": "delete"}, follow=True)
    assert "Stop the import first." in get_text(rejected)
    run_worker()
    assert Article.objects.count() == 3
    assert "Deleted the import" in get_text(
        journalist.post(page, {"action": "delete"}, follow=True)
    )
    assert journalist.get(page).status_code == 404
    assert Article.objects.count() == 3


def test_list_shows_own_imports_and_editors_all(journalist: Client, db: None) -> None:
    assert "No imports yet" in get_text(journalist.get(LIST))
    page = upload(journalist, "mine.jsonl")
    assert "mine.jsonl Not started" in get_text(journalist.get(LIST))
    stranger, editor = Client(), Client()
    assert stranger.get(LIST).status_code == 302
    stranger.force_login(User.objects.create_user("stranger"))
    assert "mine.jsonl" not in get_text(stranger.get(LIST))
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, {"action": "import"}).status_code == 404
    editor.force_login(User.objects.create_user("editor", is_staff=True))
    assert "mine.jsonl Not started journalist" in get_text(editor.get(LIST))
    assert editor.get(page).status_code == 200


def test_list_query_count_is_constant(journalist: Client, django_assert_num_queries: Any) -> None:
    for n in range(3):
        upload(journalist, f"{n}.jsonl", rows(n + 1))
    with django_assert_num_queries(4):
        journalist.get(LIST)


def test_row_errors_are_paginated(journalist: Client) -> None:
    page = upload(journalist, content=b"{\n" * 120)
    journalist.post(page, {"action": "import"})
    run_worker()
    assert "Page 1 of 3" in get_text(journalist.get(page))
    assert "line 101" in get_text(journalist.get(page, {"page": "3"}))


def test_hostile_text_is_escaped(journalist: Client) -> None:
    row = {"title": "<script>x</script>", "text": "<b>Words</b>", "url": "javascript:x()"}
    page = upload(journalist, "<img>.jsonl", json.dumps({**row, "url": None}).encode() + b"\n")
    shown = journalist.get(page).content.decode()
    assert "&lt;script&gt;x" in shown
    assert "<script>x" not in shown
    assert "<img>" not in shown
    page = upload(journalist, "b.jsonl", json.dumps(row).encode() + b"\n")
    assert "1 failed." in get_text(journalist.get(page))


def test_long_table_is_previewed_by_its_head(
    journalist: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("articles.imports.models.CHUNK_BYTES", 1000)
    monkeypatch.setattr(services, "CHUNK_BYTES", 1000)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 3000
    page = upload(journalist, content=rows(400))
    shown = get_text(journalist.get(page))
    # Only whole rows: the one that was cut off is not an error.
    assert re.search(r"400 lines .* Previewing the first \d\d rows\.", shown)
    assert "failed" not in shown
