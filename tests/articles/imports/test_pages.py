"""Many articles at once in the browser: looked at before any is saved, then followed."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from articles.imports import services as uploaded
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
    """Upload a file, and give the address of its page."""
    answer = client.post(NEW, {"file": SimpleUploadedFile(name, content or rows(3))})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def words(answer: Any) -> str:
    """Give what a page says."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def test_the_first_articles_are_shown_as_they_would_come_in(journalist: Client) -> None:
    page = upload(journalist, content=rows(9) + b"{bad\n")
    shown = words(journalist.get(page))
    assert "Not saved yet: so they would come in" in shown
    assert "10 rows from the beginning were looked at; 1 cannot come in" in shown
    assert "line 10 line: It is not JSON" in shown
    assert "Harbour 4 said so." in shown
    assert "Harbour 5" not in shown
    assert "4 words 1 block 0 links line 1" in shown
    assert not Article.objects.exists()


def test_columns_are_corrected_and_then_everything_comes_in(journalist: Client) -> None:
    page = upload(journalist, "a.csv", TABLE)
    assert "nothing could be read" in words(journalist.get(page))
    # Without a text there is nothing to begin with.
    refused = journalist.post(page, {"act": "bring_in", "column_title": "head"})
    assert refused.status_code == 422
    assert "No column has the text yet. Choose it." in words(refused)
    chosen = {
        "column_title": "head",
        "column_text": "story",
        # Found by its name, and not what it is.
        "column_outlet": "",
        "column_published_at": "date",
        "outlet": "The Gazette",
        "language": "en",
    }
    looked = words(journalist.post(page, {"act": "look", **chosen}))
    assert "Ships come The Gazette en 2 March 2025" in looked
    assert "line 3 published_at: Give a date" in looked
    assert journalist.post(page, {"act": "bring_in", **chosen})["Location"] == page
    assert "Waits for its turn" in words(journalist.get(page))
    run_worker()
    shown = words(journalist.get(page))
    assert "Came in 1 Here already 0 Cannot come in 1" in shown
    assert "line 3 published_at: Give a date" in shown
    (article,) = Article.objects.all()
    assert (article.title, str(article.outlet), article.language) == (
        *("Ships come", "The Gazette", "en"),
    )


def test_a_column_that_there_is_not_is_refused(journalist: Client) -> None:
    page = upload(journalist, "a.csv", TABLE)
    body = {"act": "check", "column_text": "words", "language": "English"}
    refused = journalist.post(page, body)
    assert refused.status_code == 422
    assert "is not one of the available choices" in words(refused)
    assert "Enter a BCP 47 language tag" in words(refused)
    assert Import.objects.get().state == "uploaded"


def test_all_is_checked_first_and_then_brought_in(journalist: Client) -> None:
    page = upload(journalist, content=rows(4) + b"{\n")
    journalist.post(page, {"act": "check", "column_text": "text", "column_title": "title"})
    run_worker()
    shown = words(journalist.get(page))
    assert "Checked" in shown
    assert "Would come in 4 Here already 0 Cannot come in 1" in shown
    assert not Article.objects.exists()
    journalist.post(page, {"act": "bring_in", "column_text": "text", "column_title": "title"})
    run_worker()
    assert "Came in 4 Here already 0 Cannot come in 1" in words(journalist.get(page))
    assert Article.objects.count() == 4
    assert not UploadChunk.objects.exists()


def test_a_folder_is_many_files(journalist: Client) -> None:
    files = [
        SimpleUploadedFile("a.txt", b"Ships come first\nThen comes the sand."),
        SimpleUploadedFile("notes.xls", b"x"),
        SimpleUploadedFile("b.md", b"# Sand\n\nSand comes first."),
    ]
    page = journalist.post(NEW, {"folder": files})["Location"]
    shown = words(journalist.get(page))
    assert "2 files.zip" in shown
    assert "Sand comes first." in shown


