"""A served Pressmark and a Chromium to use it with."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.serving import Pressmark, serve

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def pressmark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressmark]:
    """One served Pressmark for all tests; each test adds its own articles."""
    # Tests serve sites on this machine.
    outside = {"PRESSMARK_ALLOWED_PRIVATE_HOSTS": "127.0.0.0/8", "PRESSMARK_CRAWL_DELAY": "0"}
    with serve(tmp_path_factory.mktemp("pressmark"), **outside) as served:
        yield served


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium without background requests."""
    chromium = playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    )
    yield chromium
    chromium.close()


@pytest.fixture
def open_as(browser: Browser, pressmark: Pressmark) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page as a user. Browser errors fail the test."""
    errors: list[str] = []
    contexts = []

    def open_page(user: str | None = None, path: str = "/", **options: Any) -> Page:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(**options, base_url=pressmark.url)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: _record_error(errors, message))
        # No request leaves the host.
        page.on("request", lambda request: _check_host(errors, request.url, pressmark.url))
        if user:
            page.goto("/sign-in/")
            page.get_by_role("button", name=user).click()
            page.wait_for_url("**/")
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


def _check_host(errors: list[str], url: str, home: str) -> None:
    if not url.startswith((f"{home}/", "data:", "blob:")):
        errors.append(f"{url} was requested.")


def _record_error(errors: list[str], message: Any) -> None:
    # Error statuses are reported so too. Tests check those themselves.
    if message.type == "error" and "Failed to load resource" not in message.text:
        errors.append(message.text)


@pytest.fixture
def add_article(pressmark: Pressmark) -> Callable[..., dict[str, str]]:
    """Return a function that adds an article and returns the ids of it and its version."""

    def post(text: str, title: str = "An article", language: str = "en") -> dict[str, str]:
        body = {"title": title, "text": text, "language": language}
        article = pressmark.client("editor").post("/articles/", json=body).raise_for_status().json()
        return {"article": article["id"], "version": article["current_version"]["id"]}

    return post


# Find the window coordinates of both ends of a text without changing the page.
_GET_ENDS = """([words, nth]) => {
    const root = document.getElementById("text");
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
        for (let at = node.data.indexOf(words); at >= 0; at = node.data.indexOf(words, at + 1)) {
            if (nth-- > 0) continue;
            node.parentElement.scrollIntoView({ block: "center", behavior: "instant" });
            const range = document.createRange();
            const caret = (offset) => {
                range.setStart(node, offset);
                range.setEnd(node, offset);
                const { x, y, height } = range.getBoundingClientRect();
                return { x, y: y + height / 2 };
            };
            return [caret(at), caret(at + words.length)];
        }
    }
    return null;
}"""


@pytest.fixture
def select() -> Callable[..., None]:
    """Return a function that selects text with the mouse."""

    def drag(page: Page, text: str, *, nth: int = 0, exact: bool = False) -> None:
        ends = page.evaluate(_GET_ENDS, [text, nth])
        assert ends, f"“{text}” is not on the page"
        start, end = ends
        if exact:
            page.keyboard.down("Alt")
        page.mouse.move(start["x"], start["y"])
        page.mouse.down()
        page.mouse.move((start["x"] + end["x"]) / 2, (start["y"] + end["y"]) / 2)
        page.mouse.move(end["x"], end["y"])
        page.mouse.up()
        if exact:
            page.keyboard.up("Alt")
        page.locator("#toolbar").wait_for(state="visible")

    return drag
