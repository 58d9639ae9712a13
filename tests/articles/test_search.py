"""Search over articles. SQLite and PostgreSQL must return the same matches."""

from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from articles import services
from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion, Author, Authorship, Outlet
from articles.search import get_article_scope
from articles.services import add_version
from articles.text.byline import Credit
from config.search.models import IndexQueueEntry
from config.search.query import Clause, Query
from config.search.queue import INDEXES, index_pending, rebuild
from config.search.services import SearchResult, search
from config.search.terms import index_words

pytestmark = pytest.mark.django_db


def create_article(
    title: str, text: str = "Words.", language: str = "en", **fields: Any
) -> Article:
    return services.create_article(
        ArticleDraft(title=title, text=text, language=language, **fields)
    )


def titles(typed: str, **filters: Any) -> list[str]:
    found = search(typed, [get_article_scope(**filters)])
    listed = [result.row.title for result in found.results]
    # Filtering and searching return the same articles.
    if not filters:
        assert sorted(a.title for a in Article.objects.search(typed)) == sorted(listed)
    assert found.counts == {"articles": len(listed)}
    return listed


def search_one(typed: str) -> SearchResult:
    (only,) = search(typed, [get_article_scope()]).results
    return only


class TestMatching:
    @pytest.mark.parametrize(
        ("language", "text", "typed"),
        [
            ("en", "The ministries exported sand.", "ministry export"),
            ("de", "Die Häuser der Länder verfielen.", "haus land"),
            ("de-AT", "Die Häuser verfielen.", "Häusern"),
            ("es", "Las exportaciones crecieron en las aulas.", "exportación aula"),
            ("ar", "افتتحت إثيوبيا السدود الكبيرة", "سدود"),
            ("ar", "افتتحت إثيوبيا السدّ", "السد اثيوبيا"),
            ("ja", "石川県能登地方を震源とする地震が起きた。", "能登地方 地震"),
            ("ja", "石川県能登地方を震源とする地震が起きた。", "震"),
            ("zh-Hans", "国务院总理宣布了新的贸易政策。", "贸易政策"),
            ("ko", "정부는 수출이 늘었다고 밝혔다.", "정부"),
            ("th", "รัฐบาลประกาศนโยบายใหม่", "นโยบาย"),
            ("en", "Valparaíso’s port, the U.S. and 5,150 t 🚢", "VALPARAISO US 5150 🚢"),
            ("und", "Words as they stand.", "STAND"),
        ],
    )
    def test_search_stems_words_in_the_language_of_the_text(
        self, language: str, text: str, typed: str
    ) -> None:
        create_article("The one", text, language)
        create_article("Another", "Nothing of the kind.", language)
        assert titles(typed) == ["The one"]
        assert titles(typed, language=language.split("-")[0]) == ["The one"]
        assert titles(typed, language="fr") == []

    def test_search_matches_words_across_fields(self) -> None:
        create_article(
            "Sand", "The ship came.", outlet="Harbour Post", authors=[Credit(name="Ana Ruiz")]
        )
        assert titles("ship sand ruiz harbour") == ["Sand"]
        assert titles("ship sand gravel") == []

    def test_search_uses_only_stems_of_the_article_language(self) -> None:
        create_article("English", "There is new sand.", "en")
        # The French stem of “news” is “new”.
        assert titles("news") == []
        create_article("French", "Les news.", "fr")
        assert titles("news") == ["French"]

    def test_phrase_matches_exact_word_sequence(self) -> None:
        create_article("Rose", "The exports rose in March.\nThen prices fell.")
        assert titles('"exports ROSE in"') == ["Rose"]
        assert titles('"export rose"') == []
        assert titles('"rose exports"') == []
        assert titles('"fell prices"') == []

    def test_phrase_does_not_match_across_fields(self) -> None:
        create_article("A title", "The end", outlet="Harbour Post")
        assert titles('"title the"') == []
        assert titles('"end harbour"') == []

    def test_phrase_of_frequent_words_matches_late_in_text(self) -> None:
        # A tsvector keeps 255 positions per word, and none after 16,383.
        create_article("Long", "the sand of the port " * 5000 + "and the ministry of sand")
        assert titles('"the ministry of sand"') == ["Long"]
        assert titles('"the ministry of the port"') == []

    @pytest.mark.parametrize(
        "text",
        [
            " ".join(f"w{number:x}" for number in range(160_000)),
            " ".join("\U00016e40" * 60 + f"{number:x}" for number in range(7_000)),
            "x" * 1_900_000,
        ],
        ids=["different words", "long words", "one word"],
    )
    def test_largest_text_can_be_indexed(self, text: str) -> None:
        create_article("Large", f"kelp {text}")
        assert Article.objects.search("kelp large").count() == 1

    def test_prefix_matches_words(self) -> None:
        create_article("Minister", "The ministers met.")
        assert titles("minister*") == ["Minister"]
        assert titles('"the minist*"') == ["Minister"]
        assert titles("inist*") == []

    def test_excluded_word_or_phrase_removes_matches(self) -> None:
        create_article("Oil", "Exports of crude oil rose.")
        create_article("Sand", "Exports of oil paint, crude.")
        assert titles("exports -sand") == ["Oil"]
        assert titles('exports -"crude oil"') == ["Sand"]
        assert titles("exports -paints -ministry") == ["Oil"]

    def test_exclusion_alone_filters_lists_and_returns_no_results(self) -> None:
        create_article("Oil")
        create_article("Sand")
        assert [a.title for a in Article.objects.search("-oil")] == ["Sand"]
        assert search("-oil", [get_article_scope()]).results == []

    @pytest.mark.parametrize("typed", ["", " ", "…", '"', "-", "*", "\0"])
    def test_query_without_words_matches_nothing(self, typed: str) -> None:
        create_article("Sand")
        assert titles(typed) == []

    def test_search_combines_with_filters_and_order(self) -> None:
        create_article("One", "sand", "en")
        create_article("Two", "sand", "de")
        found = Article.objects.filter(language="de").search("sand").exclude(title="x")
        assert [a.title for a in found.order_by("-public_id")] == ["Two"]


