"""Making, copying and revoking a token, as a person does it."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import violations


def make(page: Any, name: str) -> str:
    page.goto("/tokens/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Annotate; add entities and sources").check()
    page.get_by_role("button", name="Make the token").click()
    return str(page.locator("#key").text_content())


def test_a_token_is_made_copied_used_and_revoked(open_as: Any, pressmark: Any) -> None:
    page = open_as("annotator-2", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Tokens").click()
    key = make(page, "weekly export")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == key

    def ask(method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.request(method, f"{pressmark.url}/api/v1{path}", json=body, headers=headers)

    assert ask("POST", "/sources/", {"url": "https://a.example/", "title": "A"}).status_code == 201
    lacking = ask("POST", "/articles/", {})
    assert (lacking.status_code, lacking.json()["scope"]) == (403, "manage")

    page.get_by_role("link", name="I have it").click()
    row = page.get_by_role("listitem").filter(has_text="weekly export")
    expect(row).to_contain_text("Last used on")
    assert key not in page.content()
    # Neither the way back nor a reload shows it again.
    page.go_back()
    assert key not in page.content()
    page.goto("/tokens/")
    page.get_by_role("link", name="Revoke weekly export").click()
    page.get_by_role("link", name="Keep it").click()
    expect(row).to_be_visible()
    page.get_by_role("link", name="Revoke weekly export").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_role("status")).to_have_text("“weekly export” is revoked.")
    expect(row).to_have_count(0)
    assert ask("GET", "/sources/").status_code == 401


def test_where_the_clipboard_is_closed_the_key_is_selected(open_as: Any) -> None:
    page = open_as("annotator-2")
    page.add_init_script("delete Navigator.prototype.clipboard")
    key = make(page, "without a clipboard")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_contain_text("copy it yourself")
    assert page.evaluate("getSelection().toString()") == key


def test_the_day_is_asked_for_where_it_is_wanted(open_as: Any) -> None:
    page = open_as("annotator-2", "/tokens/")
    day = page.get_by_label("Until", exact=True)
    expect(day).to_be_hidden()
    page.get_by_label("How long it holds").select_option("Until a day of your choice")
    expect(day).to_be_visible()
    page.get_by_label("Name").fill("for a while")
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator(".has-error")).to_contain_text("Choose the day.")
    day.fill("2090-01-01")
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator(".meta")).to_contain_text("Expires on 1 January 2090, 00:00 UTC")


LONG = "Wochenendausgabenaktualisierungsdienstprogramm " * 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_every_state_of_the_pages(open_as: Any, tmp_path: Any, scheme: str, width: int) -> None:
    page = open_as("annotator-3", color_scheme=scheme, viewport={"width": width, "height": 800})

    def fits(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    page.goto("/tokens/")
    fits("empty or not")
    page.get_by_role("button", name="Make the token").click()
    fits("wrong")
    make(page, f"{LONG}{scheme} {width}"[-100:])
    page.get_by_role("button", name="Copy").click()
    fits("made")
    page.get_by_role("link", name="I have it").click()
    fits("list")
    page.get_by_role("link", name="Revoke").first.click()
    fits("revoke")
