"""`manage.py verify_spans`: is every stored span still what its text says, and every record what
its rows say?"""

import hashlib
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand

from annotate.models import Annotation, Span
from articles.models import ArticleVersion
from articles.text.anchor import Span as TextSpan
from articles.text.anchor import get_quote


class Command(BaseCommand):
    """Check all spans of the database against the texts; exit with 1 if one does not hold."""

    help = (
        "Check each stored span against the text of its version, and each record against its rows."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Count what was checked and name each span that does not hold."""
        checked = versions = 0
        faults: list[str] = []
        annotated = ArticleVersion.objects.filter(annotations__spans__isnull=False).distinct()
        for version in annotated.only("public_id", "text", "sha256").iterator(chunk_size=20):
            versions += 1
            if hashlib.sha256(version.text.encode()).hexdigest() != version.sha256:
                faults.append(f"version {version.public_id}: its text is not that of its SHA-256")
            for span in _spans_of(version):
                checked += 1
                faults += _faults(span, version.text)
        faults += _records_that_do_not_hold()
        for fault in faults:
            self.stderr.write(fault)
        broken = len(faults)
        holding = (
            "all hold" if not faults else f"{broken} {'does' if broken == 1 else 'do'} not hold"
        )
        self.stdout.write(f"Checked {checked} spans in {versions} versions: {holding}.")
        if faults:
            sys.exit(1)


def _spans_of(version: ArticleVersion) -> Iterator[Span]:
    spans = Span.objects.filter(annotation__version=version).select_related("annotation")
    return spans.iterator(chunk_size=2000)


def _records_that_do_not_hold() -> Iterator[str]:
    """Hold what is written down of each annotation, which lists are read from, against its rows."""
    stored = Annotation.objects.order_by("pk")
    written = chain.from_iterable(stored.iterate_records())
    rows = stored.for_reading().iterator(chunk_size=1000)
    for row, record in zip(rows, written, strict=True):
        if record != (true := row.record()):
            names = ", ".join(name for name in true if true[name] != record.get(name))
            yield f"{row.kind} {row.public_id}: its record says something else of {names}"


def _faults(span: Span, text: str) -> list[str]:
    where = f"{span.annotation.kind} {span.annotation.public_id} [{span.start}, {span.end})"
    if not 0 <= span.start < span.end <= len(text):
        return [f"{where}: lies outside its text of {len(text)} code points"]
    true = get_quote(text, TextSpan(span.start, span.end))
    return [
        f"{where}: {name} is stored as {stored!r}, the text has {found!r}"
        for name, stored, found in (
            ("exact", span.exact, true.exact),
            ("prefix", span.prefix, true.prefix),
            ("suffix", span.suffix, true.suffix),
        )
        if stored != found
    ]