class TestRanking:
    def test_title_match_ranks_above_text_match(self) -> None:
        create_article("Gravel", "Sand is here. " + "Nothing else of note. " * 5)
        create_article("Sand", "Gravel is here. " + "Nothing else of note. " * 5)
        assert titles("sand") == ["Sand", "Gravel"]
        assert titles("gravel") == ["Gravel", "Sand"]

    def test_more_matches_rank_higher(self) -> None:
        create_article("One", "Sand. " + "Nothing of note. " * 20)
        create_article("Two", "Sand, sand and sand. " + "Nothing of note. " * 20)
        assert titles("sand") == ["Two", "One"]

    def test_pages_contain_each_result_once(self) -> None:
        for number in range(7):
            create_article(f"Sand {number}")
        pages = [
            [
                r.row.title
                for r in search("sand", [get_article_scope()], limit=3, offset=offset).results
            ]
            for offset in (0, 3, 6, 9)
        ]
        assert [len(page) for page in pages] == [3, 3, 1, 0]
        assert len({title for page in pages for title in page}) == 7


class TestSnippets:
    def test_highlights_are_offsets_in_the_whole_text(self) -> None:
        text = "🚨 Nothing. " * 60 + "In Valparaíso they exported sand."
        found = search_for(create_article("A 🚨 port", text), "exports valparaiso")
        matches = [text[start:end] for start, end in found.snippet.highlights]
        assert (found.pointer, matches) == ("/text", ["Valparaíso", "exported"])
        assert text[found.snippet.start :].startswith(found.snippet.text)

    def test_snippet_comes_from_the_matching_field(self) -> None:
        create_article("One", outlet="Harbour Post", authors=[Credit(name="Ana Ruiz")])
        assert (search_one("harbour").pointer, search_one("ruiz").pointer) == (
            "/outlet",
            "/authors/0",
        )
        assert search_one("one").pointer == "/text"
        assert [match.start for match in search_one("one").title.highlights] == [0]


def search_for(article: Article, typed: str) -> SearchResult:
    found = search_one(typed)
    assert found.row == article
    return found


