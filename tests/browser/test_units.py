"""The scripts' own unit tests (`units/*.js`), run in the browser that will run the scripts."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route

ROOT = Path(__file__).resolve().parents[2]
UNITS = Path(__file__).parent / "units"
TESTS = [
    (path.name, name)
    for path in sorted(UNITS.glob("test_*.js"))
    for name in re.findall(r"^export function (\w+)", path.read_text(encoding="utf-8"), re.M)
]
# Of the workspace: what other pages alone load is no part of it.
ELSEWHERE = {
    "unsent.js",
    "tokens.js",
    "search.js",
    "reanchoring_detail.js",
    "reanchoring_list.js",
    "imports.js",
}
SCRIPTS = [
    path
    for folder in ("annotate", "articles", "config")
    for path in (ROOT / folder).glob("**/static/**/*.js")
    if path.name not in ELSEWHERE
]


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_in_the_browser(open_as: Any, file: str, name: str) -> None:
    page = open_as(None, "/sign-in/")
    # Beside the page's own scripts, so that its Content-Security-Policy holds for them too.
    page.route("**/static/units/*.js", _give)
    run = "([file, name]) => import(`/static/units/${file}`).then((tests) => tests[name]())"
    page.evaluate(run, [file, name])


def _give(route: Route) -> None:
    route.fulfill(path=UNITS / Path(route.request.url).name)


def test_the_scripts_stay_small() -> None:
    assert sum(path.stat().st_size for path in SCRIPTS) < 60_000
