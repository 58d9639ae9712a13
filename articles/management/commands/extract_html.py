import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.errors import IngestError
from articles.extraction.html import Page, read_page
from articles.extraction.plain_text import read_bytes
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
        try:
            page = read_page(read_bytes(options["file"], limit), options["url"], max_bytes=limit)
            ids: dict[str, str] = {}
            if not (page.blocker or options["dry_run"]):
                article = create_article(page.get_article())
                version = article.current_version
                ids = {"article": str(article.public_id)}
                ids["version"] = str(version and version.public_id)
            record = ids | serialize_page(page)
            self.stdout.write(json.dumps(record, ensure_ascii=False, indent=1))
            page.get_article()
        except IngestError as error:
            raise CommandError(str(error), returncode=2) from None


def serialize_page(page: Page) -> dict[str, Any]:
    """Return a page with the field names of the API. Offsets count code points."""
    draft, blocker = page.draft, page.blocker
    return {
        "title": draft.title,
        "url": draft.url,
        "outlet": draft.outlet,
        "authors": [{"name": c.name, "affiliation": c.affiliation} for c in draft.authors or ()],
        "published_at": draft.published_at and rfc3339(draft.published_at),
        "language": draft.language or UNDETERMINED,
        "licence": draft.licence,
        "text": draft.text,
        "blocks": [
            {"kind": block.kind, "start": block.start, "end": block.end}
            for block in draft.blocks or ()
        ],
        "links": [
            {"start": link.start, "end": link.end, "href": link.href} for link in draft.links or ()
        ],
        "blocker": blocker and {"reason": blocker.reason, "detail": blocker.detail},
        "notes": page.notes,
        "missing": page.missing,
    }
