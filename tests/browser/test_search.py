from typing import Any

from playwright.sync_api import expect

TEXT = (
    "The harbour was quiet.\n"
    + "Nothing of note.\n" * 120
    + "A kittiwake nested at the lighthouse."
)


def test_slash_key_focuses_the_search_field(open_as: Any, add_article: Any) -> None:
    ids = add_article("A pelican came.", "Birds of the harbour")
    page = open_as("annotator-1", f"/articles/{ids['article']}/")
    page.keyboard.press("/")
    expect(page.get_by_label("Search everything")).to_be_focused()
    page.keyboard.type("pelicans")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=pelicans")
    expect(page.get_by_role("heading", name="Birds of the harbour")).to_be_visible()
    expect(page.locator(".in-context mark")).to_have_text("pelican")
    # In a text field, the key types a slash.
    page.get_by_label("Search everything").fill("a")
    page.keyboard.press("/")
    expect(page.get_by_label("Search everything")).to_have_value("a/")


def test_result_link_scrolls_to_the_match(open_as: Any, add_article: Any) -> None:
    add_article(TEXT, "A quiet harbour")
    page = open_as("annotator-1", "/search/?q=kittiwakes")
    page.get_by_role("link", name="A quiet harbour").click()
    expect(page.get_by_text("A kittiwake nested")).to_be_in_viewport()


def test_annotation_result_opens_in_the_workspace(
    open_as: Any, add_article: Any, pressmark: Any
) -> None:
    ids = add_article(TEXT, "A quiet harbour")
    body = {
        "project": "demo",
        "version": ids["version"],
        "spans": [{"exact": "A kittiwake nested"}],
        "text": "A gull breeds at the lighthouse.",
    }
    pressmark.client("annotator-1").post("/claims/", json=body).raise_for_status()
    page = open_as("annotator-1", "/search/?q=gulls+breeding&in=claims")
    page.get_by_role("link", name="A gull breeds").click()
    expect(page.get_by_text("A kittiwake nested at")).to_be_in_viewport()
