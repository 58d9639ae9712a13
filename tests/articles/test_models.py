"""Constraints of articles and versions, in Python and in the database."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion, Link, Outlet, VersionIsImmutable
from articles.services import add_version, create_article
from articles.text.links import Link as FoundLink
from config.db.public_id import uuid7


def assert_database_rejects(sql: str, values: list[Any] | None = None) -> None:
    """Run SQL directly and expect the database to reject it."""
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values or [])


def test_public_ids_sort_by_creation_time() -> None:
    ids = [uuid7() for _ in range(50)]
    assert ids == sorted(ids)
    assert {created.version for created in ids} == {7}


class TestVersions:
    def test_version_is_immutable(self, version: ArticleVersion) -> None:
        for attempt in (
            version.save,
            version.delete,
            lambda: ArticleVersion.objects.update(number=2),
            lambda: ArticleVersion.objects.all().delete(),
            lambda: ArticleVersion.objects.filter(pk=version.pk).delete(),
        ):
            with pytest.raises(VersionIsImmutable):
                attempt()
        for change in ("text = 'other'", "number = 9", "sha256 = ''", "blocks = '[]'"):
            assert_database_rejects(f"UPDATE articles_articleversion SET {change}")
        assert_database_rejects("DELETE FROM articles_articleversion")
        assert ArticleVersion.objects.get() == version

    def test_links_are_immutable(self, article: Article) -> None:
        found = [FoundLink(0, 3, "https://a.example/")]
        version = ArticleVersion.objects.append(article, "A link.", found)
        assert [link.href for link in version.links.all()] == ["https://a.example/"]
        assert_database_rejects("UPDATE articles_link SET href = 'https://b.example/'")
        assert_database_rejects("DELETE FROM articles_link")

    @pytest.mark.parametrize(
        ("start", "end", "href"),
        [(0, 99, "https://a.example/"), (3, 3, "https://a.example/"), (0, 3, "javascript:x")],
    )
    def test_link_must_be_within_text_and_http(
        self, version: ArticleVersion, start: int, end: int, href: str
    ) -> None:
        if end == 99:
            end = version.length + 1
        with pytest.raises(IntegrityError), transaction.atomic():
            Link.objects.create(version=version, start=start, end=end, href=href)

    def test_latest_version_is_current(self, article: Article) -> None:
        second = add_version(article, "Exports fell after all.")
        article.refresh_from_db()
        assert (second.number, article.current_version) == (2, second)
        assert [v.number for v in article.versions.order_by("number")] == [1, 2]

    @pytest.mark.parametrize("text", ["", " \n ", "cafe\u0301", "a\r\nb", "a\0b"])
    def test_version_rejects_text_that_is_not_normalised(self, article: Article, text: str) -> None:
        with pytest.raises(ValueError, match="The text of a version"):
            ArticleVersion.build(article, 2, text)

    def test_version_length_is_in_code_points(self, version: ArticleVersion) -> None:
        assert version.length == len(version.text)
        assert_database_rejects(
            "INSERT INTO articles_articleversion (public_id, article_id, number, text, length,"
            " sha256, blocks, created_at) SELECT %s, article_id, 7, '🚢🚢', 4, sha256, blocks,"
            " created_at FROM articles_articleversion",
            [uuid7().hex],
        )

    def test_current_version_must_belong_to_article(self, article: Article) -> None:
        other = create_article(ArticleDraft(title="Other", text="Other words."))
        assert_database_rejects(
            "UPDATE articles_article SET current_version_id = %s WHERE id = %s",
            [other.current_version_id, article.pk],
        )

    def test_version_number_is_unique_per_article(self, version: ArticleVersion) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            ArticleVersion.build(version.article, 1, "The same number.").save()


class TestArticles:
    @pytest.mark.parametrize(
        "values", [{"title": ""}, {"url": "javascript:alert(1)"}, {"url": "ftp://a.example"}]
    )
    def test_article_title_and_url_are_constrained(
        self, article: Article, values: dict[str, str]
    ) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Article.objects.filter(pk=article.pk).update(**values)

    def test_article_url_is_unique(self, article: Article) -> None:
        url = "https://gazette.example/exports"
        create_article(ArticleDraft(title="One", text="Words.", url=url))
        with pytest.raises(IntegrityError), transaction.atomic():
            Article.objects.filter(pk=article.pk).update(url=url)

    def test_article_with_versions_cannot_be_deleted(self, article: Article) -> None:
        with pytest.raises(ProtectedError):
            article.delete()

    def test_outlet_name_is_unique(self, db: None) -> None:
        Outlet.objects.create(name="The Gazette")
        with pytest.raises(IntegrityError), transaction.atomic():
            Outlet.objects.create(name="The Gazette")
