import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from articles.feeds import models
from articles.feeds.services import add_feed, poll
from articles.management.options import check_range, report_errors


class Command(BaseCommand):
    help = "Import the new articles of the feeds and sitemaps that are due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", nargs="?", help="poll this feed now; add it if it is new")
        parser.add_argument(
            "--interval",
            type=int,
            default=60,
            metavar="MINUTES",
            help="poll interval of a new feed",
        )
        parser.add_argument(
            "--recheck-days",
            type=int,
            default=models.DEFAULT_RECHECK_DAYS,
            metavar="DAYS",
            help="how long to check the articles of a new feed for corrections; 0: never",
        )
        parser.add_argument("--all", action="store_true", help="poll also feeds that are not due")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the counts as JSON, and each error to standard error."""
        total = {"feeds": 0, "imported": 0, "duplicates": 0, "updated": 0, "errors": 0}
        with report_errors():
            feeds = _get_feeds(options)
        with tqdm(feeds, unit=" feeds", disable=None) as bar:
            for feed in bar:
                result = poll(feed, force=bool(options["url"] or options["all"]))
                with bar.external_write_mode():
                    for url, message in result.errors:
                        self.stderr.write(f"{url}: {message}")
                counts = {**asdict(result), "feeds": 1, "errors": len(result.errors)}
                total = {name: total[name] + counts[name] for name in total}
        self.stdout.write(json.dumps(total))


def _get_feeds(options: dict[str, Any]) -> list[models.Feed]:
    """Return the feeds to poll, adding a new one. Raises IngestError."""
    check_range(options, "interval", models.MIN_INTERVAL_MINUTES, models.MAX_INTERVAL_MINUTES)
    check_range(options, "recheck_days", 0, models.MAX_RECHECK_DAYS)
    feeds = models.Feed.objects
    if url := options["url"]:
        known = feeds.filter(url=url).first()
        minutes, days = options["interval"], options["recheck_days"]
        return [known or add_feed(url, poll_interval_minutes=minutes, recheck_days=days)]
    return list(feeds.filter(is_active=True) if options["all"] else feeds.due())
