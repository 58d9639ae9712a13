from typing import Any

import pytest
from django.contrib.auth.models import User

from annotate import services
from annotate.models import Action, Annotation, Change, Kind
from annotate.undo import content_from_record, redo, undo
from articles.text.anchor import Selector
from config.errors import NotPermitted, RevisionConflict


def change(annotation: Annotation, revision: int) -> Change:
    return Change.objects.get(annotation=annotation.pk, revision=revision)


def substance(annotation: Annotation) -> dict[str, Any]:
    record = annotation.record()
    return {k: v for k, v in record.items() if k not in ("revision", "updated_at")}


def test_undo_and_redo_of_each_action(
    annotate: Any, annotator: User, kind: Kind, revision: Any
) -> None:
    created = annotate(annotator, kind)
    revised = services.revise(created, dict(**revision[kind]), seen_revision=1, actor=annotator)
    states = {1: substance(created), 2: substance(revised)}

    back = undo(change(created, 2), seen_revision=2, actor=annotator)
    assert (substance(back), back.revision) == (states[1], 3)
    undone = undo(change(created, 1), seen_revision=3, actor=annotator)
    assert not undone.is_active
    redone = redo(change(created, 1), seen_revision=4, actor=annotator)
    assert substance(redone) == states[1]
    again = redo(change(created, 2), seen_revision=5, actor=annotator)
    assert (substance(again), again.revision) == (states[2], 6)
    retracted = services.retract(again, seen_revision=6, actor=annotator)
    assert undo(change(created, 7), seen_revision=7, actor=annotator).is_active
    assert not redo(change(created, 7), seen_revision=8, actor=annotator).is_active
    # Nothing was taken out of the log for it.
    actions = list(Change.objects.order_by("id").values_list("action", flat=True))
    assert actions[:4] == [Action.CREATE, Action.REVISE, Action.REVISE, Action.RETRACT]
    assert len(actions) == retracted.revision + 2 == 9


def test_content_from_record_equals_the_stored_content(
    annotate: Any, annotator: User, kind: Kind
) -> None:
    annotation = annotate(annotator, kind)
    stored = Annotation.objects.for_reading().get()
    content = content_from_record(annotation.record())
    (span,) = stored.spans.all()
    assert content.pop("spans") == (Selector(start=span.start, end=span.end),)
    if kind == Kind.ENTITY_TAG:
        assert content.pop("type") == stored.content.type.code  # type: ignore[union-attr]
        content["type"] = stored.content.type  # type: ignore[union-attr]
    assert content == stored.content_values()


def test_undo_does_not_overwrite_later_revision(
    annotate: Any, annotator: User, manager: User
) -> None:
    created = annotate(annotator)
    content = {"text": "The manager's words"}
    services.revise(created, content, seen_revision=1, actor=manager)
    for seen in (1, 2):
        with pytest.raises(RevisionConflict):
            undo(change(created, 1), seen_revision=seen, actor=annotator)
    assert Annotation.objects.for_reading().get().content.text == "The manager's words"


def test_retry_of_undo_acts_once(annotate: Any, annotator: User) -> None:
    created = annotate(annotator)
    for _ in range(2):
        undone = undo(change(created, 1), seen_revision=1, actor=annotator, idempotency_key="k")
        assert (undone.revision, undone.is_active) == (2, False)
    content = {"text": "Other words"}
    services.restore(created, seen_revision=2, actor=annotator)
    services.revise(created, content, seen_revision=3, actor=annotator)
    for _ in range(2):
        back = undo(change(created, 4), seen_revision=4, actor=annotator, idempotency_key="l")
        assert back.revision == 5
    assert Change.objects.count() == 5


def test_undo_requires_permission_to_edit(
    annotate: Any, annotator: User, other_annotator: User
) -> None:
    created = annotate(annotator)
    with pytest.raises(NotPermitted):
        undo(change(created, 1), seen_revision=1, actor=other_annotator)
