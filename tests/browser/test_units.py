"""Unit tests of the scripts (`units/*.js`), run in the browser."""

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
# Scripts that the workspace does not load.
OTHER_PAGES = {
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
    if path.name not in OTHER_PAGES
]


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_unit_in_browser(open_as: Any, file: str, name: str) -> None:
    page = open_as(None, "/sign-in/")
    # Served by the site, so that its Content-Security-Policy applies.
    page.route("**/static/units/*.js", _fulfill)
    run = "([file, name]) => import(`/static/units/${file}`).then((tests) => tests[name]())"
    page.evaluate(run, [file, name])


def _fulfill(route: Route) -> None:
    route.fulfill(path=UNITS / Path(route.request.url).name)


def test_workspace_scripts_stay_within_byte_budget() -> None:
    # 60,000 bytes, 500 for gettext, and 1,000 for keyboard layouts and pages kept in memory.
    assert sum(path.stat().st_size for path in SCRIPTS) < 61_500
