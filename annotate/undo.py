"""Undoing and redoing what a change did: by another change, as nothing is ever taken away.

Both refer to the change that was made at first. Each is refused when the annotation says by now
something else than that change left there: what others wrote since is not overwritten."""

from typing import Any

from annotate import services as writes
from annotate.drafts import draft_from
from annotate.models import Action, Annotation, Change, State
from config.errors import RevisionConflict

_NOT_SUBSTANCE = ("revision", "updated_at", "reanchored_from")


def undo(
    change: Change, *, seen_revision: int, actor: Any, idempotency_key: str = ""
) -> Annotation:
    """Make the annotation as it was before the change. Raises what `annotate.services` raises."""
    return _bring_to(
        change, _before(change), _substance(change.after), seen_revision, actor, idempotency_key
    )


def redo(
    change: Change, *, seen_revision: int, actor: Any, idempotency_key: str = ""
) -> Annotation:
    """Make the annotation again as the change made it. Raises what `annotate.services` raises."""
    return _bring_to(
        change, _substance(change.after), _before(change), seen_revision, actor, idempotency_key
    )


def _bring_to(
    change: Change,
    wanted: dict[str, Any],
    expected: dict[str, Any],
    seen_revision: int,
    actor: Any,
    key: str,
) -> Annotation:
    annotation = Annotation.objects.for_reading().get(pk=change.annotation_id)
    # Of another revision than the one that was seen, the write path tells itself: it may be
    # that this very request was carried out before.
    seen = annotation.revision == seen_revision
    if seen and _substance(annotation.record()) != expected:
        raise RevisionConflict(annotation)
    if change.action == Action.REVISE:
        return writes.revise(
            annotation,
            draft_from(wanted),
            seen_revision=seen_revision,
            actor=actor,
            idempotency_key=key,
        )
    turn = writes.restore if wanted["state"] == State.ACTIVE else writes.retract
    return turn(annotation, seen_revision=seen_revision, actor=actor, idempotency_key=key)


def _before(change: Change) -> dict[str, Any]:
    """Give the record before the change; before it was made, it was not there to stand."""
    if change.before is None:
        return _substance({**change.after, "state": str(State.RETRACTED)})
    return _substance(change.before)


def _substance(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _NOT_SUBSTANCE}
