import os
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.models import Snapshot
from articles.warc import write_warc


class Command(BaseCommand):
    help = "Export snapshots of fetched pages to a compressed WARC file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="such as pages.warc.gz; replaced if it exists")
        parser.add_argument("--article", type=uuid.UUID, help="only those of this article (id)")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        snapshots = Snapshot.objects.order_by("pk")
        if options["article"]:
            snapshots = snapshots.filter(version__article__public_id=options["article"])
        # Written beside the target and renamed, so that the file is complete or absent.
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            with temporary.open("wb") as output:
                rows = snapshots.iterator(chunk_size=20)
                count = write_warc(output, rows, name=file.name)
            temporary.replace(file)
        except OSError as error:
            raise CommandError(f"Cannot write {file}: {error.strerror}.", returncode=2) from None
        finally:
            temporary.unlink(missing_ok=True)
        self.stdout.write(f"{count} pages in {file}")
