"""`manage.py rebuild_search_index`: make the index of search anew from what is stored."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.search.models import Due
from config.search.queue import INDEXES, index_pending, start_anew


class Command(BaseCommand):
    """Index everything. Interrupted, it is gone on with by whoever searches, or by `--due`."""

    help = "Make the index of search anew; --due indexes only what has changed since."

    def add_arguments(self, parser: Any) -> None:
        """Name the option."""
        parser.add_argument("--due", action="store_true", help="Only what is not indexed yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Index, telling how far it is where somebody watches."""
        if not options["due"]:
            for index in INDEXES.values():
                start_anew(index)
        waiting = Due.objects.count()
        watched = self.stderr.isatty()

        def tell(done: int) -> None:
            self.stderr.write(f"\r{done:,} of {waiting:,}", ending="")

        if not index_pending(None, told=tell if watched else None):
            raise CommandError("The database is busy. Run it again with --due later.")
        if watched and waiting:
            self.stderr.write("")
        self.stdout.write(f"Indexed {waiting:,}.")
