"""Add and manage a feed in a browser."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.articles.site.markup import render_structured
from tests.articles.site.server import serve_site
from tests.articles.site.stories import STORIES
from tests.browser.test_pages import find_violations

STORY = STORIES[0]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 320)])
def test_feed_pages_are_accessible_and_fit_narrow_screens(
    open_as: Any, pressmark: Any, tmp_path: Any, scheme: str, width: int
) -> None:
    page = open_as("annotator-3", color_scheme=scheme, viewport={"width": width, "height": 800})

    def fits(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert find_violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    with serve_site() as (site, listener), pressmark.working():
        page.goto("/articles/new/")
        page.get_by_role("link", name="Feeds").click()
        fits("empty or not")
        page.get_by_label("URL", exact=True).fill(f"{listener.url}/front")
        page.get_by_role("button", name="Add feed").click()
        fits("offers")
        # Enter submits the URL, not the first offered feed.
        page.get_by_label("URL", exact=True).press("Enter")
        expect(page.get_by_text("This is a page, not a feed")).to_be_visible()
        page.get_by_role("button", name="News RSS").click()
        expect(page.get_by_role("status")).to_contain_text("Feed added")
        came = page.locator("[href^='/articles/']").filter(has_text=STORY.title)
        for _ in range(60):
            if came.count():
                break
            page.wait_for_timeout(500)
            page.reload()
        page.get_by_text("Settings", exact=True).click()
        fits("feed")
        came.click()
        site.put(
            f"/structured/{STORY.slug}", render_structured(STORY).replace("40 m", f"{width} m")
        )
        page.get_by_role("button", name="Fetch again").click()
        expect(page.get_by_role("status").first).to_contain_text("Version 2 was saved")
        fits("fetched again")
        page.get_by_role("link", name="Show changes").click()
        expect(page.locator("ins").filter(has_text=str(width)).first).to_be_visible()

        page.goto("/feeds/")
        fits("list")
        page.get_by_role("link", name="Harbour news").first.click()
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_text("Paused", exact=True)).to_be_visible()
        fits("paused")
        page.get_by_role("link", name="Delete").click()
        fits("delete")
        page.get_by_role("button", name="Delete feed").click()
        expect(page.get_by_role("link", name="Harbour news")).to_have_count(0)
