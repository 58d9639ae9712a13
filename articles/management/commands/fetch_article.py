"""`manage.py fetch_article URL`: bring an article in from the web, or its next version."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.duplicates.services import find_by_url
from articles.errors import IngestError
from articles.fetch import COMMAND_MAX_WAIT, fetch_article, fetch_page, fetch_update
from articles.management.commands.extract_html import written


class Command(BaseCommand):
    """Fetch an article; one that is here already gets a new version where its text changed."""

    help = "Fetch an article, or the next version of one that is here; print the ids as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("url", help="where it is on the web")
        parser.add_argument("--dry-run", action="store_true", help="print it and store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fetch, or say in one line why not and exit with 2."""
        try:
            if options["dry_run"]:
                page = fetch_page(options["url"], max_wait=COMMAND_MAX_WAIT).page
                found = written(page)
                self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
                page.get_article()
                return
            ids = self.fetched(options["url"])
        except IngestError as error:
            raise CommandError(str(error), returncode=2) from None
        self.stdout.write(json.dumps(ids))

    def fetched(self, url: str) -> dict[str, Any]:
        """Fetch and store, and give the ids and whether there is something new."""
        known = find_by_url(url)
        if known:
            is_new = fetch_update(known, max_wait=COMMAND_MAX_WAIT) is not None
            known.refresh_from_db()
        else:
            known, is_new = fetch_article(url, max_wait=COMMAND_MAX_WAIT), True
        version = known.current_version
        return {
            "article": str(known.public_id),
            "version": str(version and version.public_id),
            "is_new": is_new,
        }
