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
    help = (
        "Check each span against the text of its version, and each record against its rows. "
        "Exit with 1 if one differs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        checked = versions = 0
        errors: list[str] = []
        annotated = ArticleVersion.objects.filter(annotations__spans__isnull=False).distinct()
        for version in annotated.only("public_id", "text", "sha256").iterator(chunk_size=20):
            versions += 1
            if hashlib.sha256(version.text.encode()).hexdigest() != version.sha256:
                errors.append(f"version {version.public_id}: its text does not match its SHA-256")
            spans = Span.objects.filter(annotation__version=version).select_related("annotation")
            for span in spans.iterator(chunk_size=2000):
                checked += 1
                errors += _find_span_errors(span, version.text)
        errors += _find_record_errors()
        for error in errors:
            self.stderr.write(error)
        result = f"{len(errors)} wrong" if errors else "all correct"
        self.stdout.write(f"Checked {checked} spans in {versions} versions: {result}.")
        if errors:
            sys.exit(1)


def _find_record_errors() -> Iterator[str]:
    """Compare the stored document of each annotation with its rows."""
    stored = Annotation.objects.order_by("pk")
    written = chain.from_iterable(stored.iterate_records())
    rows = stored.for_reading().iterator(chunk_size=1000)
    for row, record in zip(rows, written, strict=True):
        if record != (true := row.record()):
            names = ", ".join(name for name in true if true[name] != record.get(name))
            yield f"{row.kind} {row.public_id}: its record differs in {names}"


def _find_span_errors(span: Span, text: str) -> list[str]:
    where = f"{span.annotation.kind} {span.annotation.public_id} [{span.start}, {span.end})"
    if not 0 <= span.start < span.end <= len(text):
        return [f"{where}: lies outside its text of {len(text)} code points"]
    quote = get_quote(text, TextSpan(span.start, span.end))._asdict()
    return [
        f"{where}: {name} is stored as {stored!r}, the text has {found!r}"
        for name, found in quote.items()
        if (stored := getattr(span, name)) != found
    ]
