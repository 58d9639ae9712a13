"""Every page in a browser: accessibility in both themes, and narrow screens."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.articles.site.markup import render_structured
from tests.articles.site.stories import STORIES

TEXT = "The mayor opened the bridge.\nWhat it cost\nIt cost 3 million, the council said."
PAGES: dict[str, tuple[str | None, Callable[[dict[str, str]], str]]] = {
    "home": ("annotator-1", lambda ids: "/"),
    "empty home": ("editor", lambda ids: "/"),
    "list": ("annotator-1", lambda ids: "/articles/"),
    "empty list": (None, lambda ids: "/articles/?q=nothing+is+called+so"),
    "search": ("annotator-1", lambda ids: "/search/?q=bridge"),
    "right-to-left search": (None, lambda ids: "/search/?q=%D8%A7%D9%84%D9%86%D9%87%D8%B6%D8%A9"),
    "empty search": (None, lambda ids: "/search/"),
    "search without result": (None, lambda ids: "/search/?q=xyzzy&in=claims"),
    "article": ("annotator-1", lambda ids: f"/articles/{ids['article']}/"),
    "claim": (None, lambda ids: f"/claims/{ids['claim']}/"),
    "entity": (None, lambda ids: f"/entities/{ids['entity']}/"),
    "source": (None, lambda ids: f"/sources/{ids['source']}/"),
    "project": (None, lambda ids: "/projects/demo/"),
    "import": ("annotator-1", lambda ids: "/articles/new/"),
    "sign-in": (None, lambda ids: "/sign-in/"),
    "not found": (None, lambda ids: "/articles/nothing-here/"),
}


@pytest.fixture
def ids(add_article: Any, pressmark: Any) -> Any:
    ids = add_article(TEXT, "A bridge")
    body = {
        "project": "demo",
        "version": ids["version"],
        "spans": [{"exact": "It cost 3 million"}],
        "text": "The bridge cost 3 million.",
    }
    client = pressmark.client("annotator-1")
    claim = client.post("/claims/", json=body).raise_for_status().json()
    named = {
        name: client.get(f"/{name}/", params=asked).raise_for_status().json()["results"][0]["id"]
        for name, asked in {
            "entities": {"name": "UNICEF"},
            "sources": {"publisher": "AEMET"},
        }.items()
    }
    return {
        **ids,
        "claim": claim["id"],
        "entity": named["entities"],
        "source": named["sources"],
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_are_accessible(open_as: Any, ids: Any, name: str, scheme: str) -> None:
    user, path = PAGES[name]
    page = open_as(user, path(ids), color_scheme=scheme)
    if name == "article":
        page.locator(".card-open").first.click()
        page.get_by_role("button", name="Edit").click()
        expect(page.get_by_label("Claim text")).to_be_visible()
    assert find_violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_and_forms_are_accessible(open_as: Any, ids: Any, scheme: str) -> None:
    page = open_as("annotator-1", f"/articles/{ids['article']}/", color_scheme=scheme)
    # A form that is half typed and closed, and one that is open.
    page.locator(".card-open").first.click()
    page.keyboard.press("m")
    page.get_by_label("Note", exact=True).last.fill("Draft")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#toolbar")).to_be_visible()
    assert find_violations(page) == []
    page.keyboard.press("e")
    page.get_by_text("New entity", exact=True).click()
    assert find_violations(page) == []
    page.keyboard.press("Escape")
    for keys, dialog in {"?": "#help", "Control+k": "#palette"}.items():
        page.keyboard.press(keys)
        expect(page.locator(dialog)).to_be_visible()
        assert find_violations(page) == []
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Display settings").click()
    assert find_violations(page) == []


def find_violations(page: Any) -> list[Any]:
    """Return axe's violations of WCAG 2.2 AA."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    return [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]]


