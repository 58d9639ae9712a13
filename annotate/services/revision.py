from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from annotate.models import Action, Annotation, Span, State
from annotate.services.checks import (
    check_content,
    clean_content,
    require_editor,
    resolve_spans,
)
from annotate.services.storage import log_change, read_locked, save_revision, store_spans
from annotate.services.write_request import WriteRequest
from articles.text.anchor import Selector
from config.errors import RevisionConflict, StateConflict


def revise(
    annotation: Annotation,
    content: Mapping[str, Any],
    *,
    seen_revision: int,
    actor: Any,
    idempotency_key: str = "",
) -> Annotation:
    """Change the given `spans` and fields of the annotation, and log it as a new revision.

    Content that is already there makes no revision. Raise InvalidInput, NotPermitted,
    RevisionConflict, StateConflict or IdempotencyKeyReused.
    """
    request = WriteRequest.build(
        actor,
        idempotency_key,
        {"revise": content, "id": annotation.public_id, "seen": seen_revision},
    )
    return request.run_once(lambda: _revise(annotation, content, seen_revision, request))


def retract(
    annotation: Annotation, *, seen_revision: int, actor: Any, idempotency_key: str = ""
) -> Annotation:
    """Retract the annotation, and log it.

    Raise NotPermitted, RevisionConflict, StateConflict or IdempotencyKeyReused.
    """
    return _set_state(annotation, State.RETRACTED, seen_revision, actor, idempotency_key)


def restore(
    annotation: Annotation, *, seen_revision: int, actor: Any, idempotency_key: str = ""
) -> Annotation:
    """Restore a retracted annotation, and log it.

    Raise NotPermitted, RevisionConflict, StateConflict or IdempotencyKeyReused.
    """
    return _set_state(annotation, State.ACTIVE, seen_revision, actor, idempotency_key)


def _revise(
    annotation: Annotation, content: Mapping[str, Any], seen_revision: int, request: WriteRequest
) -> Annotation:
    current = _lock_seen(annotation, seen_revision, request.actor)
    if not current.is_active:
        raise StateConflict(_("This annotation is retracted. Restore it before you change it."))
    version, own = current.version, current.content
    old_spans = [Selector(start=s.start, end=s.end) for s in current.spans.all()]
    whole = {"spans": old_spans, **current.content_values(), **content}
    spans = resolve_spans(type(own), whole, version)
    before = current.record()
    for name, value in clean_content(
        content, type(own), current.project, version, request.actor
    ).items():
        setattr(own, name, value)
    check_content(own)
    has_moved = [(s.start, s.end) for s in spans] != [(s.start, s.end) for s in old_spans]
    if not has_moved and own.content_record().items() <= before.items():
        return current
    own.save(update_fields=[field.name for field in own.content_fields()])
    if has_moved:
        current.spans.all().delete()
        store_spans(current, [Span.build(current, span, version.text) for span in spans])
    log_change(request, current, Action.REVISE, before, after=save_revision(current))
    return current


def _set_state(
    annotation: Annotation, state: State, seen_revision: int, actor: Any, key: str
) -> Annotation:
    action = Action.RETRACT if state == State.RETRACTED else Action.RESTORE
    request = WriteRequest.build(
        actor, key, {str(action): annotation.public_id, "seen": seen_revision}
    )

    def write() -> Annotation:
        current = _lock_seen(annotation, seen_revision, actor)
        if current.state == state:
            message = (
                _("This annotation is already retracted.")
                if state == State.RETRACTED
                else _("This annotation is already active.")
            )
            raise StateConflict(message)
        before = current.record()
        current.state = state
        log_change(request, current, action, before, after=save_revision(current))
        return current

    return request.run_once(write)


def _lock_seen(annotation: Annotation, seen_revision: int, actor: Any) -> Annotation:
    """Lock the annotation and return it as it is now, if that is what the actor has seen."""
    current = read_locked(annotation)
    require_editor(current, actor)
    if current.revision != seen_revision:
        raise RevisionConflict(current)
    return current
