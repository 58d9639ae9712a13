"""Reviewing annotations after an article was updated, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import find_violations

OLD = (
    "The council met on Monday evening.\n"
    "It voted for the bridge by nine voices to four, the clerk said.\n"
    "The mayor of Ahrensburg had asked for patience.\n"
    "A second reading is planned for May."
)
NEW = (
    "The council met on Monday evening.\n"
    "It voted for the bridge by ten voices to three, the clerk said.\n"
    "Patience was what the mayor had asked for.\n"
    "A second reading is planned for June."
)


# Returns the left edges of the first and last character of an element, in pixels.
_GET_EDGES = """(element) => {
    const range = document.createRange();
    const text = element.firstChild;
    return [0, text.length - 1].map((at) => {
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        return range.getBoundingClientRect().left;
    });
}"""


@pytest.fixture
def update_article(add_article: Any, pressmark: Any) -> Callable[..., dict[str, str]]:
    """Return a function that annotates a text, adds a version and re-anchors to it."""

    def make(title: str, new: str = NEW, language: str = "en") -> dict[str, str]:
        ids = add_article(OLD, title, language)
        client = pressmark.client("annotator-2")
        created = {}
        for quote, text in (
            ("nine voices to four", "Nine were for it."),
            ("The mayor of Ahrensburg had asked for patience", "The mayor was patient."),
            ("planned for May", "It is read in May."),
            ("The council met", "The council met."),
        ):
            body = {
                "project": "demo",
                "version": ids["version"],
                "spans": [{"exact": quote}],
                "text": text,
            }
            created[quote] = client.post("/claims/", json=body).raise_for_status().json()["id"]
        version = pressmark.client("editor").post(
            "/versions/", json={"article": ids["article"], "text": new}
        )
        pressmark.manage("reanchor", "--article", ids["article"])
        return {**ids, **created, "new": version.raise_for_status().json()["id"]}

    return make


@pytest.fixture(autouse=True)
def _reject_pending(pressmark: Any) -> None:
    client = pressmark.client("annotator-2")
    asked = {"decision": "pending", "author": "annotator-2"}
    for row in client.get("/reanchorings/", params=asked).json()["results"]:
        client.post(f"/reanchorings/{row['id']}/reject/").raise_for_status()


def get_quotes(pressmark: Any, version: str) -> set[str]:
    found = pressmark.client("annotator-2").get("/claims/", params={"version": version}).json()
    return {claim["spans"][0]["exact"] for claim in found["results"]}


def test_review_with_keyboard(open_as: Any, update_article: Any, pressmark: Any) -> None:
    ids = update_article("A bridge by keys")
    assert get_quotes(pressmark, ids["new"]) == {"The council met"}
    page: Page = open_as("annotator-2", "/")
    page.get_by_role("link", name="3 annotations need review").click()
    cards = page.locator(".reanchoring")
    expect(cards).to_have_count(3)
    expect(page.locator(".reanchoring.current")).to_contain_text("Nine were for it.")
    expect(page.locator(".reanchoring.current ins")).to_contain_text(["ten", "three"])
    # Next, previous, accept.
    page.keyboard.press("j")
    expect(page.locator(".reanchoring.current")).to_contain_text("The mayor was patient.")
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(page.locator(".reanchoring.current")).to_contain_text("The mayor was patient.")
    expect(page.get_by_role("status")).to_contain_text("Moved to “ten voices to three”")
    expect(cards).to_have_count(2)
    # By hand: the arrow keys select in the text, and Enter submits.
    page.keyboard.press("h")
    # Wait for the script that handles the keys.
    page.wait_for_url("**/reanchorings/*/")
    expect(page.get_by_role("heading", name="A bridge by keys")).to_be_visible()
    page.locator("#text").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#selected-passages")).to_have_text(
        "Patience was what the mayor had asked for."
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Moved to “Patience was")
    # Reject and reopen the last one.
    page.keyboard.press("r")
    expect(page.get_by_text("Nothing to review")).to_be_visible()
    page.get_by_role("button", name="Reopen").first.click()
    expect(cards).to_have_count(1)
    assert get_quotes(pressmark, ids["new"]) == {
        "The council met",
        "ten voices to three",
        "Patience was what the mayor had asked for.",
    }


def test_candidate_is_chosen_with_number_key(
    open_as: Any, update_article: Any, pressmark: Any
) -> None:
    line = OLD.split("\n")[1]
    ids = update_article("A bridge twice", OLD.replace(line, f"{line}\n{line}"))
    page: Page = open_as("annotator-2", "/reanchorings/")
    card = page.locator(".reanchoring.current")
    expect(card.get_by_role("radio")).to_have_count(2)
    chosen = card.get_by_role("radio").nth(1).input_value()
    page.keyboard.press("2")
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text("Moved to")
    claims = pressmark.client("annotator-2").get("/claims/", params={"version": ids["new"]}).json()
    spans = [f"{c['spans'][0]['start']}-{c['spans'][0]['end']}" for c in claims["results"]]
    assert chosen in spans


def test_passage_is_selected_with_mouse(open_as: Any, update_article: Any, pressmark: Any) -> None:
    ids = update_article("A bridge by mouse")
    page: Page = open_as("annotator-2", "/reanchorings/")
    page.get_by_role("link", name="Select by hand").last.click()
    block = page.get_by_text("A second reading is planned for June.")
    block.click(click_count=3)
    expect(page.locator("#selected-passages")).to_contain_text("A second reading")
    page.get_by_role("button", name="Move annotation").click()
    expect(page.get_by_role("status")).to_contain_text("Moved to “A second reading is planned")
    assert "A second reading is planned for June." in get_quotes(pressmark, ids["new"])


def test_selection_made_before_script_loads_counts(open_as: Any, update_article: Any) -> None:
    update_article("A bridge on a slow line")
    page: Page = open_as("annotator-2", "/reanchorings/")
    held: list[Any] = []
    page.route("**/reanchoring/reanchoring_detail*.js", lambda route: held.append(route))
    page.get_by_role("link", name="Select by hand").last.click()
    page.get_by_text("A second reading is planned for June.").click(click_count=3)
    assert held
    held[0].continue_()
    expect(page.locator("#selected-passages")).to_contain_text("A second reading")


def test_match_percentage_is_left_to_right_beside_arabic(
    open_as: Any, add_article: Any, pressmark: Any
) -> None:
    text = "قالت الوزارة إن السد الكبير اكتمل في شهر آذار."
    ids = add_article(text, "سد", "ar")
    claim = {"project": "demo", "version": ids["version"], "spans": [{"exact": text}]}
    author = pressmark.client("annotator-2")
    author.post("/claims/", json={**claim, "text": "اكتمل السد."}).raise_for_status()
    corrected = {"article": ids["article"], "text": text.replace("آذار", "نيسان")}
    pressmark.client("editor").post("/versions/", json=corrected).raise_for_status()
    pressmark.manage("reanchor", "--article", ids["article"])
    page: Page = open_as("annotator-2", "/reanchorings/")
    score = page.locator(".reanchoring.current .score").first
    expect(score).to_have_text(re.compile(r"^\d\d% match$"))
    first, last = score.evaluate(_GET_EDGES)
    assert first < last


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("language", "before", "after", "quote"),
    [
        (
            "en",
            "The clerk said the bridge is safe.",
            "The clerk denied the bridge is safe.",
            "safe",
        ),
        ("ar", "قال الوزير إن السد آمن اليوم.", "نفى الوزير إن السد آمن اليوم.", "السد آمن"),
    ],
)
def test_changed_context_is_shown_and_confirmed_with_keyboard(
    open_as: Any, add_article: Any, pressmark: Any,
    scheme: str, language: str, before: str, after: str, quote: str,
) -> None:  # fmt: skip
    ids = add_article(before, f"Bridge {language} {scheme}", language)
    note = {"project": "demo", "version": ids["version"], "spans": [{"exact": quote}]}
    author = pressmark.client("annotator-2")
    author.post("/notes/", json={**note, "body": "Is it?"}).raise_for_status()
    corrected = {"article": ids["article"], "text": after}
    pressmark.client("editor").post("/versions/", json=corrected).raise_for_status()
    pressmark.manage("reanchor", "--article", ids["article"])
    for width in (320, 1280):
        page: Page = open_as(
            "annotator-2",
            "/reanchorings/",
            color_scheme=scheme,
            viewport={"width": width, "height": 800},
        )
        card = page.locator(".reanchoring.current")
        expect(card).to_contain_text("Context changed")
        expect(card.locator("del")).to_contain_text(before.split()[0 if language == "ar" else 2])
        assert find_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("a")
    expect(page.get_by_text("Nothing to review")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_review_pages_are_accessible_and_fit_narrow_screen(
    open_as: Any, update_article: Any, scheme: str
) -> None:
    ids = update_article(f"A bridge in {scheme}")
    for width in (1280, 320):
        page: Page = open_as(
            "annotator-2",
            "/reanchorings/",
            color_scheme=scheme,
            viewport={"width": width, "height": 800},
        )
        for url in (
            "/reanchorings/",
            page.get_by_role("link", name="Select by hand").first.get_attribute("href"),
            f"/versions/{ids['new']}/comparison/",
            f"/articles/{ids['article']}/",
        ):
            page.goto(str(url))
            assert find_violations(page) == [], url
            assert page.evaluate("document.documentElement.scrollWidth") <= width, url
