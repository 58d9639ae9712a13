from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

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
        with tqdm(total=total, unit=" changes", disable=None) as bar:
            if not index_pending(None, on_progress=bar.update):
                raise CommandError("The database is busy. Try again later with --pending.")
        self.stdout.write(f"Indexed {total:,}.")
