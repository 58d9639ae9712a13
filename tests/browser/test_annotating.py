"""Annotating with mouse and keyboard in the browser, checked through the API."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

TEXT = (
    "The harbour board signed the contract in May, after a year of talks.\n"
    "Author\n- Harbour desk\nReporters, The Test Gazette\n"
    "The board said that dredging cost 4.2 million, twice what was planned.\n"
    "What the board paid\n"
    "Nobody has published the invoices , the auditors wrote in June.\n"
    "Who dredged\n"
    "A firm from Rotterdam did the work. A firm from Gdynia checked it.\n"
    "What comes next\n"
    "The council votes in September.\n"
    "The Harbour desk has disclosed no relevant affiliations."
)
SEED = Path(__file__).resolve().parents[3] / "shared" / "data" / "seed-article.txt"


@pytest.fixture
def ids(add_article: Any) -> Any:
    return add_article(TEXT, "The price of dredging")


@pytest.fixture
def annotations(pressmark: Any, ids: Any) -> Any:
    """Return the annotations of the article from the API."""
    client = pressmark.client("annotator-1")

    def read(article: str = ids["article"], **filters: str) -> list[dict[str, Any]]:
        answer = client.get("/annotations/", params={"article": article, **filters})
        found: list[dict[str, Any]] = answer.raise_for_status().json()["results"]
        return found

    return read


def expect_status(page: Any, message: str) -> None:
    expect(page.locator("#status")).to_contain_text(message)
    expect(page.locator("#editor form")).to_have_count(0)


def test_article_shows_byline_headings_and_disclosure(open_as: Any, ids: Any) -> None:
    page = open_as(None, f"/articles/{ids['article']}/")
    expect(page.locator("#text h2")).to_have_text(
        ["What the board paid", "Who dredged", "What comes next"]
    )
    expect(page.locator(".credits")).to_contain_text("Harbour desk")
    expect(page.locator(".credits")).to_contain_text("Reporters, The Test Gazette")
    expect(page.locator(".block.disclosure")).to_have_count(1)
    expect(page.locator("#text")).to_contain_text("invoices , the auditors")


def test_each_kind_is_created_with_selection_and_key(
    open_as: Any, ids: Any, annotations: Any, select: Any
) -> None:
    page = open_as("annotator-1", f"/articles/{ids['article']}/")

    select(page, "dredging cost 4.2 million")
    page.keyboard.press("c")
    # The sentence is proposed as the text of the claim.
    sentence = "The board said that dredging cost 4.2 million, twice what was planned."
    expect(page.get_by_label("Claim text")).to_have_value(sentence)
    page.get_by_label("Claim text").fill("Dredging the harbour cost 4.2 million.")
    page.locator("#annotation-form").get_by_label("Type").select_option("statistic")
    page.get_by_label("Claimant").fill("The harbour board")
    page.keyboard.press("Control+Enter")
    expect_status(page, "Claim created.")

    select(page, "Rotterdam")
    page.keyboard.press("e")
    page.get_by_label("Country, city or state").check()
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Entity tag created.")

    select(page, "published the invoices")
    page.keyboard.press("s")
    page.get_by_label("Refutes").check()
    page.get_by_label("Source", exact=True).fill("https://audit.example/2025/invoices")
    page.get_by_label("Evidence").fill("The invoices are annexed.")
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Source link created.")

    select(page, "council votes")
    page.locator("#toolbar").get_by_role("button", name="Note").click()
    page.get_by_label("Note", exact=True).last.fill("Which council?")
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Note created.")

    claim, tag, source, note = annotations()
    assert [s["exact"] for s in claim["spans"]] == ["dredging cost 4.2 million"]
    assert claim["text"] == "Dredging the harbour cost 4.2 million."
    assert (claim["claim_type"], claim["claimant"]) == ("statistic", "The harbour board")
    assert (tag["type"], tag["spans"][0]["exact"]) == ("GPE", "Rotterdam")
    assert (source["stance"], source["spans"][0]["exact"]) == ("refutes", "published the invoices")
    assert source["evidence"] == "The invoices are annexed."
    assert (note["body"], note["spans"][0]["exact"]) == ("Which council?", "council votes")
    # They stand in text order beside the text, and each is painted in it.
    kinds = page.locator("#annotations > li").evaluate_all("all => all.map(a => a.dataset.kind)")
    assert kinds == ["claim", "source_link", "entity_tag", "note"]
    painted = "name => [...CSS.highlights.get(name)].map(String)"
    assert page.evaluate(painted, "claim") == ["dredging cost 4.2 million"]
    assert page.evaluate(painted, "entity-tag") == ["Rotterdam"]


@pytest.mark.parametrize(
    ("language", "before", "quote", "after"),
    [
        ("en", "🚢🚢 Ships 👩‍👩‍👧 — the ", "𝒜nchor 🏴‍☠️", " came first."),
        ("en", "Cafe\u0301s of q\u0323\u0307ueens: the ", "cafe\u0301 owner", " said so."),
        ("ar", "قالت الوزارة إن ", "سدّ النهضة", " اكتمل بناؤه."),
        ("zh", "据报道，", "世界卫生组织", "周一发布了报告。𠮷野家没有回应。"),
        ("ja", "𠮷野家は", "新しい店", "を開いた。"),
    ],
)
def test_selections_count_code_points(
    open_as: Any, add_article: Any, annotations: Any, select: Any,
    language: str, before: str, quote: str, after: str,
) -> None:  # fmt: skip
    text = unicodedata.normalize("NFC", f"Something stands first 🎉.\n{before}{quote}{after}")
    quote = unicodedata.normalize("NFC", quote)
    ids = add_article(text, "In many scripts", language)
    page = open_as("annotator-2", f"/articles/{ids['article']}/")
    select(page, quote, exact=True)
    page.keyboard.press("c")
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Claim created.")
    (claim,) = annotations(ids["article"])
    (span,) = claim["spans"]
    assert span["exact"] == quote
    assert (span["start"], span["end"]) == (text.index(quote), text.index(quote) + len(quote))


def test_partial_word_selection_expands_to_whole_word(
    open_as: Any, ids: Any, annotations: Any, select: Any
) -> None:
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    select(page, "edging cost 4.2 mill")
    page.keyboard.press("n")
    page.get_by_label("Note", exact=True).last.fill("whole words")
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Note created.")
    assert annotations()[0]["spans"][0]["exact"] == "dredging cost 4.2 million"


def test_second_passage_creates_discontinuous_annotation(
    open_as: Any, ids: Any, annotations: Any, select: Any
) -> None:
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    select(page, "Rotterdam")
    page.keyboard.press("c")
    page.get_by_label("Claim text").fill("Firms of two ports took part.")
    select(page, "Gdynia")
    page.keyboard.press("+")
    expect(page.locator(".passages li")).to_have_count(2)
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Claim created.")
    assert [s["exact"] for s in annotations()[0]["spans"]] == ["Rotterdam", "Gdynia"]


def test_claim_is_edited_sourced_retracted_and_restored(
    open_as: Any, ids: Any, annotations: Any, select: Any
) -> None:
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    select(page, "dredging cost 4.2 million")
    page.keyboard.press("c")
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Claim created.")

    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Verdict").select_option("mixed")
    page.get_by_label("Rationale").fill("The audit gives 4.1.")
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Saved.")
    expect(page.locator("#annotations .verdict")).to_have_text("Mixed")

    page.get_by_role("button", name="Add source").click()
    page.get_by_label("Supports").check()
    page.get_by_label("Source", exact=True).fill("https://audit.example/2025")
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Source link created.")
    claim, source = annotations()
    assert (claim["revision"], claim["verdict"]) == (2, "mixed")
    assert (source["claim"], source["spans"]) == (claim["id"], [])

    page.locator(f"#a-{claim['id']} .card-open").click()
    page.locator(f"#a-{claim['id']}").get_by_role("button", name="Retract").click()
    expect(page.locator("#status")).to_contain_text("Retracted.")
    expect(page.locator(f"#a-{claim['id']}")).to_be_hidden()
    assert [a["kind"] for a in annotations()] == ["source_link"]
    page.locator("#status").get_by_role("button", name="Undo").click()
    expect(page.locator(f"#a-{claim['id']}")).to_be_visible()
    assert annotations()[0]["revision"] == 4


def test_edit_conflict_keeps_both_texts(
    open_as: Any, ids: Any, annotations: Any, select: Any
) -> None:
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    select(page, "dredging cost 4.2 million")
    page.keyboard.press("c")
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Claim created.")
    claim = annotations()[0]
    other = open_as("editor", f"/annotations/{claim['id']}/")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Claim text").fill("The words of the annotator")
    other.get_by_role("button", name="Edit").click()
    other.get_by_label("Claim text").fill("The words of the editor")
    other.get_by_role("button", name="Save").click()
    expect_status(other, "Saved.")

    page.get_by_role("button", name="Save").click()
    expect(page.locator("#conflict")).to_contain_text("The words of the editor")
    expect(page.get_by_label("Claim text")).to_have_value("The words of the annotator")
    assert annotations()[0]["text"] == "The words of the editor"
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Saved.")
    assert annotations()[0]["text"] == "The words of the annotator"


def test_hostile_url_is_rejected_and_input_kept(
    open_as: Any, ids: Any, annotations: Any, select: Any
) -> None:
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    select(page, "Rotterdam")
    page.keyboard.press("s")
    page.get_by_label("Supports").check()
    page.get_by_label("Source", exact=True).fill("javascript:alert(1)")
    page.get_by_label("Evidence").fill("Words that took long to type")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".has-error")).to_contain_text("Enter an http or https URL.")
    expect(page.get_by_label("Evidence")).to_have_value("Words that took long to type")
    assert annotations() == []


def test_expired_session_keeps_input(open_as: Any, ids: Any, annotations: Any, select: Any) -> None:
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    select(page, "Rotterdam")
    page.keyboard.press("n")
    page.get_by_label("Note", exact=True).last.fill("Typed before the session ended")
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#connection")).to_contain_text("You were signed out")
    expect(page.locator("#pending li")).to_contain_text("Typed before the session ended")
    page.context.add_cookies(cookies)
    page.locator("#pending").get_by_role("button", name="Send now").click()
    expect_status(page, "Note created.")
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("#pending li")).to_have_count(0)
    assert [a["body"] for a in annotations()] == ["Typed before the session ended"]


def test_click_on_overlapping_annotations_offers_all(
    open_as: Any, ids: Any, pressmark: Any
) -> None:
    client = pressmark.client("annotator-2")
    common = {"project": "demo", "version": ids["version"]}
    for quote in ("A firm from Rotterdam did the work", "Rotterdam"):
        body = {**common, "spans": [{"exact": quote}], "text": quote}
        client.post("/claims/", json=body).raise_for_status()
    page = open_as(None, f"/articles/{ids['article']}/")
    place = page.evaluate(
        """() => { const r = [...CSS.highlights.get("claim")].find(r => String(r) === "Rotterdam")
             .getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] }"""
    )
    # What two claims share is painted once more.
    assert page.evaluate("[...CSS.highlights.get('claim-over')].map(String)") == ["Rotterdam"]
    page.mouse.click(*place)
    expect(page.locator("#chooser button")).to_have_count(2)
    page.locator("#chooser button").first.click()
    expect(page.locator(".card.selected .passage")).to_have_text("Rotterdam")


def test_highlights_do_not_change_text_dom(open_as: Any, ids: Any, pressmark: Any) -> None:
    body = {
        "project": "demo",
        "version": ids["version"],
        "spans": [{"exact": "The council votes in September."}],
        "text": "A vote is due.",
    }
    pressmark.client("annotator-2").post("/claims/", json=body).raise_for_status()
    page = open_as(None, f"/articles/{ids['article']}/")
    assert page.evaluate("[...CSS.highlights.get('claim')].length") == 1
    assert page.locator("#text .block").last.evaluate("block => block.childNodes.length") == 1
    assert page.locator("#text .block *").count() == 0


def test_anonymous_user_is_asked_to_sign_in(open_as: Any, ids: Any) -> None:
    page = open_as(None, f"/articles/{ids['article']}/")
    expect(page.locator("#nothing")).to_contain_text("Sign in to annotate.")
    page.locator("#nothing").get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="annotator-3").click()
    expect(page).to_have_url(
        f"**/articles/{ids['article']}/".replace("**", page.url.split("/articles")[0])
    )
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_seed_article_is_parsed_into_blocks(
    open_as: Any, pressmark: Any, annotations: Any, select: Any, tmp_path: Path
) -> None:
    # The article from outside where it is there, ours of the same shape where it is not.
    file = SEED if SEED.exists() else tmp_path / "article.txt"
    quote = "guided-missile destroyers" if SEED.exists() else "dredging cost"
    if not SEED.exists():
        file.write_text(TEXT, encoding="utf-8")
    title = "An order to the navy"
    ids = json.loads(pressmark.manage("import_article", str(file), "--title", title))
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    expect(page.locator("#text h2")).to_have_count(3)
    expect(page.locator(".block.byline")).to_have_count(1)
    select(page, quote)
    page.keyboard.press("c")
    page.get_by_role("button", name="Save").click()
    expect_status(page, "Claim created.")
    assert annotations(ids["article"])[0]["spans"][0]["exact"] == quote
