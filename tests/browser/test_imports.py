"""Import articles in a browser."""

import csv
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import find_violations
from tests.serving import Pressmark


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table with its own column names and an invalid date."""
    path = tmp_path / "gazette.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["head", "story", "date"])
        for n in range(8):
            text = f"{tmp_path.name}: {n} ships came in May. See https://port.example/{n} for more."
            writer.writerow([f"Ships {n}", text, "2025-03-02" if n else "yesterday"])
    return path


def upload(page: Any, path: Path) -> None:
    page.goto("/imports/new/")
    page.get_by_label("Files").set_input_files(path)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name=path.name)).to_be_visible()


def test_table_is_previewed_mapped_validated_and_imported(
    open_as: Any, table: Path, pressmark: Pressmark
) -> None:
    page = open_as("annotator-2")
    page.get_by_role("link", name="Add article").click()
    page.get_by_role("link", name="Import articles", exact=True).first.click()
    upload(page, table)
    expect(page.get_by_text("Nothing to import yet")).to_be_visible()
    page.get_by_label("Title").select_option("head")
    page.get_by_label("Text", exact=True).select_option("story")
    page.get_by_label("Outlet").last.fill("The Harbour Post")
    page.get_by_role("button", name="Refresh preview").click()
    expect(page.get_by_role("heading", name="Ships 1", exact=True)).to_be_visible()
    expect(page.get_by_text("Give a date such as")).to_be_visible()
    with pressmark.working():
        page.get_by_role("button", name="Validate all").click()
        # The page refreshes itself.
        expect(page.get_by_text("Will be imported")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("Validated")).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=60_000)
    expect(page.locator(".import-progress")).to_contain_text("Imported7")
    page.get_by_role("link", name="View articles").click()
    expect(page.get_by_role("link", name="Ships 7", exact=True)).to_be_visible()


def test_folder_is_uploaded(open_as: Any, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.txt").write_text("Ships come first\nThen comes the sand.")
    (tmp_path / "deep" / "a.txt").write_text("Sand comes first\nThen come the ships.")
    (tmp_path / "deep" / "picture.png").write_bytes(b"\x89PNG")
    page = open_as("annotator-2", "/imports/new/")
    page.get_by_label("Or a folder").set_input_files(tmp_path)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="2 files.zip")).to_be_visible()
    expect(page.get_by_text("Previewing the first 2 files.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_import_pages_are_accessible_and_fit_narrow_screens(
    open_as: Any, table: Path, scheme: str
) -> None:
    for width in (1280, 320):
        page = open_as(
            "annotator-3",
            "/imports/",
            color_scheme=scheme,
            viewport={"width": width, "height": 800},
        )
        upload(page, table)
        page.get_by_label("Title").select_option("head")
        page.get_by_label("Text", exact=True).select_option("story")
        page.get_by_role("button", name="Refresh preview").click()
        looked = page.url
        for label in ("", "Validate all"):
            if label:
                page.get_by_role("button", name=label).click()
            for address in (looked, "/imports/", "/imports/new/"):
                page.goto(address)
                assert find_violations(page) == [], address
                assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            page.goto(looked)
        # No worker runs here.
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("status").first).to_contain_text("The import stops")
