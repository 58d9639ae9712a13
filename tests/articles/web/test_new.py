"""Adding an article: preview, correction, duplicates."""

import html
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from articles.duplicates.services import Relation, find_duplicates
from articles.extraction.draft import ArticleDraft
from articles.models import Article, Snapshot
from articles.services import create_article
from tests.articles.site.markup import render_structured
from tests.articles.site.special import OBSTRUCTED
from tests.articles.site.stories import STORIES

NEW = "/articles/new/"
STORY = STORIES[0]
FIELDS = ("title", "authors", "outlet", "language", "url", "published_at", "licence", "extraction")


@pytest.fixture
def journalist(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("journalist"))
    return client


def get_form_values(answer: Any) -> dict[str, str]:
    """Return the values of the form as a browser would send them."""
    page = answer.content.decode()
    values = {}
    for name in FIELDS:
        found = re.search(rf'<input[^>]*name="{name}"[^>]*?(?:value="([^"]*)")?[^>]*>', page)
        if found:
            value = re.search(r'value="([^"]*)"', found[0])
            values[name] = html.unescape(value[1]) if value else ""
    for name in ("text", "authors"):
        area = re.search(
            rf'<textarea[^>]*name="{name}"[^>]*>\r?\n?(.*?)</textarea>', page, re.DOTALL
        )
        values[name] = html.unescape(area[1]) if area else ""
    return values


def test_url_is_previewed_and_saved(journalist: Client, site: Any) -> None:
    url = f"{site[1].url}/structured/{STORY.slug}"
    shown = journalist.post(NEW, {"fetch": url})
    assert shown.status_code == 200
    assert not Article.objects.exists()
    values = get_form_values(shown)
    assert (values["title"], values["outlet"], values["url"]) == (STORY.title, STORY.outlet, url)
    assert values["published_at"] == STORY.published[:16]
    assert values["text"] == STORY.text
    saved = journalist.post(NEW, {**values, "outlet": "Another Post"})
    article = Article.objects.get()
    assert saved["Location"] == f"/articles/{article.public_id}/"
    assert (str(article.outlet), article.title) == ("Another Post", STORY.title)
    version = article.current_version
    assert version
    kinds = {version.text[b.start : b.end]: str(b.kind) for b in version.get_blocks()}
    assert kinds == STORY.kinds()
    assert [(version.text[k.start : k.end], k.href) for k in version.links.all()] == STORY.links
    assert Snapshot.objects.get().version == version


def test_edited_preview_text_gets_new_blocks(journalist: Client, site: Any) -> None:
    shown = journalist.post(NEW, {"fetch": f"{site[1].url}/structured/{STORY.slug}"})
    values = get_form_values(shown)
    journalist.post(NEW, {**values, "text": "Other words.\nSee https://a.example/ for more."})
    version = Article.objects.get().current_version
    assert version
    assert version.text == "Other words.\nSee https://a.example/ for more."
    assert [link.href for link in version.links.all()] == ["https://a.example/"]


def test_forged_extraction_signature_is_ignored(journalist: Client) -> None:
    body = {"title": "T", "text": "Some words.", "extraction": "eyJ0ZXh0IjoxfQ:forged"}
    assert journalist.post(NEW, body).status_code == 302
    version = Article.objects.get().current_version
    assert version
    assert [str(block.kind) for block in version.get_blocks()] == ["paragraph"]


@pytest.mark.parametrize("name", ["declared-paywall", "cookie-wall", "script-only"])
def test_preview_shows_extraction_blocker(journalist: Client, site: Any, name: str) -> None:
    shown = journalist.post(NEW, {"fetch": f"{site[1].url}/obstructed/{name}"})
    assert b'role="alert"' in shown.content
    assert {"paywall": b"subscribers", "cookie": b"consent", "script": b"scripts"}[
        OBSTRUCTED[name][0].partition("-")[0]
    ] in shown.content
    assert not Article.objects.exists()


def test_preview_shows_rejected_url(journalist: Client) -> None:
    shown = journalist.post(NEW, {"fetch": "http://127.0.0.1:8000/"})
    assert shown.status_code == 422
    assert b"not public" in shown.content
    assert b"http://127.0.0.1:8000/" in shown.content


