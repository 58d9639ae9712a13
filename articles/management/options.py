"""What management commands share: checks of options, errors and output."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError

from articles.errors import IngestError
from articles.models import Article


def check_range(options: Mapping[str, Any], name: str, least: int, most: int) -> None:
    """Raises IngestError."""
    if not least <= options[name] <= most:
        option = f"--{name.replace('_', '-')}"
        raise IngestError({option: [f"Give a number from {least} to {most}."]})


@contextmanager
def report_errors(hints: Mapping[str, str] | None = None) -> Iterator[None]:
    """Turn an IngestError into a one-line message and exit status 2.

    `hints` are appended to the errors of a field.
    """
    try:
        yield
    except IngestError as error:
        shown = [hint for name, hint in (hints or {}).items() if name in error.errors]
        raise CommandError(" ".join([str(error), *shown]), returncode=2) from None


def get_ids(article: Article) -> dict[str, str | None]:
    version = article.current_version
    return {
        "article": str(article.public_id),
        "version": str(version.public_id) if version else None,
    }
