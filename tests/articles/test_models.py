"""What articles and versions keep to, in Python and in the database itself."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion, Link, Outlet, VersionIsImmutable
from articles.services import add_version, create_article
from articles.text.links import Link as FoundLink
from config.db.public_id import uuid7


def refused_by_the_database(sql: str, values: list[Any] | None = None) -> None:
    """Run a statement past all of Python, and expect the database to refuse it."""
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values or [])


def test_public_ids_sort_by_when_they_were_made() -> None:
    ids = [uuid7() for _ in range(50)]
    assert ids == sorted(ids)
    assert {made.version for made in ids} == {7}


class TestVersions:
    def test_never_change(self, version: ArticleVersion) -> None:
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
            refused_by_the_database(f"UPDATE articles_articleversion SET {change}")
        refused_by_the_database("DELETE FROM articles_articleversion")
        assert ArticleVersion.objects.get() == version

    def test_keep_their_links(self, article: Article) -> None:
        found = [FoundLink(0, 3, "https://a.example/")]
        version = ArticleVersion.objects.append(article, "A link.", found)
        assert [link.href for link in version.links.all()] == ["https://a.example/"]
        refused_by_the_database("UPDATE articles_link SET href = 'https://b.example/'")
        refused_by_the_database("DELETE FROM articles_link")

    @pytest.mark.parametrize(
        ("start", "end", "href"),
        [(0, 99, "https://a.example/"), (3, 3, "https://a.example/"), (0, 3, "javascript:x")],
    )
    def test_links_lie_in_the_text_and_lead_to_the_web(
        self, version: ArticleVersion, start: int, end: int, href: str
    ) -> None:
        if end == 99:
            end = version.length + 1
        with pytest.raises(IntegrityError), transaction.atomic():
            Link.objects.create(version=version, start=start, end=end, href=href)

    def test_are_numbered_and_the_newest_is_current(self, article: Article) -> None:
        second = add_version(article, "Exports fell after all.")
        article.refresh_from_db()
        assert (second.number, article.current_version) == (2, second)
        assert [v.number for v in article.versions.order_by("number")] == [1, 2]

    @pytest.mark.parametrize("text", ["", " \n ", "cafe\u0301", "a\r\nb", "a\0b"])
    def test_hold_only_normalised_text(self, article: Article, text: str) -> None:
        with pytest.raises(ValueError, match="The text of a version"):
            ArticleVersion.build(article, 2, text)

    def test_say_their_true_length_in_code_points(self, version: ArticleVersion) -> None:
        assert version.length == len(version.text)
        refused_by_the_database(
            "INSERT INTO articles_articleversion (public_id, article_id, number, text, length,"
            " sha256, blocks, created_at) SELECT %s, article_id, 7, '🚢🚢', 4, sha256, blocks,"
            " created_at FROM articles_articleversion",
            [uuid7().hex],
        )

    def test_of_one_article_are_not_current_in_another(self, article: Article) -> None:
        other = create_article(ArticleDraft(title="Other", text="Other words."))
        refused_by_the_database(
            "UPDATE articles_article SET current_version_id = %s WHERE id = %s",
            [other.current_version_id, article.pk],
        )

    def test_two_with_one_number_are_refused(self, version: ArticleVersion) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            ArticleVersion.build(version.article, 1, "The same number.").save()


class TestArticles:
    @pytest.mark.parametrize(
        "values", [{"title": ""}, {"url": "javascript:alert(1)"}, {"url": "ftp://a.example"}]
    )
    def test_keep_what_they_are(self, article: Article, values: dict[str, str]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Article.objects.filter(pk=article.pk).update(**values)

    def test_have_one_address_each(self, article: Article) -> None:
        url = "https://gazette.example/exports"
        create_article(ArticleDraft(title="One", text="Words.", url=url))
        with pytest.raises(IntegrityError), transaction.atomic():
            Article.objects.filter(pk=article.pk).update(url=url)

    def test_do_not_go_while_they_have_versions(self, article: Article) -> None:
        with pytest.raises(ProtectedError):
            article.delete()

    def test_outlets_have_one_name_each(self, db: None) -> None:
        Outlet.objects.create(name="The Gazette")
        with pytest.raises(IntegrityError), transaction.atomic():
            Outlet.objects.create(name="The Gazette")
