"""Creating articles and versions: all or nothing."""

import io
from pathlib import Path
from typing import Any

import pytest

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.plain_text import decode_file, read_bytes
from articles.models import Article, ArticleVersion, Author, Outlet
from articles.services import add_version, create_article, update_metadata
from articles.text.byline import Credit

TEXT = (
    "Ships come first.\nAuthor\n- Harbour desk\nThe Gazette\n"
    "See https://port.example/list for the list."
)


def count_rows() -> tuple[int, ...]:
    """Count the rows of every table that an article touches."""
    return tuple(model.objects.count() for model in (Article, ArticleVersion, Author, Outlet))


def test_create_article_reads_byline_and_links_from_text(db: None) -> None:
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


def test_create_article_reuses_authors_and_outlets(db: None) -> None:
    for _ in range(2):
        create_article(ArticleDraft(title="Ships", text=TEXT, outlet="The Gazette"))
    assert count_rows() == (2, 2, 1, 1)


def test_given_authors_replace_byline(db: None) -> None:
    credits = [Credit("Desk B"), Credit("Desk A"), Credit("Desk B")]
    article = create_article(ArticleDraft(title="Ships", text=TEXT, authors=credits))
    names = [credit.author.name for credit in article.authorships.all()]
    assert names == ["Desk B", "Desk A"]


@pytest.mark.parametrize(
    ("values", "field", "message"),
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
def test_create_article_error_names_field_and_stores_nothing(
    db: None, values: dict[str, Any], field: str, message: str
) -> None:
    create_article(ArticleDraft(title="Taken", text="Words.", url="https://taken.example/"))
    before = count_rows()
    with pytest.raises(IngestError) as exc_info:
        create_article(ArticleDraft(**{"title": "Ships", "text": TEXT, "outlet": "New", **values}))
    assert list(exc_info.value.errors) == [field]
    assert message in str(exc_info.value)
    assert count_rows() == before


def test_add_version_stores_next_version(article: Article) -> None:
    first = article.current_version
    second = add_version(article, "Exports  rose by 11 %.\r\n")
    assert second.text == "Exports  rose by 11 %.\n"
    assert first != second == article.current_version
    with pytest.raises(IngestError, match="same as the current version"):
        add_version(article, second.text)
    assert article.versions.count() == 2


def test_update_metadata_changes_all_or_nothing(article: Article) -> None:
    update_metadata(article, {"outlet": "The Gazette", "licence": "CC0"})
    article.refresh_from_db()
    assert (str(article.outlet), article.licence) == ("The Gazette", "CC0")
    with pytest.raises(IngestError) as exc_info:
        update_metadata(article, {"outlet": "Another", "language": "?"})
    assert list(exc_info.value.errors) == ["language"]
    article.refresh_from_db()
    assert str(article.outlet) == "The Gazette"
    assert not Outlet.objects.filter(name="Another").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"x" * 2_000_001, "limit"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0", "not UTF-8"),
    ],
)
def test_text_file_with_invalid_content_is_rejected(
    content: bytes, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "article.txt"
    file.write_bytes(content)
    for way in (file, io.BytesIO(content)):
        with pytest.raises(IngestError, match=message) as exc_info:
            decode_file(read_bytes(way, 2_000_000))
        assert list(exc_info.value.errors) == ["file"]


def test_read_bytes_names_missing_file(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"missing\.txt: No such file"):
        read_bytes(tmp_path / "missing.txt", 1)


def test_decode_file_drops_byte_order_mark() -> None:
    assert decode_file("\ufeffWords".encode()).text == "Words"


class TestLanguage:
    """The language is guessed unless it is given."""

    TEXT = "Die Stadt hat am Montag beschlossen, dass der Hafen im nächsten Jahr ausgebaut wird."

    @pytest.mark.parametrize(("given", "kept"), [(None, "de"), ("und", "und"), ("fr", "fr")])
    def test_language_is_guessed_only_if_not_given(
        self, db: None, given: str | None, kept: str
    ) -> None:
        assert (
            create_article(ArticleDraft(title="Hafen", text=self.TEXT, language=given)).language
            == kept
        )

    def test_language_of_figures_is_undetermined(self, db: None) -> None:
        assert (
            create_article(ArticleDraft(title="Figures", text="12 %, 13 %, 14 %")).language == "und"
        )
