"""Undo and redo: new changes that bring back what an annotation said before, or after, a change.

Both refuse if the annotation no longer says what that change left, so that nothing that others
wrote since is overwritten.
"""

from functools import partial
from typing import Any

from django.db import models

from annotate import services
from annotate.models import MODELS, Action, Annotation, Change, State
from articles.text.anchor import Selector
from config.db.public_id import PublicModel
from config.errors import RevisionConflict
from config.types import Record


def undo(
    change: Change,
    *,
    seen_revision: int,
    actor: Any,
    idempotency_key: str = "",
    is_redo: bool = False,
) -> Annotation:
    """Restore the state before the change. Raise what `annotate.services` raises."""
    # Undoing a creation retracts.
    before = change.before or {**change.after, "state": str(State.RETRACTED)}
    current, wanted = (before, change.after) if is_redo else (change.after, before)
    annotation = Annotation.objects.for_reading().get(pk=change.annotation_id)
    # If the actor saw another revision, the write path decides: this may be a retry.
    has_changed = _get_comparable(annotation.record()) != _get_comparable(current)
    if annotation.revision == seen_revision and has_changed:
        raise RevisionConflict(annotation)
    seen: Any = {"seen_revision": seen_revision, "actor": actor, "idempotency_key": idempotency_key}
    if change.action == Action.REVISE:
        return services.revise(annotation, content_from_record(wanted), **seen)
    set_state = services.restore if wanted["state"] == State.ACTIVE else services.retract
    return set_state(annotation, **seen)


# Restores the state after the change.
redo = partial(undo, is_redo=True)


def _get_comparable(record: Record) -> Record:
    ignored = {"revision", "updated_at", "reanchored_from"}
    if record.get("claimant_entity"):
        # The entity can be renamed.
        ignored.add("claimant")
    return {name: value for name, value in record.items() if name not in ignored}


def content_from_record(record: Record) -> dict[str, Any]:
    """Return the content that a record describes, for `services.revise`."""
    content: dict[str, Any] = {
        "spans": tuple(Selector(start=s["start"], end=s["end"]) for s in record["spans"])
    }
    for field in MODELS[record["kind"]].content_fields():
        # A record may be older than a field.
        if field.name in record:
            content[field.name] = _from_json(field, record[field.name])
    if record.get("claimant_entity"):
        # Its name is in the record, but the entity alone is content.
        content["claimant"] = ""
    return content


def _from_json(field: models.Field, value: Any) -> Any:
    if not isinstance(field, models.ForeignKey):
        return field.to_python(value)
    model = field.related_model
    if value and issubclass(model, PublicModel):
        return model._default_manager.get(public_id=value)
    return value
