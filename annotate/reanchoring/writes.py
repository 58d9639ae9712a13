"""The one write path: every annotation is made, carried, revised, retracted and restored here.

The web UI, the API, the admin and the importers call these functions. Each acts in one
transaction with its row of the change log, or refuses (`config.errors`) and changes nothing.
What was written on a version that is not the current one any more is soon looked at, whether it
can be carried."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from annotate.drafts import draft_of
from annotate.models import Action, Annotation, Change, Span
from annotate.reanchoring.models import Decision, Reanchoring, ReanchoringRun
from annotate.services import (
    COMPANIONS,
    _later_than,
    _read_locked,
    _Request,
    _require_editor,
    _resolved,
    _store_spans,
)
from articles.models import ArticleVersion
from articles.text.anchor import Selector
from config.errors import InvalidInput, StateConflict

# What is decided about reanchoring an annotation by each step that makes no annotation.
_DECIDES = {
    Action.WAIT: Decision.WAITING,
    Action.DROP: Decision.DROPPED,
    Action.REOPEN: Decision.WAITING,
    Action.SUPERSEDE: Decision.SUPERSEDED,
}


def carry(
    annotation: Annotation,
    spans: Iterable[Selector],
    *,
    version: ArticleVersion,
    actor: Any = None,
    reanchoring: Reanchoring | None = None,
) -> Annotation:
    """Make the annotation again on a later version of its article, and log it.

    The old one stays as it is; the new one is by the same author and says the same, of `spans`
    of the new text, and of the companion (the claim of a source link, the target of a note) as
    it was carried there. Whoever decided is `actor`; nobody for what is certain, which is logged
    in the author's name. The log says of `reanchoring` how sure it was. Carried already, the
    annotation made then is returned. Raises InvalidInput, NotPermitted or StateConflict.
    """
    with transaction.atomic():
        current = _read_locked(annotation)
        if actor is not None:
            _require_editor(current, actor)
        made = Annotation.objects.filter(reanchored_from=current, version=version).first()
        if made:
            found: Annotation = Annotation.objects.for_reading().get(pk=made.pk)
            return found
        if not current.is_active:
            raise StateConflict("This annotation is retracted. Restore it before it is carried.")
        return _carry(current, tuple(spans), version, actor or current.author, reanchoring)


def step(reanchoring: Reanchoring, action: Action, *, actor: Any = None) -> Reanchoring:
    """Let an annotation wait, be dropped, wait again or be overtaken, and log it.

    What it says stays as it is, and so does its revision. Nobody is `actor` where no person did
    it: it is logged in the author's name. Raises NotPermitted.
    """
    with transaction.atomic():
        current = _read_locked(reanchoring.annotation)
        if actor is not None:
            _require_editor(current, actor)
        reanchoring.decision = _DECIDES[action]
        reanchoring.decided_by = actor if action == Action.DROP else None
        reanchoring.decided_at = None if reanchoring.is_waiting else timezone.now()
        reanchoring.save()
        steps = Change.objects.filter(annotation=current.pk, revision=current.revision)
        before = steps.aggregate(last=models.Max("step"))["last"] or 0
        Change.objects.create(
            annotation_id=current.pk,
            revision=current.revision,
            step=before + 1,
            action=action,
            actor=actor or current.author,
            at=_later_than(current.updated_at),
            after=current.record(),
            reanchoring=reanchoring.told(),
        )
        if action == Action.REOPEN:
            ReanchoringRun.objects.ask_for_current(reanchoring.version)
    return reanchoring


def _carry(
    current: Annotation,
    spans: tuple[Selector, ...],
    version: ArticleVersion,
    actor: Any,
    reanchoring: Reanchoring | None,
) -> Annotation:
    draft = replace(draft_of(current), spans=spans)
    resolved = _resolved(draft, version)
    content = current.content
    # The words were checked when they were written. They are carried as they stand.
    values = {
        field.name: getattr(content, field.name)
        for field in content._meta.local_fields
        if not field.primary_key
    }
    for name in COMPANIONS & values.keys():
        values[name] = _carried_companion(name, values[name], version)
    now = timezone.now()
    annotation: Annotation = draft.MODEL(
        kind=current.kind,
        project=current.project,
        version=version,
        author=current.author,
        reanchored_from=current,
        created_at=now,
        updated_at=now,
        **values,
    )
    passages = [Span.of(annotation, span, version.text) for span in resolved]
    record = annotation.write_down(passages)
    annotation.save(force_insert=True)
    _store_spans(annotation, passages)
    request = _Request(actor, "", "")
    request.log(
        annotation,
        Action.CARRY,
        before=None,
        after=record,
        reanchoring=reanchoring.told() if reanchoring else None,
    )
    return annotation


def _carried_companion(name: str, other: Annotation | None, version: ArticleVersion) -> Any:
    """Find what the claim or target of an annotation was carried to."""
    if other is None:
        return None
    carried = Annotation.objects.filter(reanchored_from=other.pk, version=version).first()
    if carried is None:
        raise InvalidInput.for_field(
            name, f"Its {name} is not on this version yet. Decide about that first."
        )
    return carried.content if name == "claim" else carried
