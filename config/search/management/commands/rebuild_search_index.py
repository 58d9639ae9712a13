from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.search.models import IndexQueueEntry
from config.search.queue import INDEXES, index_pending, rebuild


class Command(BaseCommand):
    help = (
        "Rebuild the search index. If it is interrupted, searches and workers index the rest; "
        "--pending does so at once."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--pending", action="store_true", help="only index changes that are still queued"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["pending"]:
            for index in INDEXES.values():
                rebuild(index)
        total = IndexQueueEntry.objects.count()
        is_interactive = self.stderr.isatty()

        def show_progress(indexed: int) -> None:
            self.stderr.write(f"\r{indexed:,} of {total:,}", ending="")

        if not index_pending(None, on_progress=show_progress if is_interactive else None):
            raise CommandError("The database is busy. Try again later with --pending.")
        if is_interactive and total:
            self.stderr.write("")
        self.stdout.write(f"Indexed {total:,}.")
