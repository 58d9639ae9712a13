"""Undo and redo: new changes that bring back what an annotation said before, or after, a change.

Both refuse if the annotation no longer says what that change left, so that nothing that others
wrote since is overwritten.
"""

from typing import Any

from django.db import models

from annotate import services
from annotate.models import MODELS, Action, Annotation, Change, State
from articles.text.anchor import Selector
from config.db.public_id import PublicModel
from config.errors import RevisionConflict
from config.types import Record

_IGNORED = ("revision", "updated_at", "reanchored_from")


def undo(
    change: Change, *, seen_revision: int, actor: Any, idempotency_key: str = ""
) -> Annotation:
    """Restore the state before the change. Raise what `annotate.services` raises."""
    before, after = _get_states(change)
    return _replace(
        change, after, before, seen_revision=seen_revision, actor=actor, key=idempotency_key
    )


def redo(
    change: Change, *, seen_revision: int, actor: Any, idempotency_key: str = ""
) -> Annotation:
    """Restore the state after the change. Raise what `annotate.services` raises."""
    before, after = _get_states(change)
    return _replace(
        change, before, after, seen_revision=seen_revision, actor=actor, key=idempotency_key
    )


def _get_states(change: Change) -> tuple[Record, Record]:
    """Return the comparable parts of the records before and after the change."""
    # Undoing a creation retracts.
    before = change.before or {**change.after, "state": str(State.RETRACTED)}
    return _get_comparable(before), _get_comparable(change.after)


def _replace(
    change: Change, current: Record, wanted: Record, *, seen_revision: int, actor: Any, key: str
) -> Annotation:
    annotation = Annotation.objects.for_reading().get(pk=change.annotation_id)
    # If the actor saw another revision, the write path decides: this may be a retry.
    if annotation.revision == seen_revision and _get_comparable(annotation.record()) != current:
        raise RevisionConflict(annotation)
    seen = {"seen_revision": seen_revision, "actor": actor, "idempotency_key": key}
    if change.action == Action.REVISE:
        return services.revise(annotation, content_from_record(wanted), **seen)
    set_state = services.restore if wanted["state"] == State.ACTIVE else services.retract
    return set_state(annotation, **seen)


def _get_comparable(record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in _IGNORED}


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
