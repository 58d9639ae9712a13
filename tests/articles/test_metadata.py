"""Metadata that a page declares or prints: the article's own, never that of another story."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from articles.extraction.draft import ArticleDraft
from articles.extraction.html import read_page
from articles.text.byline import split_credit
from tests.articles.site.markup import render_page

URL = "https://post.example/ferry"
TITLE = "Ferry pier to be rebuilt"
BODY = "".join(
    f"<p>Pier report {n}: the builders measured the old piles and wrote down what they found.</p>"
    for n in range(5)
)


def read(before: str = "", after: str = "", head: str = "", lang: str = "en") -> ArticleDraft:
    page = render_page(
        f"<title>{TITLE}</title>{head}",
        f"<main><article><h1>{TITLE}</h1>{before}{BODY}</article>{after}</main>",
        lang=lang,
    )
    return read_page(page.encode(), URL).draft


def get_names(draft: ArticleDraft) -> list[str]:
    return [credit.name for credit in draft.authors or ()]


def ld(*values: dict[str, Any]) -> str:
    return "".join(
        f'<script type="application/ld+json">{json.dumps(value)}</script>' for value in values
    )


OTHER = {
    "@type": "NewsArticle",
    "headline": "Fish market moves",
    "author": {"name": "Cleo Marsh"},
    "datePublished": "2020-01-02",
    "url": "https://post.example/fish",
}
OWN = {
    "@type": "NewsArticle",
    "author": {"@type": "Person", "name": "Ann Lee"},
    "datePublished": "2024-03-04T08:00:00Z",
}
LIST = {"@type": "ItemList", "itemListElement": [{"item": OTHER}]}


@pytest.mark.parametrize(
    "values",
    [
        [LIST, {**OWN, "headline": TITLE}],
        [LIST, {**OWN, "headline": "Pier!", "url": URL + "?utm_source=x"}],
        [OTHER, {**OWN, "headline": "Pier!", "mainEntityOfPage": {"@id": URL + "/"}}],
        [OTHER, {**OWN, "headline": "Pier!", "mainEntityOfPage": URL}],
        [{"@graph": [OTHER, {**OWN, "@id": URL + "#article", "headline": "Pier!"}]}],
        [{"@type": "WebPage", "hasPart": [OTHER], "mainEntity": {**OWN, "headline": "Pier!"}}],
        [{**OWN, "headline": "Pier!"}, OTHER],
    ],
    ids=["title", "url", "main-entity", "main-url", "graph", "part", "first"],
)
def test_json_ld_of_other_articles_is_ignored(values: list[dict[str, Any]]) -> None:
    draft = read(head=ld(*values))
    assert (get_names(draft), (draft.url or "").rstrip("/")) == (["Ann Lee"], URL)
    assert draft.published_at == datetime(2024, 3, 4, 8, tzinfo=UTC)


def test_json_ld_with_only_a_list_of_other_articles_gives_nothing() -> None:
    draft = read(head=ld(LIST))
    assert (draft.title, get_names(draft), draft.published_at) == (TITLE, [], None)


CARDS = (
    '<aside><ul><li class="card"><h3>Fish</h3><span itemprop="author">Cleo Marsh</span></li></ul>'
    '<p class="byline">By Dan Reef</p></aside>'
)


@pytest.mark.parametrize(
    ("markup", "names"),
    [
        ('<div class="byline"><div>Ann Lee</div><div>Port Post</div></div>', ["Ann Lee"]),
        ('<p class="byline">By Ann Lee<br>Port Post<br>Dec 16, 2016</p>', ["Ann Lee"]),
        (
            '<div class="author"><a href="/author/ann">Ann Lee</a><button>Follow</button>'
            '<a class="share" href="https://x.example/">Tweet</a></div>',
            ["Ann Lee"],
        ),
        (
            '<ul><li class="author">Ann Lee</li><li class="author">Bo Ray</li></ul>',
            ["Ann Lee", "Bo Ray"],
        ),
        ('<p><a rel="author" href="/a">View all posts by Ann Lee</a></p>', ["Ann Lee"]),
        ('<p class="author-name">Autorin: Ann Lee</p>', ["Ann Lee"]),
        ('<p>von <a href="/autoren/lee">Ann Lee</a></p>', ["Ann Lee"]),
        ('<span class="vcard author">posted by Ann Lee</span>', ["Ann Lee"]),
        ('<p class="author">Email</p><p class="byline">By Ann Lee</p>', ["Ann Lee"]),
        ("", []),
    ],
)
def test_byline_near_the_headline_gives_the_authors(markup: str, names: list[str]) -> None:
    assert get_names(read(markup, CARDS)) == names


def test_outlet_is_the_author_only_if_no_person_is_named() -> None:
    outlet = ld({"@type": "NewsArticle", "headline": TITLE, "author": {"name": "Port Post"}})
    head = f'<meta property="og:site_name" content="Port Post">{outlet}'
    assert get_names(read('<p class="byline">By Ann Lee</p>', head=head)) == ["Ann Lee"]
    assert get_names(read(head=head)) == ["Port Post"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Written by Ann Lee", ["Ann Lee"]),
        ("Mehr Artikel von Ann Lee", ["Ann Lee"]),
        ("Texte: Ann Lee", ["Ann Lee"]),
        ("Ann Lee •", ["Ann Lee"]),
        ("Thelma by Louise", ["Thelma by Louise"]),
        ("Ursula von der Leyen", ["Ursula von der Leyen"]),
        ("Tweet", []),
        ("257 Artikel", []),
        ("Published on", []),
    ],
)
def test_labels_and_buttons_are_no_names(line: str, names: list[str]) -> None:
    assert [credit.name for credit in split_credit(line)] == names


@pytest.mark.parametrize(
    ("lang", "line"),
    [
        ("ja", '<p class="date">2024年3月4日 18:30</p>'),
        ("zh", '<p class="date">2024年03月04日 08:15</p>'),
        ("ko", '<p class="date">2024년 3월 4일</p>'),
        ("es", "<p>4 de marzo de 2024</p>"),
        ("pt", '<p class="data">4 de março de 2024</p>'),
        ("it", '<p class="data">4 marzo 2024</p>'),
        ("fr", "<p>4 mars 2024</p>"),
        ("de", '<p class="datum">Montag, 4. März 2024, 18:30 Uhr</p>'),
        ("ru", '<p class="date">4 марта 2024</p>'),
        ("uk", '<p class="date">4 березня 2024</p>'),
        ("ar", "<div>4 مارس 2024</div>"),
        ("pl", '<p class="date">4 marca 2024</p>'),
        ("nl", "<p>4 maart 2024</p>"),
        ("tr", "<p>4 Mart 2024</p>"),
        ("en", '<p class="date">Published: 4 March 2024 at 18:23</p>'),
        ("en", '<p class="date">Updated 6 March 2024, first published 4 March 2024</p>'),
        ("en-US", '<p class="date">03/04/2024</p>'),
        ("en-GB", '<p class="date">04/03/2024</p>'),
    ],
)
def test_printed_date_is_read_and_left_out_of_the_text(lang: str, line: str) -> None:
    draft = read(line, lang=lang)
    assert draft.published_at
    assert draft.published_at.date().isoformat() == "2024-03-04"
    assert draft.text.startswith("Pier report 0")


@pytest.mark.parametrize(
    "line", ["The council votes again on 14 March 2024.", "Costs of 1,200,000 in 2024 shock town"]
)
def test_deck_with_a_year_stays_in_the_text(line: str) -> None:
    assert read(f'<p class="deck">{line}</p>').text.startswith(line)


def test_year_of_a_copyright_notice_is_no_publication_date() -> None:
    assert read(after="<footer>© 2019 Port Post</footer>").published_at is None


def test_time_of_a_ticker_is_not_the_publication_date() -> None:
    ticker = '<div><time datetime="2026-01-05T10:00:00Z">now</time> Breaking</div>'
    own = '<time datetime="2024-03-04T08:00:00Z">4 March</time>'
    page = f"<title>{TITLE}</title>", f"{ticker}<article><h1>{TITLE}</h1>{own}{BODY}</article>"
    draft = read_page(render_page(*page).encode(), URL).draft
    assert draft.published_at == datetime(2024, 3, 4, 8, tzinfo=UTC)


@pytest.mark.parametrize("tag", ["article", "section", "li", "div"])
def test_live_blog_keeps_the_time_of_each_update(tag: str) -> None:
    updates = "".join(
        f'<{tag} class="post"><time datetime="2024-03-04T{hour}:00:00Z">{hour}:00</time>'
        f"<h2>Update {hour}</h2><p>At {hour} the storm tore at the pier, and nobody was hurt.</p>"
        f"<p>The crews of {hour} went home later than on any other day this year.</p></{tag}>"
        for hour in (12, 11, 10)
    )
    head = ld({"@type": "LiveBlogPosting", "headline": TITLE, "datePublished": "2024-03-04"})
    page = render_page(f"<title>{TITLE}</title>{head}", f"<main><h1>{TITLE}</h1>{updates}</main>")
    draft = read_page(page.encode(), URL).draft
    lines = draft.text.split("\n")
    assert [lines[at] for at in (0, 3, 6)] == [f"{hour}:00 Update {hour}" for hour in (12, 11, 10)]
    assert len(lines) == 9
