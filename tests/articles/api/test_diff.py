"""Comparing versions through the API."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion
from articles.services import add_version, create_article
from tests.conftest import TEXT


@pytest.fixture
def versions(article: Article, version: ArticleVersion) -> list[ArticleVersion]:
    second = add_version(article, TEXT.replace("12 %", "10.5 %"))
    return [version, second, add_version(article, f"{TEXT}\nA last line.")]


def address(version: ArticleVersion) -> str:
    return f"/api/v1/versions/{version.public_id}/diff/"


def test_diff_hunks_contain_both_texts(
    api: Callable[..., APIClient], versions: list[ArticleVersion]
) -> None:
    first, second, _ = versions
    found = api().get(address(second)).json()
    assert (found["old_version"], found["new_version"]) == (
        str(first.public_id),
        str(second.public_id),
    )
    assert "".join(hunk["old"]["text"] for hunk in found["hunks"]) == first.text
    assert "".join(hunk["new"]["text"] for hunk in found["hunks"]) == second.text
    assert [hunk["change"] for hunk in found["hunks"]] == ["equal", "replace", "equal"]
    changed = found["hunks"][1]
    assert (changed["old"]["text"], changed["new"]["text"]) == ("12", "10.5")
    assert second.text[changed["new"]["start"] : changed["new"]["end"]] == "10.5"


def test_diff_from_any_version(
    api: Callable[..., APIClient], versions: list[ArticleVersion]
) -> None:
    first, _, third = versions
    found = api().get(address(third), {"from": str(first.public_id)}).json()
    assert [hunk["change"] for hunk in found["hunks"]] == ["equal", "insert"]
    assert found["hunks"][1]["new"]["text"].strip() == "A last line."


def test_diff_rejects_invalid_from(
    api: Callable[..., APIClient], versions: list[ArticleVersion]
) -> None:
    first, second, _ = versions
    elsewhere = create_article(ArticleDraft(title="Other", text="Another text.", language="en"))
    for asked, message in (
        ({}, "first version"),
        ({"from": "nonsense"}, "Give the id of a version"),
        ({"from": str(elsewhere.current_version.public_id)}, "no version with this id"),  # type: ignore[union-attr]
        ({"form": str(second.public_id)}, "Unknown parameter"),
    ):
        answer = api().get(address(first), asked)
        assert answer.status_code == 400
        assert message in answer.json()["errors"][0]["detail"]
