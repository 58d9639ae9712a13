"""Extraction of web pages: text, blocks, links, metadata and blockers."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from articles.extraction.blockers import ExtractionFailed
from articles.extraction.html import read_page
from articles.extraction.metadata import read_language, read_moment
from articles.services import create_article
from articles.text.blocks import check_blocks
from articles.text.normalise import normalise
from tests.articles.site.fresh import FRESH
from tests.articles.site.markup import MARKUPS, render_page, render_structured
from tests.articles.site.messy import MESSY
from tests.articles.site.scoring import compute_means, score_draft
from tests.articles.site.special import OBSTRUCTED, WHOLE, build_mislabelled_pages
from tests.articles.site.stories import STORIES

URL = "https://site.example/a-story/"


@pytest.mark.parametrize("markup", MARKUPS, ids=lambda markup: markup.__name__)
def test_extraction_finds_story_in_any_markup(markup: Any) -> None:
    scores = []
    for story in STORIES:
        found = read_page(markup(story).encode(), URL)
        assert found.blocker is None, story.slug
        check_blocks(found.draft.text, found.draft.blocks or ())
        scores.append(score_draft(story, found.draft))
    means = compute_means(scores)
    exact = ("byline", "date", "title", "language", "outlet", "links")
    assert {name: means[name] for name in exact} == dict.fromkeys(exact, 1)
    assert min(one.precision for one in scores) >= 0.97
    assert min(one.recall for one in scores) >= 0.97


def test_extraction_of_messy_pages() -> None:
    scores = []
    for markup, story in MESSY:
        found = read_page(markup.encode(), f"https://site.example/{story.slug}/")
        assert found.blocker is None
        scores.append(score_draft(story, found.draft))
    means = compute_means(scores)
    exact = ("byline", "date", "title", "language", "outlet", "links")
    assert {name: means[name] for name in exact} == dict.fromkeys(exact, 1)
    assert means["precision"] >= 0.95
    assert means["recall"] >= 0.9


def test_extraction_of_pages_not_used_for_tuning() -> None:
    scores = []
    for markup, story in FRESH:
        found = read_page(markup.encode(), f"https://site.example/{story.slug}/")
        assert found.blocker is None
        check_blocks(found.draft.text, found.draft.blocks or ())
        scores.append(score_draft(story, found.draft))
    means = compute_means(scores)
    exact = ("byline", "date", "title", "language", "outlet", "links")
    assert {name: means[name] for name in exact} == dict.fromkeys(exact, 1)
    assert min(one.precision for one in scores) >= 0.98
    assert means["recall"] >= 0.97
    assert means["kinds"] >= 0.9


def test_extraction_keeps_block_kinds_and_links() -> None:
    story = STORIES[0]
    draft = read_page(render_structured(story).encode(), URL).draft
    assert draft.text == story.text
    kinds = {draft.text[b.start : b.end]: str(b.kind) for b in draft.blocks or ()}
    assert kinds == story.kinds()
    links = [(draft.text[link.start : link.end], link.href) for link in draft.links or ()]
    assert links == story.links
    assert draft.licence == "CC-BY-4.0"


@pytest.mark.parametrize("name", OBSTRUCTED)
def test_blocker_has_its_reason(name: str) -> None:
    reason, markup = OBSTRUCTED[name]
    found = read_page(markup.encode(), URL)
    assert found.blocker
    assert found.blocker.reason == reason
    with pytest.raises(ExtractionFailed, match=reason) as exc_info:
        found.get_article()
    assert str(exc_info.value).startswith("page: ")


@pytest.mark.parametrize("name", WHOLE)
def test_page_that_only_looks_blocked_is_extracted(name: str) -> None:
    story, markup = WHOLE[name]
    found = read_page(markup.encode(), URL)
    assert found.blocker is None
    got = score_draft(story, found.draft)
    assert (got.byline, got.date, got.title) == (True, True, True)
    assert min(got.precision, got.recall) >= 0.97


@pytest.mark.parametrize("name", build_mislabelled_pages())
def test_wrong_charset_label_is_corrected(name: str) -> None:
    story, declared, data = build_mislabelled_pages()[name]
    found = read_page(data, URL, charset=declared)
    assert found.draft.text == story.text
    is_noted = any("encoding" in note for note in found.notes)
    assert is_noted == (
        name in ("utf-8-called-latin-1", "cp1252-called-utf-8", "cp1251-called-utf-8")
    )


def test_extracted_page_is_stored_unchanged(db: None) -> None:
    story = STORIES[0]
    found = read_page(render_structured(story).encode(), f"{URL}?utm_source=mail#top")
    version = create_article(found.get_article()).current_version
    assert version
    assert version.article.url == URL
    assert version.get_blocks() == list(found.draft.blocks or ())
    assert version.links.count() == len(story.links)
    assert found.missing == []
    assert [note for note in found.notes if URL in note]


def test_missing_metadata_is_listed() -> None:
    found = read_page(
        render_page("", "<p>Somebody wrote this down. " + "It is long enough. " * 20).encode()
    )
    assert found.missing == ["authors", "outlet", "published_at", "url"]
    assert found.draft.title == "Somebody wrote this down"
    assert found.draft.language == "en"
    assert found.notes == ["The language was not given. It was detected as “en”."]
    numbers = read_page(render_page("", "<p>" + "40 + 2 = 42; " * 40).encode())
    assert "language" in numbers.missing


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ('<link rel="canonical" href="/own/">', "https://site.example/own/"),
        ('<link rel="canonical" href="https://site.example/">', URL),
        ('<link rel="canonical" href="javascript:alert(1)">', URL),
        (
            '<meta property="og:url" content="https://site.example/og/?fbclid=1">',
            "https://site.example/og/",
        ),
        ('<link rel="canonical" href="https://another.example/a/">', URL),
        (
            '<link rel="canonical" href="https://www.site.example/a/">',
            "https://www.site.example/a/",
        ),
        ("", URL),
    ],
)
def test_canonical_url_is_used_for_same_site_only(head: str, url: str) -> None:
    assert read_page(render_page(head, "<p>Words.</p>").encode(), URL).draft.url == url


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2025-03-02", "2025-03-02T00:00:00+00:00"),
        ("2025-03-02T08:00:00+0200", "2025-03-02T08:00:00+02:00"),
        ("2025-03-02T08:00:00.123456789Z", "2025-03-02T08:00:00.123456+00:00"),
        ("Sun, 02 Mar 2025 08:00:00 +0200", "2025-03-02T08:00:00+02:00"),
        ("2025-03-02 08:00:00 UTC", "2025-03-02T08:00:00+00:00"),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2025-02-30", None),
        ("yesterday", None),
        (20250302, None),
        ("2026-03-01" + " " * 5000 + "Z", None),
    ],
)
def test_read_moment_parses_valid_times_only(value: Any, moment: str | None) -> None:
    found = read_moment(value)
    assert (found.isoformat() if found else None) == moment


@pytest.mark.parametrize(
    ("value", "tag"),
    [("en_GB", "en-GB"), ("EN", "en"), ("zh-Hant-TW", "zh-Hant-TW"), ("English", ""), (None, "")],
)
def test_read_language_accepts_bcp_47_only(value: Any, tag: str) -> None:
    assert read_language(value) == tag


_JSON_LD = '<script type="application/ld+json">{}</script>'
_ARTICLE = '{"@type": "NewsArticle", "headline": "H", "author": {"name": "Ann Bell"}}'
_REFERRING = '{"@type": "NewsArticle", "author": {"@id": "#ann"}}'
_PERSON = '{"@id": "#ann", "name": "Ann Bell"}'


@pytest.mark.parametrize(
    "script",
    [
        _JSON_LD.format(f"[{_ARTICLE}]"),
        _JSON_LD.format(f"//<![CDATA[\n{_ARTICLE};\n//]]>"),
        _JSON_LD.format(f"<!-- {_ARTICLE} -->"),
        _JSON_LD.format(f"/* by the CMS */ {_ARTICLE}"),
        _JSON_LD.format('{"@type": ') + _JSON_LD.format(_ARTICLE),
        _JSON_LD.format(_ARTICLE).replace("json", "JSON").replace('">', '; charset=utf-8">', 1),
        _JSON_LD.format(_ARTICLE.replace("H", "H\n", 1)),
        _JSON_LD.format(f"[{_PERSON}, {_REFERRING}]"),
    ],
)
def test_json_ld_is_read_in_common_wrappings(script: str) -> None:
    draft = read_page(render_page(script, "<p>Words.</p>").encode(), URL).draft
    assert [credit.name for credit in draft.authors or ()] == ["Ann Bell"]


@pytest.mark.parametrize(
    ("content", "authors"),
    [
        ('<p class="author">Ann Bell</p>', ["Ann Bell"]),
        ('<p class="author">Ann writes. She sails.</p>', []),
        ('<p class="info">By Ann Bell</p><p class="info">More news</p>', ["Ann Bell"]),
        (
            '<p itemprop="author">Ann Bell</p>'
            '<div itemprop="comment" itemscope><p itemprop="author">Troll Bridge</p></div>',
            ["Ann Bell"],
        ),
    ],
)
def test_bylines_are_read_from_markup(content: str, authors: list[str]) -> None:
    draft = read_page(render_page("", f"{content}<p>Words come here.</p>").encode(), URL).draft
    assert [credit.name for credit in draft.authors or ()] == authors


def test_updated_and_related_times_are_not_publication_dates() -> None:
    times = (
        '<time class="updated" datetime="2025-06-01T00:00:00Z"></time>'
        '<aside><time datetime="2025-06-02T00:00:00Z"></time></aside>'
        '<time datetime="2025-03-02T08:00:00+02:00"></time>'
    )
    draft = read_page(render_page("", f"{times}<p>Words.</p>").encode(), URL).draft
    assert draft.published_at
    assert draft.published_at.isoformat() == "2025-03-02T08:00:00+02:00"


@pytest.mark.parametrize(
    ("title", "outlet"),
    [("Ships | News | The Gazette", "The Gazette"), ("The Gazette", ""), ("Ships", "")],
)
def test_outlet_is_split_from_title(title: str, outlet: str) -> None:
    markup = render_page(f"<title>{title}</title>", "<h1>Ships</h1><p>Words.</p>")
    draft = read_page(markup.encode(), URL).draft
    assert (draft.title, draft.outlet) == ("Ships", outlet)


HOSTILE = [
    "<div>" * 20_000 + "Deep words in a deep place. " * 20,
    "<p>" + "<a href='https://a.example/'>" * 5_000 + "word",
    "<table><tr><td>" * 3_000 + "word",
    '<script type="application/ld+json">' + "[" * 100_000 + "</script><p>Words.",
    '<script type="application/ld+json">{"@type": ["NewsArticle", 3], "headline": 5, "author": '
    '[[[{"name": {"name": [7]}}]]], "datePublished": [], "publisher": "\\ud800"}</script><p>Words.',
    '<base href="http://[broken"><a href="http://[::1">x</a><p>' + "Words and words. " * 20,
    "<meta property='og:title' content='" + "x" * 5_000 + "'><p>" + "Words and words. " * 20,
    "<p>" + "﷽" * 10_000,
    "<p>\ufeff" + "e\u0301" * 2_000 + " &#0; &#xD800; &#x1F6A2; ⟦caption⟧ ⟦break⟧",
    "word <br>" * 10_000,
    "\x00<\x00p\x00>",
]


@pytest.mark.parametrize("markup", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_page_is_read_quickly(markup: str) -> None:
    start = time.monotonic()
    found = read_page(markup.encode("utf-8", "surrogatepass"), URL)
    assert time.monotonic() - start < 30
    assert normalise(found.draft.text) == found.draft.text
    check_blocks(found.draft.text, found.draft.blocks or ())
    for link in found.draft.links or ():
        assert 0 <= link.start < link.end <= len(found.draft.text)
        assert link.href.startswith(("http://", "https://"))


def test_page_over_size_limit_is_rejected() -> None:
    with pytest.raises(ExtractionFailed, match="too-large"):
        read_page(b"x" * 1_001, max_bytes=1_000)


def test_page_with_too_many_elements_is_rejected() -> None:
    with pytest.raises(ExtractionFailed, match="50,000 elements"):
        read_page(b"<i>" + b"<br>" * 50_001)


_WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;")
)
_TAGS = st.sampled_from(["a href='/x'", "b", "em", "span"])


def _wrap(tag: str, text: str) -> str:
    return f"<{tag}>{text}</{tag.split()[0]}>"


_ONCE = st.builds(_wrap, _TAGS, _WORDS)
_INLINE = st.one_of(_WORDS, _ONCE, st.builds(_wrap, _TAGS, _ONCE))


# Reading a page takes as long as the machine has others to serve.
@trying(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["p", "h2", "li", "blockquote"]), st.lists(_INLINE)), max_size=6
    )
)
def test_blocks_and_links_are_within_text_for_any_markup(blocks: Any) -> None:
    markup = "".join(f"<{tag}>{''.join(pieces)} word</{tag}>" for tag, pieces in blocks)
    draft = read_page(render_page("", f"<article>{markup}</article>").encode(), URL).draft
    assert normalise(draft.text) == draft.text
    check_blocks(draft.text, draft.blocks or ())
    ends = [0]
    for link in draft.links or ():
        assert ends[-1] <= link.start < link.end <= len(draft.text)
        ends.append(link.end)