def test_the_same_file_leads_to_where_it_is(journalist: Client) -> None:
    first = upload(journalist)
    journalist.post(first, {"act": "bring_in", "column_text": "text", "column_title": "title"})
    again = upload(journalist)
    led = journalist.post(
        again, {"act": "bring_in", "column_text": "text", "column_title": "title"}, follow=True
    )
    assert led.redirect_chain == [(first, 302)]
    assert "You brought in this file in the same way before" in words(led)
    assert Import.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.doc", b"x", "a.doc: send one of .jsonl"),
        ("a.zip", b"PK", "a.zip is not a ZIP archive."),
        ("a.csv", b"\xff\xfe", "a.csv has no header in UTF-8"),
        ("a.jsonl", b"", "a.jsonl is empty."),
    ],
)
def test_what_cannot_be_used_is_said(
    journalist: Client, name: str, content: bytes, said: str
) -> None:
    answer = journalist.post(NEW, {"file": SimpleUploadedFile(name, content)})
    assert (answer.status_code, said in words(answer)) == (422, True)
    assert "Send a file" in words(journalist.post(NEW, {}))
    assert not Import.objects.exists()


def test_what_is_too_large_is_said(journalist: Client, settings: Any) -> None:
    settings.MAX_IMPORT_BYTES = 1_000_000
    answer = journalist.post(NEW, {"file": SimpleUploadedFile("a.jsonl", b"x" * 2_500_000)})
    assert (answer.status_code, "The limit is 1" in words(answer)) == (422, True)


def test_one_is_stopped_gone_on_with_and_forgotten(journalist: Client) -> None:
    page = upload(journalist)
    body = {"column_text": "text", "column_title": "title"}
    journalist.post(page, {"act": "bring_in", **body})
    assert "It stops" in words(journalist.post(page, {"act": "stop"}, follow=True))
    run_worker()
    assert not Article.objects.exists()
    # Twice is once too often, and said so.
    assert "can be stopped" in words(journalist.post(page, {"act": "stop"}, follow=True))
    journalist.post(page, {"act": "resume"})
    refused = journalist.post(page, {"act": "forget"}, follow=True)
    assert "Stop it first." in words(refused)
    run_worker()
    assert Article.objects.count() == 3
    assert "is forgotten" in words(journalist.post(page, {"act": "forget"}, follow=True))
    assert journalist.get(page).status_code == 404
    assert Article.objects.count() == 3


def test_the_list_has_ones_own(journalist: Client, db: None) -> None:
    assert "Nothing was brought in yet" in words(journalist.get(LIST))
    page = upload(journalist, "mine.jsonl")
    assert "mine.jsonl Not begun" in words(journalist.get(LIST))
    stranger, editor = Client(), Client()
    assert stranger.get(LIST).status_code == 302
    stranger.force_login(User.objects.create_user("stranger"))
    assert "mine.jsonl" not in words(stranger.get(LIST))
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, {"act": "bring_in"}).status_code == 404
    editor.force_login(User.objects.create_user("editor", is_staff=True))
    assert "mine.jsonl Not begun journalist" in words(editor.get(LIST))
    assert editor.get(page).status_code == 200


def test_the_queries_do_not_grow(journalist: Client, django_assert_num_queries: Any) -> None:
    for n in range(3):
        upload(journalist, f"{n}.jsonl", rows(n + 1))
    with django_assert_num_queries(4):
        journalist.get(LIST)


def test_many_faults_are_on_pages(journalist: Client) -> None:
    page = upload(journalist, content=b"{\n" * 120)
    journalist.post(page, {"act": "bring_in"})
    run_worker()
    assert "Page 1 of 3" in words(journalist.get(page))
    assert "line 101" in words(journalist.get(page, {"page": "3"}))


def test_hostile_words_stay_words(journalist: Client) -> None:
    row = {"title": "<script>x</script>", "text": "<b>Words</b>", "url": "javascript:x()"}
    page = upload(journalist, "<img>.jsonl", json.dumps({**row, "url": None}).encode() + b"\n")
    shown = journalist.get(page).content.decode()
    assert "&lt;script&gt;x" in shown
    assert "<script>x" not in shown
    assert "<img>" not in shown
    page = upload(journalist, "b.jsonl", json.dumps(row).encode() + b"\n")
    assert "cannot come in" in words(journalist.get(page))


def test_a_long_table_is_looked_at_by_its_head(
    journalist: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("articles.imports.models.PIECE", 1000)
    monkeypatch.setattr(uploaded, "PIECE", 1000)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 3000
    page = upload(journalist, content=rows(400))
    shown = words(journalist.get(page))
    # Only whole rows: the one that was cut off is no fault.
    assert re.search(r"400 lines .* \d\d rows from the beginning were looked at\.", shown)
    assert "cannot come in" not in shown
