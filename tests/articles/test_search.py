"""Search over articles, on whichever database the tests run: the same is found on each."""

from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion, Author, Authorship, Outlet
from articles.search import in_articles
from articles.services import add_version, store
from articles.text.byline import Credit
from config.search.models import Due
from config.search.query import Clause, Query
from config.search.queue import INDEXES, index_pending, start_anew
from config.search.services import Hit, search
from config.search.terms import index_words

pytestmark = pytest.mark.django_db


def bring_in(title: str, text: str = "Words.", language: str = "en", **known: Any) -> Article:
    return store(ArticleDraft(title=title, text=text, language=language, **known))


def titles(typed: str, **asked: Any) -> list[str]:
    found = search(typed, [in_articles(**asked)])
    listed = [hit.row.title for hit in found.hits]
    # Filtering finds what searching does.
    if not asked:
        assert sorted(a.title for a in Article.objects.search(typed)) == sorted(listed)
    assert found.counts == {"articles": len(listed)}
    return listed


def hit(typed: str) -> Hit:
    (only,) = search(typed, [in_articles()]).hits
    return only


class TestFinding:
    """What finds what."""

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
    def test_words_in_their_language(self, language: str, text: str, typed: str) -> None:
        bring_in("The one", text, language)
        bring_in("Another", "Nothing of the kind.", language)
        assert titles(typed) == ["The one"]
        assert titles(typed, language=language.split("-")[0]) == ["The one"]
        assert titles(typed, language="fr") == []

    def test_all_words_must_occur_wherever(self) -> None:
        bring_in("Sand", "The ship came.", outlet="Harbour Post", authors=[Credit(name="Ana Ruiz")])
        assert titles("ship sand ruiz harbour") == ["Sand"]
        assert titles("ship sand gravel") == []

    def test_stems_are_those_of_the_articles_own_language(self) -> None:
        bring_in("English", "There is new sand.", "en")
        # Snowball's French makes “new” of “news”.
        assert titles("news") == []
        bring_in("French", "Les news.", "fr")
        assert titles("news") == ["French"]

    def test_a_phrase_is_found_as_it_stands(self) -> None:
        bring_in("Rose", "The exports rose in March.\nThen prices fell.")
        assert titles('"exports ROSE in"') == ["Rose"]
        assert titles('"export rose"') == []
        assert titles('"rose exports"') == []
        assert titles('"fell prices"') == []

    def test_a_phrase_does_not_go_from_one_field_into_the_next(self) -> None:
        bring_in("A title", "The end", outlet="Harbour Post")
        assert titles('"title the"') == []
        assert titles('"end harbour"') == []

    def test_a_phrase_of_frequent_words_is_found_far_down(self) -> None:
        # PostgreSQL keeps no more than 255 places of a word, and none after 16,383.
        bring_in("Long", "the sand of the port " * 5000 + "and the ministry of sand")
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
    def test_the_largest_text_can_be_indexed(self, text: str) -> None:
        bring_in("Large", f"kelp {text}")
        assert Article.objects.search("kelp large").count() == 1

    def test_a_beginning_of_a_word(self) -> None:
        bring_in("Minister", "The ministers met.")
        assert titles("minister*") == ["Minister"]
        assert titles('"the minist*"') == ["Minister"]
        assert titles("inist*") == []

    def test_what_is_excluded(self) -> None:
        bring_in("Oil", "Exports of crude oil rose.")
        bring_in("Sand", "Exports of oil paint, crude.")
        assert titles("exports -sand") == ["Oil"]
        assert titles('exports -"crude oil"') == ["Sand"]
        assert titles("exports -paints -ministry") == ["Oil"]

    def test_leaving_out_alone_filters_but_ranks_nothing(self) -> None:
        bring_in("Oil")
        bring_in("Sand")
        assert [a.title for a in Article.objects.search("-oil")] == ["Sand"]
        assert search("-oil", [in_articles()]).hits == []

    @pytest.mark.parametrize("typed", ["", " ", "…", '"', "-", "*", "\0"])
    def test_no_word_finds_nothing(self, typed: str) -> None:
        bring_in("Sand")
        assert titles(typed) == []

    def test_it_composes_with_other_filters_and_order(self) -> None:
        bring_in("One", "sand", "en")
        bring_in("Two", "sand", "de")
        found = Article.objects.filter(language="de").search("sand").exclude(title="x")
        assert [a.title for a in found.order_by("-public_id")] == ["Two"]


