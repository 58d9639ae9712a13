"""`manage.py extract_html FILE`: bring the article of a saved web page in."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.files import read_bytes
from articles.extraction.html import Page, read_page
from articles.services import create_article
from articles.text.urls import resolve_url
from config.db.languages import UNDETERMINED


class Command(BaseCommand):
    """Read a saved page, print what was found as JSON, and store it unless told not to."""

    help = "Read a saved web page; print what was found as JSON, and store it as an article."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path, help="a saved HTML page")
        parser.add_argument("--url", default="", help="where the page was found")
        parser.add_argument("--dry-run", action="store_true", help="store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print and store, or say in one line what is wrong and exit with 2.

        What was found is printed also where it is not the whole article; it is not stored then.
        """
        if options["url"] and not resolve_url(options["url"]):
            raise CommandError("--url: Give an http or https address.", returncode=2)
        try:
            page = read_page(read_bytes(options["file"]), options["url"])
            ids: dict[str, str] = {}
            if not (page.blocker or options["dry_run"]):
                article = create_article(page.get_article())
                version = article.current_version
                ids = {"article": str(article.public_id)}
                ids["version"] = str(version and version.public_id)
            self.stdout.write(json.dumps(ids | written(page), ensure_ascii=False, indent=1))
            page.get_article()
        except IngestError as error:
            raise CommandError(str(error), returncode=2) from None


def written(page: Page) -> dict[str, Any]:
    """Write down what was found, in the names and forms of the API."""
    found = page.blocker
    return {
        **written_draft(page.draft),
        "blocker": {"reason": found.reason, "detail": found.detail} if found else None,
        "cleaned": page.cleaned,
        "missing": page.missing,
    }


def written_draft(draft: ArticleDraft) -> dict[str, Any]:
    """Write a draft down; offsets count code points of the text."""
    moment = draft.published_at
    return {
        "title": draft.title,
        "url": draft.url,
        "outlet": draft.outlet,
        "authors": [{"name": c.name, "affiliation": c.affiliation} for c in draft.authors or ()],
        "published_at": moment.isoformat().replace("+00:00", "Z") if moment else None,
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
    }
