"""A served Pressmark, and a real Chromium to use it with."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is here drives a browser."""
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@dataclass
class Pressmark:
    """One served installation with the demo's accounts, and data of its own."""

    url: str
    env: dict[str, str]
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        """Run a management command and give what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def client(self, user: str) -> httpx.Client:
        """Give an API client with a token of the user's."""
        if user not in self.clients:
            token = self.manage("create_token", user).strip()
            self.clients[user] = httpx.Client(
                base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"}
            )
        return self.clients[user]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def pressmark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressmark]:
    """Set an installation up as `make run` does, and serve it."""
    data = tmp_path_factory.mktemp("pressmark")
    env = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    env |= {"PRESSMARK_DATA": str(data), "PRESSMARK_DEMO": "1"}
    port = _free_port()
    served = Pressmark(f"http://127.0.0.1:{port}", env)
    served.manage("migrate", "--verbosity", "0")
    served.manage("load_demo")
    served.manage("collectstatic", "--no-input", "--verbosity", "0")
    gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--no-control-socket"]
    server = subprocess.Popen(
        [*gunicorn, "--bind", f"127.0.0.1:{port}", "--threads", "8", "--log-level", "warning"],
        cwd=ROOT,
        env=env,
    )
    try:
        _wait_for(served.url)
        yield served
    finally:
        for client in served.clients.values():
            client.close()
        server.terminate()
        server.wait(10)


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            httpx.get(f"{url}/sign-in/", timeout=2)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"Nothing answers at {url}.")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of the browser."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium that asks nobody outside for anything."""
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
    """Open a page as somebody; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_page(user: str | None = None, path: str = "/", **options: Any) -> Page:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(**options, base_url=pressmark.url)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: _note(complaints, said))
        if user:
            page.goto("/sign-in/")
            page.get_by_role("button", name=user).click()
            page.wait_for_url("**/")
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def _note(complaints: list[str], said: Any) -> None:
    # An answer with an error status is reported so too; tests look at those themselves.
    if said.type == "error" and "Failed to load resource" not in said.text:
        complaints.append(said.text)


@pytest.fixture
def bring_in(pressmark: Pressmark) -> Callable[..., dict[str, str]]:
    """Bring a text in, and give the ids of its article and version."""

    def post(text: str, title: str = "An article", language: str = "en") -> dict[str, str]:
        body = {"title": title, "text": text, "language": language}
        article = pressmark.client("editor").post("/articles/", json=body).raise_for_status().json()
        return {"article": article["id"], "version": article["current_version"]["id"]}

    return post


# Where the words stand on the page: a box for each end, found without changing anything.
_ENDS = """([words, nth]) => {
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
    """Select words with the mouse, as a hand does."""

    def drag(page: Page, words: str, *, nth: int = 0, exact: bool = False) -> None:
        ends = page.evaluate(_ENDS, [words, nth])
        assert ends, f"“{words}” is not on the page"
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