class TestRanking:
    """What comes first."""

    def test_a_title_weighs_more_than_the_text(self) -> None:
        bring_in("Gravel", "Sand is here. " + "Nothing else of note. " * 5)
        bring_in("Sand", "Gravel is here. " + "Nothing else of note. " * 5)
        assert titles("sand") == ["Sand", "Gravel"]
        assert titles("gravel") == ["Gravel", "Sand"]

    def test_more_is_better(self) -> None:
        bring_in("One", "Sand. " + "Nothing of note. " * 20)
        bring_in("Two", "Sand, sand and sand. " + "Nothing of note. " * 20)
        assert titles("sand") == ["Two", "One"]

    def test_pages_have_each_once(self) -> None:
        for number in range(7):
            bring_in(f"Sand {number}")
        pages = [
            [h.row.title for h in search("sand", [in_articles()], most=3, start=start).hits]
            for start in (0, 3, 6, 9)
        ]
        assert [len(page) for page in pages] == [3, 3, 1, 0]
        assert len({title for page in pages for title in page}) == 7


class TestShowing:
    """Where the words stand."""

    def test_marks_count_in_the_text_itself(self) -> None:
        text = "🚨 Nothing. " * 60 + "In Valparaíso they exported sand."
        found = hit_of(bring_in("A 🚨 port", text), "exports valparaiso")
        marks = [text[mark.start : mark.end] for mark in found.snippet.marks]
        assert (found.pointer, marks) == ("/text", ["Valparaíso", "exported"])
        assert text[found.snippet.start :].startswith(found.snippet.text)

    def test_the_field_that_has_the_words_is_shown(self) -> None:
        bring_in("One", outlet="Harbour Post", authors=[Credit(name="Ana Ruiz")])
        assert (hit("harbour").pointer, hit("ruiz").pointer) == ("/outlet", "/authors/0")
        assert hit("one").pointer == "/text"
        assert [m.start for m in hit("one").title.marks] == [0]


def hit_of(article: Article, typed: str) -> Hit:
    found = hit(typed)
    assert found.row == article
    return found