class TestIndexUpdates:
    def test_index_follows_current_version(self) -> None:
        article = create_article("A port", "Sand came.")
        assert titles("sand") == ["A port"]
        add_version(article, "Gravel came.")
        assert (titles("sand"), titles("gravel")) == ([], ["A port"])
        # Only the current version is searched.
        Article.objects.update(current_version=article.versions.get(number=1))
        assert (titles("sand"), titles("gravel")) == (["A port"], [])

    def test_index_follows_raw_sql_update(self) -> None:
        create_article("A port")
        assert titles("quay") == []
        with connection.cursor() as cursor:
            cursor.execute("UPDATE articles_article SET title = 'A quay'")
        assert titles("quay") == ["A quay"]

    def test_index_follows_language(self) -> None:
        create_article("A port", "Häuser", "en")
        assert titles("haus") == []
        Article.objects.update(language="de")
        assert titles("haus") == ["A port"]

    def test_index_follows_outlet_name(self) -> None:
        create_article("A port", outlet="Post")
        assert titles("post") == ["A port"]
        Outlet.objects.update(name="Ledger")
        assert (titles("post"), titles("ledger")) == ([], ["A port"])

    def test_index_follows_authors(self) -> None:
        article = create_article("A port", authors=[Credit(name="Ana", affiliation="Desk")])
        other = create_article("A quay")
        assert titles("ana desk") == ["A port"]
        Author.objects.update(name="Bo", affiliation="Post")
        assert (titles("ana"), titles("bo post")) == ([], ["A port"])
        credit = Authorship.objects.create(
            article=article, author=Author.objects.create(name="Cy"), position=5
        )
        assert titles("cy") == ["A port"]
        Authorship.objects.filter(pk=credit.pk).update(article=other)
        assert titles("cy") == ["A quay"]
        Authorship.objects.all().delete()
        assert (titles("bo"), titles("cy")) == ([], [])

    def test_index_follows_bulk_create(self) -> None:
        Article.objects.bulk_create([Article(title="A port"), Article(title="A quay")])
        articles = list(Article.objects.all())
        versions = ArticleVersion.objects.bulk_create(
            [ArticleVersion.build(article, 1, "Sand.") for article in articles]
        )
        for article, version in zip(articles, versions, strict=True):
            article.current_version = version
        Article.objects.bulk_update(articles, ["current_version"])
        assert sorted(titles("sand")) == ["A port", "A quay"]

    def test_index_follows_deletion(self) -> None:
        Article.objects.create(title="A port")
        assert Article.objects.search("port").count() == 1
        Article.objects.all().delete()
        assert Article.objects.search("port").count() == 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM search_article")
            assert cursor.fetchone()[0] == 0

    def test_rolled_back_changes_are_not_indexed(self) -> None:
        from django.db import transaction

        with transaction.atomic():
            create_article("A port")
            assert titles("port") == ["A port"]
            transaction.set_rollback(True)
        assert (titles("port"), IndexQueueEntry.objects.count()) == ([], 0)

    def test_rebuild_queues_all_rows(self) -> None:
        for number in range(5):
            create_article(f"Sand {number}")
        index_pending(None)
        for index in INDEXES.values():
            rebuild(index)
        assert IndexQueueEntry.objects.count() == 5
        assert len(titles("sand")) == 5

    def test_index_pending_stops_after_timeout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("config.search.queue.SEARCH_BATCH", 2)
        for number in range(5):
            create_article(f"Sand {number}")
        assert index_pending(0) is False
        assert IndexQueueEntry.objects.count() > 0
        assert index_pending(None) is True
        assert IndexQueueEntry.objects.count() == 0


def test_search_query_count_is_constant(django_assert_num_queries: Any) -> None:
    create_article("Sand 0", outlet="Post", authors=[Credit(name="Ana")])
    index_pending()
    for _ in range(2):
        # Queue, languages, count, ranking, versions, authorships, authors.
        with django_assert_num_queries(7):
            search("sand", [get_article_scope()])
        for number in range(1, 12):
            create_article(f"Sand {number}", outlet="Post", authors=[Credit(name="Ana")])
        index_pending(None)


WORDS = [
    "sand",
    "Sande",
    "ships",
    "shipping",
    "é",
    "e",
    "東京都",
    "京都",
    "都",
    "news",
    "new",
    "🚢",
]
TEXTS = [
    ("en", "Sand and ships, new ships."),
    ("en", "Shipping news of 東京都"),
    ("de", "Sande e sand é"),
    ("ja", "東京都京都 new"),
    ("fr", "new 🚢 sand ships"),
    ("und", "ships sand 都 news 京"),
]
PARTS = st.builds(
    lambda minus, quoted, terms, star: f"{minus}{quoted}{' '.join(terms)}{quoted}{star}",
    st.sampled_from(["", "", "-"]),
    st.sampled_from(["", '"']),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.sampled_from(["", "", "*"]),
)


@pytest.fixture
def corpus() -> list[Article]:
    """Short texts with the same words in several languages."""
    return [create_article(f"T{number}", text, lang) for number, (lang, text) in enumerate(TEXTS)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=3).map(" ".join) | st.text(max_size=20))
@example('"sand ships" -new*')
@example("e*")
def test_search_agrees_with_naive_matching(corpus: list[Article], typed: str) -> None:
    query = Query.parse(typed)
    expected = {
        article.title
        for article, (language, text) in zip(corpus, TEXTS, strict=True)
        if query and matches_naively(query, f"{article.title} ¶ {text}", language)
    }
    assert {article.title for article in Article.objects.search(typed)} == expected
    if query.wanted:
        found = search(typed, [get_article_scope()])
        assert {result.row.title for result in found.results} == expected


def matches_naively(query: Query, text: str, language: str) -> bool:
    """Match a query word by word, without an index."""
    title, body = text.split(" ¶ ")
    fields = [index_words([(title, language)]), index_words([(body, language)])]

    def occurs(clause: Clause) -> bool:
        return any(_occurs(clause, terms.split(), stems.split()) for terms, stems in fields)

    return all(map(occurs, query.wanted)) and not any(map(occurs, query.excluded))


def _occurs(clause: Clause, terms: list[str], stems: list[str]) -> bool:
    length = len(clause.terms)
    for start in range(len(terms) - length + 1):
        *before, last = terms[start : start + length]
        ends = last.startswith(clause.terms[-1]) if clause.is_prefix else last == clause.terms[-1]
        if before == list(clause.terms[:-1]) and ends:
            return True
    return bool(set(clause.stems) & set(stems))
