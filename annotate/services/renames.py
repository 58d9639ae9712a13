from collections.abc import Sequence
from functools import partial

import orjson
from django.db import transaction

from annotate.models import Action, Annotation, Change, Claim, Rename
from annotate.services.storage import get_monotonic_time
from config.db.retry import retry_on_deadlock

# Annotations per transaction, for which other writers wait.
BATCH = 200
# What a record shows of other rows. Only the name of an entity can change; the others could
# before version 0.3.0.
NAMES = ("project", "author", "type", "claimant")


def log_renames() -> None:
    """Log the new names of entities on the claims that show them, and update their records."""
    renames = list(Rename.objects.order_by("pk"))
    if not renames:
        return
    # Claims that are being written with an old name now are seen below, or queued by a trigger.
    Change.objects.wait_for_writers()
    entities = {rename.entity_id for rename in renames}
    annotations = Annotation.objects.order_by("pk")
    if None not in entities:
        claims = Claim.objects.filter(claimant_entity__in=entities).order_by()
        annotations = annotations.filter(pk__in=claims.values("pk"))
    keys = list(annotations.values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        retry_on_deadlock(partial(_log_batch, keys[start : start + BATCH]))
    Rename.objects.filter(pk__in=[rename.pk for rename in renames]).delete()


@transaction.atomic
def _log_batch(keys: Sequence[int]) -> None:
    rows = Annotation.objects.filter(pk__in=keys).order_by("pk")
    stored = dict(rows.select_for_update(no_key=True).values_list("pk", "document"))
    numbers = Change.objects.get_event_numbers(keys)
    renamed, changes = [], []
    for annotation in rows.for_reading():
        before, now = orjson.loads(stored[annotation.pk]), annotation.record()
        if all(before[name] == now[name] for name in NAMES if name in before):
            continue
        annotation.updated_at = get_monotonic_time(annotation.updated_at)
        renamed.append(annotation)
        changes.append(
            Change(
                annotation=annotation,
                project_id=annotation.project_id,
                revision=annotation.revision,
                event_seq=numbers[annotation.pk, annotation.revision] + 1,
                action=Action.RENAME,
                actor=annotation.author,
                at=annotation.updated_at,
                before=before,
                after=annotation.update_document(),
            )
        )
    Annotation.objects.bulk_update(renamed, ["updated_at", "document"])
    Change.objects.bulk_create(changes)
