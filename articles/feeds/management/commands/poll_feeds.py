"""`manage.py poll_feeds`: fetch what feeds and sitemaps have that is new."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from articles.errors import IngestError
from articles.feeds.models import FEWEST_MINUTES, FOLLOW_DAYS, MOST_FOLLOW_DAYS, MOST_MINUTES, Feed
from articles.feeds.services import add_feed, poll


class Command(BaseCommand):
    """Poll the feeds whose time has come, or one that is named."""

    help = "Fetch the new articles of the feeds and sitemaps whose time has come."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("url", nargs="?", help="poll this one now; it is added if it is new")
        parser.add_argument("--minutes", type=int, default=60, help="between polls of a new one")
        parser.add_argument(
            "--follow-days",
            type=int,
            default=FOLLOW_DAYS,
            help="for how long articles of a new one are looked at again for corrections; 0: never",
        )
        parser.add_argument("--all", action="store_true", help="also those whose time is to come")

    def handle(self, *args: Any, **options: Any) -> None:
        """Poll and print the counts as JSON; say of each fault why."""
        total = {"feeds": 0, "brought": 0, "known": 0, "corrected": 0, "faults": 0}
        try:
            feeds = self.feeds(options)
        except IngestError as error:
            raise CommandError(str(error), returncode=2) from None
        with tqdm(feeds, unit=" feeds", disable=None) as bar:
            for feed in bar:
                polled = poll(feed, anew=bool(options["url"] or options["all"]))
                total["feeds"] += 1
                total["brought"] += polled.brought
                total["known"] += polled.known
                total["corrected"] += polled.corrected
                total["faults"] += len(polled.faults)
                with bar.external_write_mode():
                    for url, reason in polled.faults:
                        self.stderr.write(f"{url}: {reason}")
        self.stdout.write(json.dumps(total))

    def feeds(self, options: dict[str, Any]) -> list[Feed]:
        """Choose the feeds. Raises IngestError where a new one is none."""
        if options["url"]:
            check_settings(options)
            known = Feed.objects.filter(url=options["url"]).first()
            chosen = {name: options[name] for name in ("minutes", "follow_days")}
            return [known or add_feed(options["url"], **chosen)]
        if options["all"]:
            return list(Feed.objects.filter(is_active=True))
        return list(Feed.objects.due())


def check_settings(options: dict[str, Any]) -> None:
    """Look whether a feed may be polled like this. Raises IngestError."""
    if not FEWEST_MINUTES <= options["minutes"] <= MOST_MINUTES:
        raise IngestError({"--minutes": [f"Give {FEWEST_MINUTES} to {MOST_MINUTES}."]})
    if not 0 <= options["follow_days"] <= MOST_FOLLOW_DAYS:
        raise IngestError({"--follow-days": [f"Give 0 to {MOST_FOLLOW_DAYS}."]})
