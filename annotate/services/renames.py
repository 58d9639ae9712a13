import time
from collections.abc import Sequence
from functools import partial

import orjson
from django.db import transaction

from annotate.models import Action, Annotation, Change, Claim, Rename
from annotate.services.storage import get_monotonic_time
from config.db.retry import retry_on_deadlock

# Annotations per transaction, for which other writers wait, and the pause after it, in which they
# write: longer than they wait between two attempts to lock SQLite.
BATCH = 50
PAUSE_SECONDS = 0.05
# The worker continues with its other jobs after this.
TURN_SECONDS = 1.0
# What a record shows of other rows. Only the name of an entity can change; the others could
# before version 0.3.0.
NAMES = ("project", "author", "type", "claimant")


def log_renames() -> None:
    """Log the new names of entities on the claims that show them, and update their records.

    Stop after a while; the next call continues.
    """
    until = time.monotonic() + TURN_SECONDS
    while rename := Rename.objects.order_by("pk").first():
        if rename.position == 0:
            # Claims that are being written with an old name now are seen below, or queued again.
            Change.objects.wait_for_writers()
        while retry_on_deadlock(partial(_log_batch, rename.pk)):
            if time.monotonic() > until:
                return
            time.sleep(PAUSE_SECONDS)


@transaction.atomic
def _log_batch(key: int) -> bool:
    """Log the next annotations of a rename; at the end, delete it and return False."""
    rename = Rename.objects.select_for_update().filter(pk=key).first()
    if rename is None:
        # Another worker was faster.
        return False
    annotations = Annotation.objects.filter(pk__gt=rename.position).order_by("pk")
    if rename.entity_id:
        claims = Claim.objects.filter(claimant_entity=rename.entity_id).order_by()
        annotations = annotations.filter(pk__in=claims.values("pk"))
    keys = list(annotations.values_list("pk", flat=True)[:BATCH])
    _log_names(keys)
    if len(keys) < BATCH:
        rename.delete()
        return False
    rename.position = keys[-1]
    rename.save(update_fields=["position"])
    return True


def _log_names(keys: Sequence[int]) -> None:
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
            Change.build(
                annotation,
                Action.RENAME,
                event_seq=numbers[annotation.pk, annotation.revision] + 1,
                actor=annotation.author,
                at=annotation.updated_at,
                before=before,
                after=annotation.update_document(),
            )
        )
    Annotation.objects.bulk_update(renamed, ["updated_at", "document"])
    Change.objects.bulk_create(changes)
