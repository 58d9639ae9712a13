from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import find_violations


def create_token(page: Any, name: str) -> str:
    page.goto("/tokens/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Annotate, and add entities and sources").check()
    page.get_by_role("button", name="Create token").click()
    return str(page.locator("#key").text_content())


def test_create_copy_use_and_revoke_token(open_as: Any, pressmark: Any) -> None:
    page = open_as("annotator-2", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Tokens").click()
    key = create_token(page, "weekly export")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == key

    def ask(method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.request(method, f"{pressmark.url}/api/v1{path}", json=body, headers=headers)

    assert ask("POST", "/sources/", {"url": "https://a.example/", "title": "A"}).status_code == 201
    lacking = ask("POST", "/articles/", {})
    assert (lacking.status_code, lacking.json()["scope"]) == (403, "manage")

    page.get_by_role("link", name="Done").click()
    row = page.get_by_role("listitem").filter(has_text="weekly export")
    expect(row).to_contain_text("Last used on")
    assert key not in page.content()
    # Neither going back nor reloading shows it again.
    page.go_back()
    assert key not in page.content()
    page.goto("/tokens/")
    page.get_by_role("link", name="Revoke weekly export").click()
    page.get_by_role("link", name="Cancel").click()
    expect(row).to_be_visible()
    page.get_by_role("link", name="Revoke weekly export").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_have_text("Revoked “weekly export”.")
    expect(row).to_have_count(0)
    assert ask("GET", "/sources/").status_code == 401


def test_copy_without_clipboard_selects_the_key(open_as: Any) -> None:
    page = open_as("annotator-2")
    page.add_init_script("delete Navigator.prototype.clipboard")
    key = create_token(page, "without a clipboard")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_contain_text("copy it manually")
    assert page.evaluate("getSelection().toString()") == key


def test_date_field_is_shown_for_custom_date(open_as: Any) -> None:
    page = open_as("annotator-2", "/tokens/")
    day = page.get_by_label("Expires on", exact=True)
    expect(day).to_be_hidden()
    page.get_by_label("Expires", exact=True).select_option("Custom date")
    expect(day).to_be_visible()
    page.get_by_label("Name", exact=True).fill("for a while")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator(".has-error")).to_contain_text("Choose a date.")
    day.fill("2090-01-01")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator(".meta")).to_contain_text("Expires on 1 January 2090, 00:00 UTC")


LONG = "Wochenendausgabenaktualisierungsdienstprogramm " * 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_token_pages_are_accessible_and_fit(
    open_as: Any, tmp_path: Any, scheme: str, width: int
) -> None:
    page = open_as("annotator-3", color_scheme=scheme, viewport={"width": width, "height": 800})

    def fits(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert find_violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    page.goto("/tokens/")
    fits("empty or not")
    page.get_by_role("button", name="Create token").click()
    fits("wrong")
    create_token(page, f"{LONG}{scheme} {width}"[-100:])
    page.get_by_role("button", name="Copy").click()
    fits("made")
    page.get_by_role("link", name="Done").click()
    fits("list")
    page.get_by_role("link", name="Revoke").first.click()
    fits("revoke")
