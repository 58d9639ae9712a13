import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from articles.duplicates.services import find_by_url
from articles.fetch import COMMAND_MAX_WAIT, fetch_article, fetch_page, fetch_update
from articles.management.commands.extract_html import serialize_page
from articles.management.options import get_ids, report_errors


class Command(BaseCommand):
    help = "Fetch an article, or the next version of an existing one, and print the ids as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="the URL of the article")
        parser.add_argument("--dry-run", action="store_true", help="print the article only")

    def handle(self, *args: Any, **options: Any) -> None:
        with report_errors():
            if options["dry_run"]:
                page = fetch_page(options["url"], max_wait=COMMAND_MAX_WAIT).page
                self.stdout.write(json.dumps(serialize_page(page), ensure_ascii=False, indent=1))
                page.get_article()
            else:
                self.stdout.write(json.dumps(self.fetch(options["url"])))

    def fetch(self, url: str) -> dict[str, Any]:
        article = find_by_url(url)
        if article:
            is_new = fetch_update(article, max_wait=COMMAND_MAX_WAIT) is not None
            article.refresh_from_db()
        else:
            article, is_new = fetch_article(url, max_wait=COMMAND_MAX_WAIT), True
        return {**get_ids(article), "is_new": is_new}
