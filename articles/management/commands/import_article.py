"""`manage.py import_article FILE`: bring a file in as an article."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date, parse_datetime

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.files import SUFFIXES, read_bytes, read_file
from articles.extraction.plain_text import read_text_file
from articles.services import clean_text, create_article
from articles.text.blocks import split_blocks
from articles.text.headline import propose_title


class Command(BaseCommand):
    """Import a file and print the public ids of the article and its version as JSON."""

    help = (
        "Import a file (text, HTML, Markdown, Word, PDF, mail) as an article; print its id and its "
        "version's as JSON."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "file",
            type=Path,
            help=f"{' '.join(SUFFIXES)}, or UTF-8 plain text; - reads that from the standard input",
        )
        parser.add_argument("--title", default="", help="asked for or proposed when not given")
        parser.add_argument("--language", default="", help="BCP 47 tag, such as en")
        parser.add_argument("--url", help="the canonical address")
        parser.add_argument("--outlet", default="", help="who published it, by name")
        parser.add_argument("--published", help="such as 2025-08-21, or RFC 3339")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, or say in one line what is wrong and exit with 2."""
        try:
            draft = self.draft_of(options["file"])
            title = options["title"] or self.title_for(draft)
            given = {
                "language": options["language"],
                "url": options["url"],
                "outlet": options["outlet"],
                "published_at": _moment(options["published"]),
            }
            changes = {name: value for name, value in given.items() if value}
            article = create_article(replace(draft, title=title, **changes))
        except IngestError as error:
            raise CommandError(str(error), returncode=2) from None
        if not options["title"] and not self.is_watched():
            self.stderr.write(f"No --title: taking “{title}”.")
        version = article.current_version
        ids = {"article": str(article.public_id), "version": version and str(version.public_id)}
        self.stdout.write(json.dumps(ids))

    def draft_of(self, file: Path) -> ArticleDraft:
        """Read a file by its ending; one without a known ending is plain text."""
        if file.suffix.lower() in SUFFIXES and file.suffix.lower() != ".txt":
            return read_file(file.name, read_bytes(file))
        raw = read_text_file(sys.stdin.buffer if str(file) == "-" else file)
        return ArticleDraft(title="", text=clean_text(raw, field_name="file"))

    def title_for(self, draft: ArticleDraft) -> str:
        """Ask for a title, proposing one; without anybody to ask, take the proposal."""
        proposed = draft.title or propose_title(draft.text, split_blocks(draft.text))
        if not self.is_watched():
            return proposed
        self.stderr.write(f"Title [{proposed}]: ", ending="")
        return input().strip() or proposed

    def is_watched(self) -> bool:
        """Tell whether there is somebody at the terminal."""
        return sys.stdin.isatty() and sys.stderr.isatty()


def _moment(value: str | None) -> datetime | None:
    """Read a date or a date and time; without a zone it is UTC. Raises IngestError."""
    if value is None:
        return None
    try:
        if moment := parse_datetime(value):
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if day := parse_date(value):
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        # Of the right shape, but no day of any calendar.
        pass
    raise IngestError(
        {"published": ["Give a date such as 2025-08-21, or a time such as 2025-08-21T09:30:00Z."]}
    )