def test_file_is_previewed_before_saving(journalist: Client) -> None:
    file = SimpleUploadedFile("page.html", render_structured(STORY).encode())
    shown = journalist.post(NEW, {"file": file, "licence": "CC0"})
    assert shown.status_code == 200
    values = get_form_values(shown)
    assert (values["title"], values["licence"]) == (STORY.title, "CC0")
    assert b"Missing:" in shown.content
    assert journalist.post(NEW, values).status_code == 302


def test_pasted_text_is_previewed_on_request(journalist: Client) -> None:
    body = {"text": STORY.text, "title": "Mine", "preview": "1"}
    shown = journalist.post(NEW, body)
    assert b"not saved yet" in shown.content
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    "body", [{"fetch": "https://a.example/", "text": "x"}, {"text": " "}, {"fetch": "no address"}]
)
def test_form_requires_exactly_one_source(journalist: Client, body: dict[str, str]) -> None:
    assert journalist.post(NEW, body).status_code == 422


class TestDuplicates:
    @pytest.fixture
    def existing(self, db: None) -> Article:
        return create_article(
            ArticleDraft(
                title=STORY.title, text=STORY.text, url="https://post.example/a", outlet="The Post"
            )
        )

    @pytest.mark.parametrize(
        ("url", "change", "relation"),
        [
            ("https://post.example/a", "", Relation.IDENTICAL),
            ("http://www.post.example/a/?utm_source=x#top", "", Relation.IDENTICAL),
            ("https://amp.post.example/a", "", Relation.IDENTICAL),
            ("https://post.example/a/amp/", "41 million", Relation.VERSION),
            ("https://copy.example/b", "", Relation.COPY),
            (None, "41 million", Relation.NEAR_DUPLICATE),
        ],
    )
    def test_find_duplicates_returns_relation(
        self, existing: Article, url: str | None, change: str, relation: Relation
    ) -> None:
        text = STORY.text.replace("40 million", change) if change else STORY.text
        (duplicate,) = find_duplicates(text, url)
        assert (duplicate.article, duplicate.relation) == (existing, relation)
        pairs = [(one.before, one.after) for one in duplicate.changes]
        assert pairs == ([("40", "41")] if change else [])

    def test_other_story_is_not_a_duplicate(self, existing: Article) -> None:
        assert find_duplicates(STORIES[1].text, "https://post.example/b") == []

    def test_find_duplicates_in_every_script(self, db: None) -> None:
        for story in STORIES:
            create_article(ArticleDraft(title=story.title, text=story.text))
            text = story.text.replace("\n", " ").rstrip() + " …"
            assert [duplicate.relation for duplicate in find_duplicates(text, None)] == [
                Relation.NEAR_DUPLICATE
            ]

    def test_duplicate_is_compared_and_saved_as_next_version(
        self, journalist: Client, existing: Article
    ) -> None:
        body = {
            "title": STORY.title,
            "text": STORY.text.replace("40 million", "41 million"),
            "url": "https://www.post.example/a/",
        }
        shown = journalist.post(NEW, {**body, "preview": "1"})
        assert b"<del" in shown.content
        assert str(existing.public_id).encode() in shown.content
        chosen = {**body, "version_of": str(existing.public_id)}
        rejected = journalist.post(NEW, chosen)
        assert (rejected.status_code, existing.versions.count()) == (422, 1)
        existing.created_by = User.objects.get(username="journalist")
        existing.save()
        assert journalist.post(NEW, chosen)["Location"] == f"/articles/{existing.public_id}/"
        assert existing.versions.count() == 2
        assert Article.objects.count() == 1


@pytest.mark.parametrize("character", ["\x02", "&#2;", "&#xFFFE;"])
def test_uploaded_page_with_control_characters_is_previewed(
    journalist: Client, character: str
) -> None:
    story = "The ferry left at noon although the wind had reached force nine. " * 9
    page = f"<article><h1>Ferry</h1><p>{story}<br><br>{character}At sea.</p></article>"
    file = SimpleUploadedFile("a.html", page.encode())
    answer = journalist.post(NEW, {"source": "file", "file": file})
    assert answer.status_code == 200
    assert "At sea." in get_form_values(answer)["text"]
