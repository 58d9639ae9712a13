"""Text of imported pages: nothing is lost without a note, nothing foreign is in it."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from trafilatura.settings import DEFAULT_CONFIG

from articles.extraction.files import SUFFIXES, _read
from articles.extraction.html import read_page
from articles.extraction.plain_text import FileError
from articles.text.blocks import BlockKind, check_blocks
from articles.text.normalise import normalise
from tests.articles.site.kinds import build_pages
from tests.articles.site.markup import MARKUPS
from tests.articles.site.scoring import compute_f1, count_shingles
from tests.articles.site.stories import STORIES

URL = "https://site.example/a-story/"
KINDS = build_pages()
PARAGRAPHS = [
    f"<p>On day {n} the ferry to the island left at noon, although the wind had reached force {n} "
    "and the captain had asked the passengers to wait until the evening.</p>"
    for n in range(1, 6)
]


def read(content: str, language: str = "en") -> Any:
    markup = (
        f'<!doctype html><html lang="{language}"><head><title>Ferry leaves</title></head>'
        f"<body><article><h1>Ferry leaves</h1>{content}</article></body></html>"
    )
    page = read_page(markup.encode(), URL)
    check_blocks(page.draft.text, page.draft.blocks or ())
    assert "⟦" not in page.draft.text
    return page


def read_blocks(content: str, language: str = "en") -> list[tuple[str, str]]:
    """Return the kind and the text of the blocks around `content`, without the paragraphs."""
    draft = read(content, language).draft
    blocks = [(str(block.kind), draft.text[block.start : block.end]) for block in draft.blocks]
    return [block for block in blocks if "the ferry to the island left" not in block[1]]


@pytest.mark.parametrize("kind", KINDS)
def test_kind_of_page_is_read_in_ten_languages(kind: str) -> None:
    for page in KINDS[kind]:
        found = read_page(page.data).draft.text
        assert compute_f1([count_shingles(page.text, found)]) > 0.95, found


CONTROLS: dict[str, Callable[[str], str]] = {
    "after a double line break": lambda c: f"<p>First<br><br>{c}second</p>",
    "after a dropped script": lambda c: f"<p>Words<script>x()</script>{c} and words</p>",
    "in a caption": lambda c: f"<figure><img src=a><figcaption>{c}A ferry{c}</figcaption></figure>",
    "in a dropped advertisement": lambda c: f'<div class="ad">{c}Buy</div>{c}tail',
    "in a link": lambda c: f'<p>See <a href="/x{c}y">the {c}timetable</a>{c} here.</p>',
    "in a table of layout": lambda c: f"<table><tr><td><h2>{c}A</h2>{c}</td></tr></table>{c}",
    "in a class": lambda c: (
        f'<div class="share{c}"><p>Words{c} of the article itself here.</p></div>'
    ),
    "in the title": lambda c: f"<h1>{c}</h1><p>{c}",
}


@pytest.mark.parametrize("place", CONTROLS)
@pytest.mark.parametrize(
    "character", ["\x01", "\x0b", "\x1f", "\x7f", "&#2;", "&#x1b;", "&#xFFFE;", "&#xD800;", "￿"]
)
def test_control_character_is_removed_wherever_it_is(place: str, character: str) -> None:
    text = read("".join(PARAGRAPHS) + CONTROLS[place](character)).draft.text
    assert "force 5" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\ufffe\uffff]", text)


_BYTES = st.one_of(
    st.binary(max_size=300),
    st.builds(
        bytes.__add__,
        st.sampled_from([b"%PDF-1.7\n", b"PK\x03\x04", b"<html>", b"\xff\xfe"]),
        st.binary(max_size=200),
    ),
)


@trying(deadline=None, max_examples=60)
@given(_BYTES)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_page(data, URL)
    for suffix in SUFFIXES:
        try:
            draft = _read(suffix, data)
        except FileError:
            continue
        assert isinstance(draft.text, str)


_PAGES = [markup(STORIES[0]).encode() for markup in MARKUPS]
_MUTATION = st.tuples(
    st.floats(0, 1),
    st.sampled_from(
        [
            b"<p>",
            b"</div>",
            b"<table><tr>",
            b"<br><br>",
            b"&#1;",
            b"\x00",
            b"\xff",
            b"<!--",
            b"<a href=",
            b"<noscript>",
            b"</article>",
            b"<figcaption>",
            b"\xc2\xad",
            b"<base href='http://['>",
            b"<li>",
        ]
    ),
    st.integers(0, 40),
)


@trying(deadline=None, max_examples=60)
@given(st.sampled_from(_PAGES), st.lists(_MUTATION, min_size=1, max_size=6))
def test_mutated_page_is_read_without_exception(page: bytes, mutations: Any) -> None:
    for share, inserted, removed in mutations:
        at = int(share * len(page))
        page = page[:at] + inserted + page[at + removed :]
    draft = read_page(page, URL).draft
    assert normalise(draft.text) == draft.text
    check_blocks(draft.text, draft.blocks or ())
    assert "⟦" not in draft.text
    for link in draft.links or ():
        assert 0 <= link.start < link.end <= len(draft.text)


def test_div_paragraphs_after_a_long_lead_are_kept_with_links_and_spaces() -> None:
    notes = "".join(
        f'<div class="note">Point {n}: the harbour office <a href="https://port.example/{n}">said '
        f"on Monday</a> that berth {n} stays closed until the crane has been repaired.</div>"
        for n in range(8)
    )
    lead = PARAGRAPHS[0].replace("evening", "evening and the harbour office to close two quays")
    markup = f'<body><h1>Ferry</h1><section id="body-text">{lead}{notes}</section>'
    page = read_page(markup.encode(), URL)
    assert page.draft.text.count("office said on Monday that berth") == 8
    assert [link.href for link in page.draft.links or ()] == [
        f"https://port.example/{n}" for n in range(8)
    ]
    assert not page.draft.notes


def test_extraction_leaves_the_settings_of_trafilatura_alone() -> None:
    read("".join(PARAGRAPHS))
    assert DEFAULT_CONFIG.get("DEFAULT", "MIN_EXTRACTED_SIZE") == "250"


def test_note_says_that_running_text_was_left_out() -> None:
    other = "".join(PARAGRAPHS).replace("ferry to the island", "bus to the mountain")
    page = read(f'{PARAGRAPHS[0]}{PARAGRAPHS[1]}<div class="comments">{other}</div>')
    assert "bus to the mountain" not in page.draft.text
    [note] = page.draft.notes
    assert note.startswith("The text has 60 words; 150 words of running text")
    assert note in page.notes


def test_complete_page_has_no_note_of_left_out_text() -> None:
    menu = "".join(
        f'<li><a href="/{n}">A long headline of another story, number {n}</a></li>'
        for n in range(60)
    )
    page = read("".join(PARAGRAPHS) + f"<nav><ul>{menu}</ul></nav>")
    assert page.draft.notes == ()


@pytest.mark.parametrize(
    "caption",
    [
        '<div class="caption"><div class="caption-inner caption">A ferry at sea.</div></div>',
        "<figure><img src=a.jpg><figcaption><span class=caption>A ferry at sea.</span>"
        "</figcaption></figure>",
        "<figure><figure><img src=a.jpg><figcaption>A ferry at sea.</figcaption></figure></figure>",
        '<figure><img src=a.jpg><figcaption class="wp-caption-text"><p class=caption>'
        "A ferry at sea.</p></figcaption></figure>",
        "<figure><img src=a.jpg><figcaption>A ferry at sea.</figcaption></figure>"
        "<figure><img src=b.jpg><figcaption>A ferry at sea.</figcaption></figure>",
    ],
)
def test_caption_is_one_block_without_marks(caption: str) -> None:
    content = "".join(PARAGRAPHS[:3]) + caption + "".join(PARAGRAPHS[3:])
    assert read_blocks(content) == [("caption", "A ferry at sea.")]


def test_credit_in_a_caption_is_part_of_it() -> None:
    caption = "<figcaption>A ferry at sea. <span class=caption>Photo: Lee</span></figcaption>"
    content = "".join(PARAGRAPHS[:3]) + f"<figure>{caption}</figure>" + "".join(PARAGRAPHS[3:])
    assert read_blocks(content) == [("caption", "A ferry at sea. Photo: Lee")]


def test_caption_stays_between_its_neighbours() -> None:
    content = "".join(
        [*PARAGRAPHS[:2], "<figure><figcaption>A gull.</figcaption></figure>", *PARAGRAPHS[2:]]
    )
    draft = read(content).draft
    lines = draft.text.split("\n")
    assert lines[2] == "A gull."
    assert (draft.blocks or ())[2].kind == BlockKind.CAPTION


def test_captions_of_text_that_is_no_part_of_the_article_are_left_out() -> None:
    figure = "<figure><figcaption>A goat.</figcaption></figure>"
    other = f"<aside><h2>More</h2><p>Elsewhere.</p>{figure}<p>End.</p></aside>"
    assert "goat" not in read("".join(PARAGRAPHS) + other).draft.text


def test_text_for_readers_without_scripts_is_kept_once() -> None:
    text = "".join(PARAGRAPHS)
    inside = read(f"<noscript>{text}</noscript>").draft.text
    assert [inside.count(f"On day {n} ") for n in range(1, 6)] == [1] * 5
    part = read(f"{text}<noscript>{text.replace('island', 'fjord')}</noscript>").draft.text
    assert part.count("to the fjord") == 5
    both = read(f"{text}<noscript>{text}</noscript>").draft.text
    assert [both.count(f"On day {n} ") for n in range(1, 6)] == [1] * 5
    hint = read(f"{text}<noscript><p>Please enable JavaScript.</p></noscript>").draft.text
    assert "JavaScript" not in hint


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><th>Pier</th><th>Depth</th></tr>"
        "<tr><td><p>East</p></td><td><p>4 m</p></td></tr></table>",
        "<table><thead><tr><th><p>Pier</p></th><th><p>Depth</p></th></tr></thead>"
        "<tbody><tr><td>East</td><td>4 m</td></tr></tbody></table>",
        "<table><tr><td><p><b>Pier</b></p></td><td><p><b>Depth</b></p></td></tr>"
        "<tr><td><p>East</p></td><td><p>4 m</p></td></tr></table>",
    ],
)
def test_table_with_paragraphs_in_its_cells_keeps_rows(table: str) -> None:
    blocks = read_blocks("".join(PARAGRAPHS) + table)
    assert [text for _kind, text in blocks] == ["Pier | Depth", "East | 4 m"]


def test_headings_of_a_newsletter_in_tables_are_kept() -> None:
    stories = "".join(
        f'<table width="600"><tr><td><h2>Item {n}</h2>{first}{second}</td></tr></table>'
        for n, (first, second) in enumerate(pairwise(PARAGRAPHS))
    )
    view, leave = (
        f'<table><tr><td>{text}<a href="/x">{link}</a></td></tr></table>'
        for text, link in (("", "View in browser"), ("You signed up. ", "Unsubscribe"))
    )
    page = read_page(f"<html><body>{view}{stories}{leave}</body></html>".encode(), URL)
    assert page.draft.text.startswith("Item 0\n")
    assert page.draft.text.endswith("evening.")
    headings = [
        page.draft.text[block.start : block.end]
        for block in page.draft.blocks or ()
        if block.kind == BlockKind.HEADING
    ]
    assert headings == [f"Item {n}" for n in range(4)]


@pytest.mark.parametrize("hyphen", ["\u00ad", "&shy;", "&#173;", "&#xAD;"])
def test_soft_hyphens_are_removed_and_words_joined(hyphen: str) -> None:
    text = read(
        "".join(PARAGRAPHS) + f"<p>Fähr{hyphen}ver{hyphen}bin{hyphen}dung am Morgen.</p>"
    ).draft.text
    assert "Fährverbindung am Morgen." in text
    assert "\u00ad" not in text


@pytest.mark.parametrize(
    ("markup", "line"),
    [
        ('Read <a href="/x">the plan</a> now.', "Read the plan now."),
        ('Read <b><a href="/x">the plan</a></b> now.', "Read the plan now."),
        ('Read<a href="/x"> the plan </a>now.', "Read the plan now."),
        ('Read (<a href="/x">the plan</a>), now.', "Read (the plan), now."),
        ('<a href="/x">The plan</a><span> is out now.</span>', "The plan is out now."),
        (
            'The office sent <a href="/x">one</a>, <a href="/y">two</a> and three reports of '
            "the last year to all members.",
            "The office sent one, two and three reports of the last year to all members.",
        ),
    ],
)
@pytest.mark.parametrize("tag", ["p", "li", "blockquote", "h2", "td"])
def test_spaces_around_links_are_those_of_the_page(tag: str, markup: str, line: str) -> None:
    element = f"<{tag}>{markup}</{tag}>"
    wrapped = {
        "li": f"<ul>{element}<li>{PARAGRAPHS[0]}</li></ul>",
        "td": f"<table><tr>{element}<td>a</td></tr></table>",
    }
    content = "".join(PARAGRAPHS[:3]) + wrapped.get(tag, element) + "".join(PARAGRAPHS[3:])
    draft = read(content).draft
    assert line in draft.text
    for link in draft.links or ():
        assert draft.text[link.start : link.end].strip() == draft.text[link.start : link.end]


@pytest.mark.parametrize(
    "box",
    [
        '<div class="related-facts"><p>The ferry was built in 1974 in Gdansk.</p></div>',
        '<section class="share price"><p>The share of the line fell by four percent.</p></section>',
        '<ul class="social-list"><li>East pier: closed until the spring</li></ul>',
        '<div class="promo-text"><p>The line promised a larger ferry in June.</p></div>',
        '<blockquote class="social-quote"><p>We will sail in any weather.</p></blockquote>',
        '<p class="shared-note">The captain has shared the logbook with us.</p>',
    ],
)
def test_own_box_is_kept_whatever_its_class_says(box: str) -> None:
    content = re.sub(r"<[^>]*>", "", box)
    assert content in read("".join(PARAGRAPHS[:3]) + box + "".join(PARAGRAPHS[3:])).draft.text


@pytest.mark.parametrize(
    "box",
    [
        '<div class="share"><a href="#">Share this article with all of your friends</a></div>',
        '<div class="related"><h3>Related</h3><a href="/1">Another ferry that has left</a></div>',
        '<ul class="social"><li><button>Post this on the network now</button></li></ul>',
        '<div class="promo"><p>Subscribe to the letter of the port.</p><form><input></form></div>',
        '<div class="share">Share</div>',
    ],
)
def test_foreign_box_is_left_out(box: str) -> None:
    pieces = re.sub(r"<[^>]*>", " ", box).split()
    text = read("".join(PARAGRAPHS[:3]) + box + "".join(PARAGRAPHS[3:])).draft.text
    assert " ".join(pieces[-4:]) not in text
