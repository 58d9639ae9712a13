"""Texts come in whole or not at all."""

import io
from pathlib import Path
from typing import Any

import pytest

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.plain_text import read_text_file
from articles.models import Article, ArticleVersion, Author, Outlet
from articles.services import add_version, create_article, update_metadata
from articles.text.byline import Credit

TEXT = (
    "Ships come first.\nAuthor\n- Harbour desk\nThe Gazette\n"
    "See https://port.example/list for the list."
)


def stored() -> tuple[int, ...]:
    """Count the rows of every table that an article touches."""
    return tuple(model.objects.count() for model in (Article, ArticleVersion, Author, Outlet))


def test_an_article_comes_in_with_what_its_text_says(db: None) -> None:
    article = create_article(ArticleDraft(title="  Ships\n come ", text=TEXT, outlet="The Gazette"))
    assert article.title == "Ships come"
    assert article.outlet == Outlet.objects.get(name="The Gazette")
    assert [str(author) for author in article.authors.all()] == ["Harbour desk, The Gazette"]
    version = article.current_version
    assert version
    assert version.text == TEXT
    assert [(link.href, TEXT[link.start : link.end]) for link in version.links.all()] == [
        ("https://port.example/list", "https://port.example/list")
    ]


def test_authors_and_outlets_are_known_again(db: None) -> None:
    for _ in range(2):
        create_article(ArticleDraft(title="Ships", text=TEXT, outlet="The Gazette"))
    assert stored() == (2, 2, 1, 1)


def test_authors_that_are_named_stand_before_the_byline(db: None) -> None:
    credits = [Credit("Desk B"), Credit("Desk A"), Credit("Desk B")]
    article = create_article(ArticleDraft(title="Ships", text=TEXT, authors=credits))
    names = [credit.author.name for credit in article.authorships.all()]
    assert names == ["Desk B", "Desk A"]


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"text": " \n"}, "text", "no text"),
        ({"text": "x" * 2_000_001}, "text", "limit is 2.0 MB"),
        ({"text": "half \ud800"}, "text", "surrogate"),
        ({"title": ""}, "title", "blank"),
        ({"title": "x" * 301}, "title", "300"),
        ({"title": "half \ud800"}, "title", "surrogate"),
        ({"language": "English, I think"}, "language", "BCP 47"),
        ({"url": "javascript:alert(1)"}, "url", "http"),
        ({"url": "https://taken.example/"}, "url", "URL"),
        ({"outlet": "x" * 201}, "outlet", "too long"),
        ({"authors": [Credit("x" * 201)]}, "authors", "too long"),
        ({"authors": [Credit(" ")]}, "authors", "name"),
    ],
)
def test_what_cannot_be_an_article_is_named_and_leaves_nothing(
    db: None, values: dict[str, Any], field: str, words: str
) -> None:
    create_article(ArticleDraft(title="Taken", text="Words.", url="https://taken.example/"))
    before = stored()
    with pytest.raises(IngestError) as refused:
        create_article(ArticleDraft(**{"title": "Ships", "text": TEXT, "outlet": "New", **values}))
    assert list(refused.value.errors) == [field]
    assert words in str(refused.value)
    assert stored() == before


def test_a_corrected_text_is_the_next_version(article: Article) -> None:
    first = article.current_version
    second = add_version(article, "Exports  rose by 11 %.\r\n")
    assert second.text == "Exports  rose by 11 %.\n"
    assert first != second == article.current_version
    with pytest.raises(IngestError, match="same as the current version"):
        add_version(article, second.text)
    assert article.versions.count() == 2


def test_metadata_is_corrected_or_left_alone(article: Article) -> None:
    update_metadata(article, {"outlet": "The Gazette", "licence": "CC0"})
    article.refresh_from_db()
    assert (str(article.outlet), article.licence) == ("The Gazette", "CC0")
    with pytest.raises(IngestError) as refused:
        update_metadata(article, {"outlet": "Another", "language": "?"})
    assert list(refused.value.errors) == ["language"]
    article.refresh_from_db()
    assert str(article.outlet) == "The Gazette"
    assert not Outlet.objects.filter(name="Another").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"caf\xe9", "at byte 3"),
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"x" * 2_000_001, "limit"),
        (b"\xff\xfew\x00o\x00r\x00d\x00", "UTF-8"),
    ],
)
def test_a_file_that_is_no_text_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_bytes(content)
    for way in (file, io.BytesIO(content)):
        with pytest.raises(IngestError, match=words) as refused:
            read_text_file(way, 2_000_000)
        assert list(refused.value.errors) == ["file"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"missing\.txt: No such file"):
        read_text_file(tmp_path / "missing.txt", 1)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read_text_file(io.BytesIO("\ufeffWords".encode()), 100) == "Words"


class TestLanguage:
    """It is guessed where nobody gives it, and never where somebody does."""

    TEXT = "Die Stadt hat am Montag beschlossen, dass der Hafen im nächsten Jahr ausgebaut wird."

    @pytest.mark.parametrize(("given", "kept"), [(None, "de"), ("und", "und"), ("fr", "fr")])
    def test_what_is_given_stays(self, db: None, given: str | None, kept: str) -> None:
        assert (
            create_article(ArticleDraft(title="Hafen", text=self.TEXT, language=given)).language
            == kept
        )

    def test_what_cannot_be_told_is_undetermined(self, db: None) -> None:
        assert (
            create_article(ArticleDraft(title="Figures", text="12 %, 13 %, 14 %")).language == "und"
        )
