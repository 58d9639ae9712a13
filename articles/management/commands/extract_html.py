import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.extraction.html import Page, read_page
from articles.extraction.plain_text import read_bytes
from articles.management.options import get_ids, report_errors
from articles.services import create_article
from articles.text.urls import resolve_url
from config.db.languages import UNDETERMINED
from config.db.timestamps import rfc3339


class Command(BaseCommand):
    help = "Extract the article of a saved web page, print it as JSON and add it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a saved HTML page")
        parser.add_argument("--url", default="", help="the URL of the page")
        parser.add_argument("--dry-run", action="store_true", help="do not add the article")

    def handle(self, *args: Any, **options: Any) -> None:
        """A page with a blocker is printed too, but not added; the exit status is then 2."""
        if options["url"] and not resolve_url(options["url"]):
            raise CommandError("--url: Enter an http or https URL.", returncode=2)
        limit = settings.MAX_PAGE_BYTES
        with report_errors():
            page = read_page(read_bytes(options["file"], limit), options["url"], max_bytes=limit)
            is_stored = not (page.blocker or options["dry_run"])
            ids = get_ids(create_article(page.draft)) if is_stored else {}
            record = ids | serialize_page(page)
            self.stdout.write(json.dumps(record, ensure_ascii=False, indent=1))
            page.get_article()


def serialize_page(page: Page) -> dict[str, Any]:
    """Return a page with the field names of the API. Offsets count code points."""
    draft = page.draft
    return {
        **asdict(draft),
        "published_at": draft.published_at and rfc3339(draft.published_at),
        "language": draft.language or UNDETERMINED,
        "blocker": page.blocker and {"reason": page.blocker.reason, "detail": page.blocker.detail},
        "notes": page.notes,
        "missing": page.missing,
    }
