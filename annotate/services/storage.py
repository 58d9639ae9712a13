from datetime import datetime

from django.db import models
from django.utils import timezone

from annotate.models import Action, Annotation, Change, Span
from annotate.services.write_request import WriteRequest
from annotate.signals import annotation_written
from config.types import Record


def read_locked(annotation: Annotation) -> Annotation:
    """Lock the annotation's row and return it as it is now."""
    # Two queries: one that had to wait for its lock reads the locked row as it is now, but rows
    # joined to it as they were before.
    Annotation.objects.select_for_update(no_key=True).only("pk").get(pk=annotation.pk)
    current: Annotation = Annotation.objects.for_reading().get(pk=annotation.pk)
    return current


def save_revision(annotation: Annotation) -> Record:
    """Save the annotation as its next revision, and return its record."""
    annotation.revision += 1
    annotation.updated_at = get_monotonic_time(annotation.updated_at)
    record = annotation.update_document()
    annotation.save(update_fields=["state", "revision", "updated_at", "document"])
    # The instance of the kind has its own copy of the shared fields.
    content = annotation.content
    for name in ("state", "revision", "updated_at"):
        setattr(content, name, getattr(annotation, name))
    return record


def get_monotonic_time(last: datetime) -> datetime:
    """Return the current time, or `last` if the clock was set back since."""
    return max(timezone.now(), last)


def store_spans(annotation: Annotation, spans: list[Span]) -> None:
    for span in spans:
        # Its key may not have been known when the span was built.
        span.annotation = annotation
    Span.objects.bulk_create(spans)
    getattr(annotation, "_prefetched_objects_cache", {}).pop("spans", None)
    models.prefetch_related_objects([annotation], "spans")


def log_change(
    request: WriteRequest,
    annotation: Annotation,
    action: Action,
    before: Record | None,
    after: Record,
    reanchoring: Record | None = None,
) -> None:
    """Append to the change log, and send `annotation_written` for an active annotation."""
    Change.build(
        annotation,
        action,
        actor=request.actor,
        at=annotation.updated_at,
        before=before,
        after=after,
        idempotency_key=request.key,
        request_digest=request.digest,
        reanchoring=reanchoring,
    ).save(force_insert=True)
    if annotation.is_active:
        # Only after the insert, which takes the append lock: a re-anchoring run waits for that
        # lock before it reads, so either the receiver sees the run or the run sees this change.
        annotation_written.send(Annotation, annotation=annotation)
