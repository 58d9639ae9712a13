"""`manage.py export_warc FILE`: write the fetched pages as WARC."""

import os
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.models import Snapshot
from articles.warc import write_warc


class Command(BaseCommand):
    """Write snapshots to a WARC file that replay tools and archives read."""

    help = "Write the pages that were fetched, as they came, to a compressed WARC file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path, help="such as pages.warc.gz; replaced if it exists")
        parser.add_argument("--article", type=uuid.UUID, help="those of one article, by its id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file whole or not at all."""
        file: Path = options["file"]
        snapshots = Snapshot.objects.order_by("pk")
        if options["article"]:
            snapshots = snapshots.filter(version__article__public_id=options["article"])
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            with beside.open("wb") as opened:
                rows = snapshots.iterator(chunk_size=20)
                count = write_warc(opened, rows, name=file.name)
            beside.replace(file)
        except OSError as error:
            raise CommandError(f"Cannot write {file}: {error.strerror}.", returncode=2) from None
        finally:
            beside.unlink(missing_ok=True)
        self.stdout.write(f"{count} pages in {file}")
