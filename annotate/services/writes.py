from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from annotate.models import Action, Annotation, Span, State
from annotate.projects.models import Project
from annotate.services.checks import (
    check_content,
    clean_content,
    require_article,
    require_editor,
    require_writer,
    resolve_spans,
)
from annotate.services.storage import log_change, read_locked, save_revision, store_spans
from annotate.services.write_request import WriteRequest
from articles.models import ArticleVersion
from articles.text.anchor import Selector
from config.errors import RevisionConflict, StateConflict


def create(
    model: type[Annotation],
    content: Mapping[str, Any],
    *,
    project: Project,
    version: ArticleVersion,
    actor: Any,
    idempotency_key: str = "",
    sent: Any = None,
) -> Annotation:
    """Create an annotation of the kind of `model`, and log it.

    `content` maps `spans` to selectors, and the fields of the kind to values. The type of an
    entity tag may be a code, its entity an `EntityDraft`, the source of a link a `SourceDraft`.
    If this actor used the key for the same request before, return the annotation created then;
    pass what was `sent` if the server completed the content, which it may do otherwise next time.

    Raise InvalidInput, NotPermitted or IdempotencyKeyReused.
    """
    require_writer(project, actor)
    request = WriteRequest.build(
        actor,
        idempotency_key,
        create=(model.KIND, content if sent is None else sent),
        project=project.public_id,
        version=version.public_id,
    )

    def write() -> Annotation:
        require_article(project, version, actor)
        spans = resolve_spans(model, content, version)
        values = clean_content(content, model, project, version, actor)
        now = timezone.now()
        annotation = model(
            kind=model.KIND,
            project=project,
            version=version,
            author=actor,
            created_at=now,
            updated_at=now,
            **values,
        )
        check_content(annotation)
        rows = [Span.build(annotation, span, version.text) for span in spans]
        record = annotation.update_document(rows)
        annotation.save(force_insert=True)
        store_spans(annotation, rows)
        log_change(request, annotation, Action.CREATE, before=None, after=record)
        return annotation

    return request.run_once(write)


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
        actor, idempotency_key, revise=content, id=annotation.public_id, seen=seen_revision
    )

    def write() -> Annotation:
        current = _lock_seen(annotation, seen_revision, actor)
        if not current.is_active:
            raise StateConflict(_("This annotation is retracted. Restore it before you change it."))
        version, own = current.version, current.content
        old_spans = [Selector(start=s.start, end=s.end) for s in current.spans.all()]
        whole = {"spans": old_spans, **current.content_values(), **content}
        spans = resolve_spans(type(own), whole, version)
        before = current.record()
        values = clean_content(content, type(own), current.project, version, actor)
        for name, value in values.items():
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

    return request.run_once(write)


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
    """Restore a retracted annotation, and log it. Raise what `retract` raises."""
    return _set_state(annotation, State.ACTIVE, seen_revision, actor, idempotency_key)


def _set_state(
    annotation: Annotation, state: State, seen_revision: int, actor: Any, key: str
) -> Annotation:
    action = Action.RETRACT if state == State.RETRACTED else Action.RESTORE
    request = WriteRequest.build(
        actor, key, seen=seen_revision, **{str(action): annotation.public_id}
    )

    def write() -> Annotation:
        current = _lock_seen(annotation, seen_revision, actor)
        if current.state == state:
            raise StateConflict(
                _("This annotation is already active.")
                if current.is_active
                else _("This annotation is already retracted.")
            )
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
