import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.files import SUFFIXES, get_suffix
from articles.extraction.metadata import read_moment
from articles.extraction.plain_text import read_bytes
from articles.management.options import get_ids, report_errors
from articles.services import create_article, read_article_file


class Command(BaseCommand):
    help = (
        "Add a file (text, HTML, Markdown, Word, PDF, email) as an article; print its id and that "
        "of its version as JSON."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            help=f"{' '.join(SUFFIXES)}, or UTF-8 plain text; - reads plain text from stdin",
        )
        parser.add_argument("--title", default="", help="prompted for or suggested if not given")
        parser.add_argument("--language", default="", help="BCP 47 tag, such as en")
        parser.add_argument("--url", help="the canonical URL")
        parser.add_argument("--outlet", default="", help="the name of the publisher")
        parser.add_argument("--published", help="such as 2025-08-21, or RFC 3339")

    def handle(self, *args: Any, **options: Any) -> None:
        with report_errors():
            draft = self.read_draft(options["file"])
            title = options["title"] or self.choose_title(draft.title)
            values = {
                "language": options["language"],
                "url": options["url"],
                "outlet": options["outlet"],
                "published_at": _parse_moment(options["published"]),
            }
            overrides = {name: value for name, value in values.items() if value}
            article = create_article(replace(draft, title=title, **overrides))
        if not options["title"] and not self.is_interactive():
            self.stderr.write(f"No --title: using “{title}”.")
        self.stdout.write(json.dumps(get_ids(article)))

    def read_draft(self, file: Path) -> ArticleDraft:
        """Read a file; without a known extension it is plain text. Raises IngestError."""
        suffix = get_suffix(file.name) if get_suffix(file.name) in SUFFIXES else ".txt"
        limit = settings.MAX_TEXT_BYTES if suffix == ".txt" else settings.MAX_PAGE_BYTES
        source = sys.stdin.buffer if str(file) == "-" else file
        return read_article_file(f"article{suffix}", read_bytes(source, limit))

    def choose_title(self, suggestion: str) -> str:
        """Prompt for a title; without a terminal, return the suggestion."""
        if not self.is_interactive():
            return suggestion
        self.stderr.write(f"Title [{suggestion}]: ", ending="")
        return input().strip() or suggestion

    def is_interactive(self) -> bool:
        return sys.stdin.isatty() and sys.stderr.isatty()


def _parse_moment(value: str | None) -> datetime | None:
    """Parse a date, or a date and time; UTC unless there is an offset. Raises IngestError."""
    moment = read_moment(value)
    if value is None or moment:
        return moment
    raise IngestError(
        {"published": ["Enter a date such as 2025-08-21, or a time such as 2025-08-21T09:30:00Z."]}
    )
