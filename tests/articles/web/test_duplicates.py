"""The page of where else an article's words stand."""

from typing import Any

import pytest
from django.test import Client

from articles.extraction.draft import ArticleDraft
from articles.models import Article
from articles.services import add_version, create_article
from tests.articles.site.stories import STORIES

STORY = STORIES[0]


def bring_in(text: str, url: str, title: str = "Elsewhere") -> Article:
    return create_article(ArticleDraft(title=title, text=text, url=url, language="en"))


@pytest.fixture
def original(db: None) -> Article:
    return bring_in(STORY.text, "https://post.example/a", STORY.title)


def page(client: Client, article: Article) -> str:
    answer = client.get(f"/articles/{article.public_id}/duplicates/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_article_alone_has_no_copies(client: Client, original: Article) -> None:
    bring_in(STORIES[1].text, "https://post.example/b")
    assert "No similar articles." in page(client, original)
    assert "/duplicates/" not in client.get(f"/articles/{original.public_id}/").content.decode()


def test_a_copy_and_a_near_one_are_shown_with_the_difference(
    client: Client, original: Article
) -> None:
    bring_in(STORY.text, "https://copy.example/a", "Word for word")
    changed = STORY.text.replace("40 million", "41 million")
    bring_in(changed, "https://near.example/a", "With another figure")
    shown = page(client, original)
    assert shown.index("Word for word") < shown.index("With another figure")
    assert '<del dir="auto">41</del> <ins dir="auto">40</ins>' in shown
    # The article's page leads here.
    assert "/duplicates/" in client.get(f"/articles/{original.public_id}/").content.decode()


def test_another_form_of_the_address_is_not_the_article_itself(
    client: Client, original: Article
) -> None:
    other = bring_in("Quite other words, for once.", "http://www.post.example/a/")
    assert other.title in page(client, original)
    assert original.title in page(client, other)


def test_older_versions_are_no_copies(client: Client, original: Article) -> None:
    other = bring_in(STORY.text, "https://copy.example/a", "Word for word")
    add_version(other, STORIES[1].text)
    assert "Word for word" not in page(client, original)
    assert "/duplicates/" not in client.get(f"/articles/{original.public_id}/").content.decode()


def test_queries_do_not_grow(
    client: Client, original: Article, django_assert_num_queries: Any
) -> None:
    for number in range(8):
        bring_in(STORY.text, f"https://copy{number}.example/a")
    with django_assert_num_queries(5):
        page(client, original)
