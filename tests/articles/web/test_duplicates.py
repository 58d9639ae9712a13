"""The page of similar articles."""

from typing import Any

import pytest
from django.test import Client

from articles.extraction.draft import ArticleDraft
from articles.models import Article
from articles.services import add_version, create_article
from tests.articles.site.stories import STORIES

STORY = STORIES[0]


def add_article(text: str, url: str, title: str = "Elsewhere") -> Article:
    return create_article(ArticleDraft(title=title, text=text, url=url, language="en"))


@pytest.fixture
def original(db: None) -> Article:
    return add_article(STORY.text, "https://post.example/a", STORY.title)


def page(client: Client, article: Article) -> str:
    answer = client.get(f"/articles/{article.public_id}/duplicates/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_article_without_duplicates(client: Client, original: Article) -> None:
    add_article(STORIES[1].text, "https://post.example/b")
    assert "No similar articles." in page(client, original)
    assert "/duplicates/" not in client.get(f"/articles/{original.public_id}/").content.decode()


def test_duplicates_page_shows_differences(client: Client, original: Article) -> None:
    add_article(STORY.text, "https://copy.example/a", "Word for word")
    changed = STORY.text.replace("40 million", "41 million")
    add_article(changed, "https://near.example/a", "With another figure")
    shown = page(client, original)
    assert shown.index("Word for word") < shown.index("With another figure")
    assert '<del dir="auto">41</del> <ins dir="auto">40</ins>' in shown
    # The article's page leads here.
    assert "/duplicates/" in client.get(f"/articles/{original.public_id}/").content.decode()


def test_article_with_url_variant_is_listed_as_duplicate(client: Client, original: Article) -> None:
    other = add_article("Quite other words, for once.", "http://www.post.example/a/")
    assert other.title in page(client, original)
    assert original.title in page(client, other)


def test_older_versions_are_not_duplicates(client: Client, original: Article) -> None:
    other = add_article(STORY.text, "https://copy.example/a", "Word for word")
    add_version(other, STORIES[1].text)
    assert "Word for word" not in page(client, original)
    assert "/duplicates/" not in client.get(f"/articles/{original.public_id}/").content.decode()


def test_duplicates_page_query_count_is_constant(
    client: Client, original: Article, django_assert_num_queries: Any
) -> None:
    for number in range(8):
        add_article(STORY.text, f"https://copy{number}.example/a")
    with django_assert_num_queries(5):
        page(client, original)
