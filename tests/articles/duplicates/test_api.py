"""Duplicates of an article through the API."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from articles.extraction.draft import ArticleDraft
from articles.services import create_article
from tests.articles.site.stories import STORIES

pytestmark = pytest.mark.django_db
STORY = STORIES[0]


def test_duplicates_are_sorted_by_similarity(api: Callable[..., APIClient]) -> None:
    changed = STORY.text.replace("40 million", "41 million")
    first, near, copy = (
        create_article(
            ArticleDraft(title=name, text=text, url=f"https://{name}.example/", outlet=name)
        )
        for name, text in (("post", STORY.text), ("near", changed), ("copy", STORY.text))
    )
    read = api().get(f"/api/v1/articles/{first.public_id}/").json()
    found = api().get(read["links"]["duplicates"]).json()["results"]
    assert [(one["article"], one["relation"]) for one in found] == [
        (str(copy.public_id), "copy"),
        (str(near.public_id), "near_duplicate"),
    ]
    assert found[0]["similarity"] == 1.0
    assert 0.6 < found[1]["similarity"] < 1.0
    assert (found[1]["outlet"], found[1]["url"]) == ("near", "https://near.example/")


def test_duplicates_reject_unknown_parameter(api: Callable[..., APIClient]) -> None:
    article = create_article(ArticleDraft(title="One", text=STORY.text))
    answer = api().get(f"/api/v1/articles/{article.public_id}/duplicates/", {"limit": "3"})
    assert answer.status_code == 400
    assert "limit" in str(answer.json()["errors"])
