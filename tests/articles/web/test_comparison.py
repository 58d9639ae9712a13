"""The page that compares two versions."""

import re
from typing import Any

import pytest
from django.test import Client

from articles.models import Article, ArticleVersion
from articles.services import add_version
from articles.text.comparison import compare
from tests.conftest import TEXT


def page(client: Client, version: ArticleVersion, query: str = "") -> str:
    answer = client.get(f"/versions/{version.public_id}/comparison/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_comparison_shows_removed_and_added_text(
    client: Client, article: Article, version: ArticleVersion
) -> None:
    second = add_version(article, TEXT.replace("12 %", "10.5 %"))
    shown = page(client, second)
    assert re.search(r"<del>.*?removed.*?</bdi>12</del><ins>.*?added.*?</bdi>10.5</ins>", shown)
    assert "version 1" in shown
    # The article page links to the comparison.
    assert (
        f"/versions/{second.public_id}/comparison/"
        in client.get(f"/articles/{article.public_id}/").content.decode()
    )


def test_comparison_collapses_unchanged_lines_far_from_changes(
    client: Client, article: Article, version: ArticleVersion
) -> None:
    many = "\n".join(f"Line {number} stays." for number in range(30))
    add_version(article, many)
    third = add_version(article, many.replace("Line 15", "Line fifteen"))
    shown = page(client, third)
    assert "14 unchanged lines" in shown
    assert "13 unchanged lines" in shown
    assert "Line 16" in shown.split("</details>")[1].split("<details")[0]
    assert "version 1" in page(client, third, "?from=1")


def test_comparison_says_that_texts_are_identical(
    client: Client, article: Article, version: ArticleVersion
) -> None:
    add_version(article, f"{TEXT} More.")
    third = add_version(article, TEXT)
    assert "The texts are identical." in page(client, third, "?from=1")


@pytest.mark.parametrize("query", ["", "?from=9", "?from=x", "?from=99999999999999999999"])
def test_comparison_with_unknown_version_is_404(
    client: Client, version: ArticleVersion, query: str
) -> None:
    answer = client.get(f"/versions/{version.public_id}/comparison/{query}")
    assert answer.status_code == 404


def test_comparison_query_count_does_not_grow(
    client: Client, article: Article, django_assert_num_queries: Any
) -> None:
    for number in range(2, 6):
        version = add_version(article, f"{TEXT}\nLine {number}.")
        with django_assert_num_queries(3):
            page(client, version)


def test_comparison_escapes_markup(client: Client, article: Article) -> None:
    hostile = add_version(article, f"{TEXT} <script>alert(1)</script>")
    assert "<script>alert" not in page(client, hostile)


def mark_changes(old: str, new: str) -> list[str]:
    signs = {"equal": "", "delete": "-", "insert": "+"}
    return [
        " ".join(f"{signs[piece.kind]}{piece.text}" for piece in line.pieces)
        for section in compare(old, new)
        for line in section.lines
    ]


def test_comparison_marks_split_lines() -> None:
    assert mark_changes("One two. Three four.", "One two.\nThree four.") == [
        "One two. -  +¶",
        "Three four.",
    ]
    assert mark_changes("Same.\nGone.\nSame.", "Same.\nSame.") == ["Same.", "-Gone.", "Same."]