class TestKeepingInStep:
    """Whatever changes a row, by whatever way, search knows it."""

    def test_another_version(self) -> None:
        article = bring_in("A port", "Sand came.")
        assert titles("sand") == ["A port"]
        add_version(article, "Gravel came.")
        assert (titles("sand"), titles("gravel")) == ([], ["A port"])
        # A version that is taken back is searched no more.
        Article.objects.update(current_version=article.versions.get(number=1))
        assert (titles("sand"), titles("gravel")) == (["A port"], [])

    def test_titles_changed_behind_the_models_back(self) -> None:
        bring_in("A port")
        assert titles("quay") == []
        with connection.cursor() as cursor:
            cursor.execute("UPDATE articles_article SET title = 'A quay'")
        assert titles("quay") == ["A quay"]

    def test_another_language_has_other_stems(self) -> None:
        bring_in("A port", "Häuser", "en")
        assert titles("haus") == []
        Article.objects.update(language="de")
        assert titles("haus") == ["A port"]

    def test_the_name_of_the_outlet(self) -> None:
        bring_in("A port", outlet="Post")
        assert titles("post") == ["A port"]
        Outlet.objects.update(name="Ledger")
        assert (titles("post"), titles("ledger")) == ([], ["A port"])

    def test_the_authors(self) -> None:
        article = bring_in("A port", authors=[Credit(name="Ana", affiliation="Desk")])
        other = bring_in("A quay")
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

    def test_rows_made_in_bulk(self) -> None:
        Article.objects.bulk_create([Article(title="A port"), Article(title="A quay")])
        articles = list(Article.objects.all())
        versions = ArticleVersion.objects.bulk_create(
            [ArticleVersion.of(article, 1, "Sand.") for article in articles]
        )
        for article, version in zip(articles, versions, strict=True):
            article.current_version = version
        Article.objects.bulk_update(articles, ["current_version"])
        assert sorted(titles("sand")) == ["A port", "A quay"]

    def test_an_article_that_goes(self) -> None:
        Article.objects.create(title="A port")
        assert Article.objects.search("port").count() == 1
        Article.objects.all().delete()
        assert Article.objects.search("port").count() == 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM search_article")
            assert cursor.fetchone()[0] == 0

    def test_what_is_undone_is_not_found(self) -> None:
        from django.db import transaction

        with transaction.atomic():
            bring_in("A port")
            assert titles("port") == ["A port"]
            transaction.set_rollback(True)
        assert (titles("port"), Due.objects.count()) == ([], 0)

    def test_all_can_be_indexed_anew(self) -> None:
        for number in range(5):
            bring_in(f"Sand {number}")
        index_pending(None)
        for index in INDEXES.values():
            start_anew(index)
        assert Due.objects.count() == 5
        assert len(titles("sand")) == 5

    def test_one_who_searches_waits_for_no_more_than_a_part(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("config.search.queue.A_FEW", 2)
        for number in range(5):
            bring_in(f"Sand {number}")
        assert index_pending(0) is False
        assert Due.objects.count() > 0
        assert index_pending(None) is True
        assert Due.objects.count() == 0


def test_the_number_of_queries_does_not_grow(django_assert_num_queries: Any) -> None:
    bring_in("Sand 0", outlet="Post", authors=[Credit(name="Ana")])
    index_pending()
    for _ in range(2):
        # Is anything due, in which languages, how many, which, their versions, credits, authors.
        with django_assert_num_queries(7):
            search("sand", [in_articles()])
        for number in range(1, 12):
            bring_in(f"Sand {number}", outlet="Post", authors=[Credit(name="Ana")])
        index_pending(None)


# --- Both engines against the plain meaning --------------------------------------------------

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
    lambda minus, quoted, words, star: f"{minus}{quoted}{' '.join(words)}{quoted}{star}",
    st.sampled_from(["", "", "-"]),
    st.sampled_from(["", '"']),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.sampled_from(["", "", "*"]),
)


@pytest.fixture
def corpus() -> list[Article]:
    """Small texts of the same words in several languages."""
    return [bring_in(f"T{number}", text, lang) for number, (lang, text) in enumerate(TEXTS)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=3).map(" ".join) | st.text(max_size=20))
@example('"sand ships" -new*')
@example("e*")
def test_any_query_finds_what_it_says(corpus: list[Article], typed: str) -> None:
    query = Query.parse(typed)
    expected = {
        article.title
        for article, (language, text) in zip(corpus, TEXTS, strict=True)
        if query and means(query, f"{article.title} ¶ {text}", language)
    }
    assert {article.title for article in Article.objects.search(typed)} == expected
    if query.wanted:
        found = search(typed, [in_articles()])
        assert {hit.row.title for hit in found.hits} == expected


def means(query: Query, text: str, language: str) -> bool:
    """Tell whether a text has what is wanted and nothing that is excluded, word by word."""
    title, body = text.split(" ¶ ")
    fields = [index_words([(title, language)]), index_words([(body, language)])]

    def occurs(clause: Clause) -> bool:
        return any(_occurs(clause, words.split(), stems.split()) for words, stems in fields)

    return all(map(occurs, query.wanted)) and not any(map(occurs, query.excluded))


def _occurs(clause: Clause, words: list[str], stems: list[str]) -> bool:
    length = len(clause.terms)
    for start in range(len(words) - length + 1):
        *before, last = words[start : start + length]
        ends = last.startswith(clause.terms[-1]) if clause.is_prefix else last == clause.terms[-1]
        if before == list(clause.terms[:-1]) and ends:
            return True
    return bool(set(clause.stems) & set(stems))