@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_a_narrow_screen(open_as: Any, ids: Any, name: str) -> None:
    user, path = PAGES[name]
    page = open_as(user, path(ids), viewport={"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_margin_bars_stay_outside_right_to_left_text(open_as: Any, ids: Any) -> None:
    size = {"width": 1100, "height": 760}
    page = open_as(None, f"/articles/{ids['article']}/", viewport=size)
    page.evaluate("document.documentElement.dir = 'rtl'")
    bars, text = page.locator(".marks").bounding_box(), page.locator("#text").bounding_box()
    assert bars["x"] >= text["x"] + text["width"]


def test_permalink_selects_annotation_in_workspace(open_as: Any, ids: Any) -> None:
    page = open_as(None, f"/annotations/{ids['claim']}/")
    expect(page.locator(".card.selected .passage")).to_have_text("It cost 3 million")


def test_keys_open_help_and_select_annotations(open_as: Any, ids: Any) -> None:
    page = open_as(None, f"/articles/{ids['article']}/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator(".card.selected")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".card.selected")).to_have_count(0)


@pytest.mark.parametrize(
    ("key", "shortcut"),
    [
        ("о", "KeyJ"),
        ("ξ", "KeyJ"),
        ("ח", "KeyJ"),
        ("ㅓ", "KeyJ"),
        ("ت", "KeyJ"),
        ("Process", "KeyJ"),
    ],
)
def test_shortcuts_work_under_layouts_without_latin_letters(
    open_as: Any, ids: Any, key: str, shortcut: str
) -> None:
    page = open_as(None, f"/articles/{ids['article']}/")
    devtools = page.context.new_cdp_session(page)
    for event in ("keyDown", "keyUp"):
        devtools.send("Input.dispatchKeyEvent", {"type": event, "key": key, "code": "KeyJ"})
    expect(page.locator(".card.selected")).to_have_count(1)


def test_back_shows_the_present_state_of_the_page(
    open_as: Any, add_article: Any, pressmark: Any
) -> None:
    ids = add_article("The bridge cost 3 million, the board said.")
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    expect(page.locator(".card")).to_have_count(0)
    page.goto("/articles/")
    span = {"start": 0, "end": 10}
    note = {"project": "demo", "version": ids["version"], "spans": [span], "body": "Check it."}
    pressmark.client("annotator-1").post("/notes/", json=note).raise_for_status()
    page.go_back()
    expect(page.locator(".card")).to_have_count(1)


def test_kind_filter_hides_cards_and_highlights(open_as: Any, ids: Any) -> None:
    page = open_as(None, f"/articles/{ids['article']}/")
    page.get_by_role("checkbox", name="Claim").uncheck()
    expect(page.locator("#annotations > li:visible")).to_have_count(0)
    assert page.evaluate("CSS.highlights.get('claim').size") == 0


def test_pasted_article_gets_proposed_title(open_as: Any) -> None:
    page = open_as("annotator-1", "/articles/new/")
    page.get_by_label("Or paste the text").fill(TEXT)
    page.get_by_role("button", name="Add article").click()
    expect(page.get_by_label("Title")).to_have_value("The mayor opened the bridge")
    page.get_by_role("button", name="Add article").click()
    expect(page.locator("h1")).to_have_text("The mayor opened the bridge")
    expect(page.locator("#text h2")).to_have_text(["What it cost"])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"A \0 is no text", "The file is not text: it has NUL"),
        (b"", "The file is empty"),
        (b"x" * 3_000_000, "the limit is 2.0 MB"),
        (b"x" * 50_000_000, "exceeds the limit of 8.0 MB"),
    ],
    ids=["NUL", "empty", "3 MB", "50 MB"],
)
def test_invalid_file_is_rejected(
    open_as: Any, tmp_path: Path, content: bytes, complaint: str
) -> None:
    (tmp_path / "article.txt").write_bytes(content)
    page = open_as("annotator-1", "/articles/new/")
    page.get_by_label("Title").fill("Keep me")
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "article.txt")
    page.get_by_role("button", name="Add article").click()
    expect(page.locator(".has-error")).to_contain_text(complaint)
    expect(page.get_by_label("Title")).to_have_value("Keep me")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_previewed_before_saving(open_as: Any, tmp_path: Path, scheme: str) -> None:
    story = STORIES[1]
    file = tmp_path / "page.html"
    file.write_text(render_structured(story))
    page = open_as("annotator-1", "/articles/new/", color_scheme=scheme)
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Add article").click()
    expect(page.get_by_role("heading", name="not saved yet")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value(story.title)
    expect(page.get_by_label("Authors")).to_have_value("\n".join(story.authors))
    assert find_violations(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.get_by_label("Title").fill(f"Trains, corrected in {scheme}")
    page.get_by_role("button", name="Save article").click()
    expect(page.locator("h1")).to_have_text(f"Trains, corrected in {scheme}")
    expect(page.locator("#text h2")).to_have_text(["Who pays", "What comes next"])
