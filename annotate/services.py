"""The one write path: every annotation is made, carried, revised, retracted and restored here.

The web UI, the API, the admin and the importers call these functions. Each acts in one
transaction with its row of the change log, or refuses (`config.errors`) and changes nothing.
What was written on a version that is not the current one any more is soon looked at, whether it
can be carried."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from annotate.drafts import Draft, EntityTagDraft, NoteDraft, SourceLinkDraft, draft_of
from annotate.models import Action, Annotation, Change, Claim, Span, State
from annotate.projects.models import WRITERS, Project, Role
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.services import clean_string, find_or_create_entity, find_or_create_source
from annotate.signals import annotation_written
from articles.models import ArticleVersion
from articles.text.anchor import AnchorError, resolve_all
from articles.text.anchor import Span as TextSpan
from articles.text.normalise import UnencodableText
from config.db.retry import retry_on_deadlock
from config.errors import (
    FieldError,
    IdempotencyKeyReused,
    InvalidInput,
    NotPermitted,
    RevisionConflict,
    StateConflict,
)

MAX_SPANS = 200
MAX_KEY = 200
# What an annotation may be about, beside passages.
COMPANIONS = frozenset({"claim", "target"})

Result = TypeVar("Result")


def create(
    draft: Draft,
    *,
    project: Project,
    version: ArticleVersion,
    actor: Any,
    idempotency_key: str = "",
    asked: Any = None,
) -> Annotation:
    """Make an annotation of the draft's kind by `actor`, and log it.

    With a key that this actor used before for the same request, the annotation made then is
    returned; `asked` is the part of the draft that was sent, where the rest was proposed and
    could be proposed otherwise at a retry.
    """
    _require_writer(project, actor)
    request = _Request.of(
        actor,
        idempotency_key,
        {
            "create": draft if asked is None else asked,
            "project": project.public_id,
            "version": version.public_id,
        },
    )
    return request.once(lambda: _create(draft, project, version, request))


def revise(
    annotation: Annotation,
    draft: Draft,
    *,
    seen_revision: int,
    actor: Any,
    idempotency_key: str = "",
    asked: Any = None,
) -> Annotation:
    """Make the annotation say what the draft says, and log it; the same words are no revision.

    `asked` is the part of the draft that was sent, where the rest is what stood there: a retry
    sends the same again, but another may have changed the rest. Raises InvalidInput, NotPermitted,
    RevisionConflict, StateConflict or IdempotencyKeyReused.
    """
    request = _Request.of(
        actor,
        idempotency_key,
        {
            "revise": draft if asked is None else asked,
            "id": annotation.public_id,
            "seen": seen_revision,
        },
    )
    return request.once(lambda: _revise(annotation, draft, seen_revision, request))


def retract(
    annotation: Annotation, *, seen_revision: int, actor: Any, idempotency_key: str = ""
) -> Annotation:
    """Take the annotation back, and log it; `restore` undoes it.

    Raises NotPermitted, RevisionConflict, StateConflict or IdempotencyKeyReused.
    """
    return _turn(annotation, State.RETRACTED, seen_revision, actor, idempotency_key)


def restore(
    annotation: Annotation, *, seen_revision: int, actor: Any, idempotency_key: str = ""
) -> Annotation:
    """Make a retracted annotation stand again, and log it.

    Raises NotPermitted, RevisionConflict, StateConflict or IdempotencyKeyReused.
    """
    return _turn(annotation, State.ACTIVE, seen_revision, actor, idempotency_key)


def all_or_nothing(acts: Callable[[], Result], *, changing: Iterable[UUID] = ()) -> Result:
    """Do several writes in one transaction, of which `changing` names the annotations changed.

    These are locked first, in one order: who waits for the log's turn holds what others that
    have it do not want.
    """

    def locked() -> Result:
        with transaction.atomic():
            rows = Annotation.objects.filter(public_id__in=list(changing)).order_by("pk")
            list(rows.select_for_update(no_key=True).values_list("pk"))
            return acts()

    return retry_on_deadlock(locked)


# --- Doing it once ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Request:
    """Who asks for what; a repeated key is known by the digest of what it asked."""

    actor: Any
    key: str
    digest: str

    @classmethod
    def of(cls, actor: Any, key: str, asked: dict[str, Any]) -> "_Request":
        if len(key) > MAX_KEY or not key.isprintable():
            raise InvalidInput.for_field(
                "idempotency_key", f"Use at most {MAX_KEY} printable characters, such as a UUID."
            )
        written = json.dumps(asked, default=_for_digest, sort_keys=True)
        return cls(actor, key, hashlib.sha256(written.encode(errors="replace")).hexdigest())

    def once(self, act: Callable[[], Annotation]) -> Annotation:
        """Act, unless this very request was carried out before."""

        def acted() -> Annotation:
            with transaction.atomic():
                return self._done_before() or act()

        try:
            return retry_on_deadlock(acted)
        except (IntegrityError, RevisionConflict, StateConflict):
            # The same request may have come twice at a time, and the other one was first.
            if done := self._done_before():
                return done
            raise

    def _done_before(self) -> Annotation | None:
        if not self.key:
            return None
        change = Change.objects.filter(actor=self.actor, idempotency_key=self.key).first()
        if change is None:
            return None
        if change.request_digest != self.digest:
            raise IdempotencyKeyReused
        return Annotation.objects.for_reading().get(pk=change.annotation_id)

    def log(
        self,
        annotation: Annotation,
        action: Action,
        before: dict[str, Any] | None,
        after: dict[str, Any],
        reanchoring: dict[str, Any] | None = None,
    ) -> None:
        """Append what was done to the change log; have it carried on if it came too late."""
        Change.objects.create(
            annotation_id=annotation.pk,
            revision=annotation.revision,
            action=action,
            actor=self.actor,
            at=annotation.updated_at,
            before=before,
            after=after,
            idempotency_key=self.key,
            request_digest=self.digest if self.key else "",
            reanchoring=reanchoring,
        )
        if annotation.is_active:
            # Not before it has its turn in the log, for which a run waits before it looks: so one
            # of the two sees the other, however they come together.
            annotation_written.send(Annotation, annotation=annotation)


def _for_digest(value: Any) -> Any:
    """Write a part of a request down for its digest."""
    if isinstance(value, Draft):
        content = value.content()
        if isinstance(value, SourceLinkDraft):
            # Its default is the time of asking, which a retry does not repeat.
            del content["retrieved_at"]
        return {**content, "spans": [asdict(span) for span in value.spans]}
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, models.Model):
        return str(getattr(value, "public_id", value.pk))
    return str(value)


# --- Who may ------------------------------------------------------------------------------


def _require_writer(project: Project, actor: Any) -> Role:
    role = project.get_role(actor)
    if role not in WRITERS:
        raise NotPermitted(f"You may not annotate in the project “{project.name}”.")
    return role


def _require_editor(annotation: Annotation, actor: Any) -> None:
    role = _require_writer(annotation.project, actor)
    if annotation.author_id != actor.pk and role != Role.MANAGER:
        raise NotPermitted("Only its author or a manager of the project may change an annotation.")


# --- Doing it -----------------------------------------------------------------------------


def _create(
    draft: Draft, project: Project, version: ArticleVersion, request: _Request
) -> Annotation:
    _require_article(project, version)
    spans = _resolved(draft, version)
    now = timezone.now()
    annotation = draft.MODEL(
        kind=draft.MODEL.KIND,
        project=project,
        version=version,
        author=request.actor,
        created_at=now,
        updated_at=now,
        **_checked_content(draft, project, version, request.actor),
    )
    _check(annotation)
    passages = [Span.of(annotation, span, version.text) for span in spans]
    record = annotation.write_down(passages)
    annotation.save(force_insert=True)
    _store_spans(annotation, passages)
    request.log(annotation, Action.CREATE, before=None, after=record)
    return annotation


def _revise(
    annotation: Annotation, draft: Draft, seen_revision: int, request: _Request
) -> Annotation:
    current = _locked(annotation, seen_revision, request.actor)
    if not current.is_active:
        raise StateConflict("This annotation is retracted. Restore it before you change it.")
    version = current.version
    spans = _resolved(draft, version)
    before = current.record()
    old = draft_of(current)
    content = current.content
    for name, value in _checked_content(draft, current.project, version, request.actor).items():
        setattr(content, name, value)
    _check(content)
    moved = [(s.start, s.end) for s in spans] != [(s.start, s.end) for s in old.spans]
    if not moved and content.content_record() == {k: before[k] for k in content.content_record()}:
        return current
    content.save(update_fields=[f.name for f in content._meta.local_fields if not f.primary_key])
    if moved:
        current.spans.all().delete()
        _store_spans(current, [Span.of(current, span, version.text) for span in spans])
    request.log(current, Action.REVISE, before, after=_advance(current))
    return current


def _turn(
    annotation: Annotation, state: State, seen_revision: int, actor: Any, key: str
) -> Annotation:
    action = Action.RETRACT if state == State.RETRACTED else Action.RESTORE
    request = _Request.of(actor, key, {str(action): annotation.public_id, "seen": seen_revision})

    def act() -> Annotation:
        current = _locked(annotation, seen_revision, actor)
        if current.state == state:
            raise StateConflict(f"This annotation is {state.label.lower()} already.")
        before = current.record()
        current.state = state
        request.log(current, action, before, after=_advance(current))
        return current

    return request.once(act)


def _locked(annotation: Annotation, seen_revision: int, actor: Any) -> Annotation:
    """Read the annotation as it is now and keep others from changing it until we are done."""
    current = _read_locked(annotation)
    _require_editor(current, actor)
    if current.revision != seen_revision:
        raise RevisionConflict(current)
    return current


def _read_locked(annotation: Annotation) -> Annotation:
    # First the lock, then the reading: a query that had to wait for its lock sees the locked row
    # as it is now, but what it joins to that row as it was.
    Annotation.objects.select_for_update(no_key=True).only("pk").get(pk=annotation.pk)
    current: Annotation = Annotation.objects.for_reading().get(pk=annotation.pk)
    return current


def _advance(annotation: Annotation) -> dict[str, Any]:
    """Make it the next revision, and give its record."""
    annotation.revision += 1
    annotation.updated_at = _later_than(annotation.updated_at)
    record = annotation.write_down()
    Annotation.objects.filter(pk=annotation.pk).update(
        state=annotation.state,
        revision=annotation.revision,
        updated_at=annotation.updated_at,
        document=annotation.document,
    )
    # The content row has its own copy of what all kinds share.
    content = annotation.content
    content.state, content.revision = annotation.state, annotation.revision
    content.updated_at = annotation.updated_at
    return record


def _later_than(moment: datetime) -> datetime:
    """Give the time, which for one annotation never runs backwards even if the clock does."""
    return max(timezone.now(), moment)


def _store_spans(annotation: Annotation, spans: list[Span]) -> None:
    for span in spans:
        # Its key was not known when the span was made.
        span.annotation = annotation
    Span.objects.bulk_create(spans)
    getattr(annotation, "_prefetched_objects_cache", {}).pop("spans", None)
    models.prefetch_related_objects([annotation], "spans")


# --- Checking -----------------------------------------------------------------------------


def _require_article(project: Project, version: ArticleVersion) -> None:
    if project.articles.filter(pk=version.article_id).exists():
        return
    if not project.auto_add_articles:
        raise InvalidInput.for_field(
            "version",
            f"This article is not in the project “{project.name}”. A manager can add it.",
        )
    project.articles.add(version.article_id)


def _resolved(draft: Draft, version: ArticleVersion) -> list[TextSpan]:
    """Anchor the draft's selectors in the version's text."""
    if not draft.spans:
        if isinstance(draft, SourceLinkDraft) and draft.claim:
            return []
        if isinstance(draft, NoteDraft) and draft.target:
            return []
        raise InvalidInput.for_field("spans", _what_is_missing(draft))
    if len(draft.spans) > MAX_SPANS:
        raise InvalidInput.for_field("spans", f"At most {MAX_SPANS} passages in one annotation.")
    try:
        return resolve_all(version.text, draft.spans)
    except AnchorError as error:
        at = () if error.index is None else (error.index, error.field)
        raise InvalidInput([FieldError(("spans", *at), str(error))]) from None
    except UnencodableText as error:
        raise InvalidInput.for_field("spans", str(error)) from None


def _what_is_missing(draft: Draft) -> str:
    if isinstance(draft, SourceLinkDraft):
        return "Select a passage, or name the claim that the source belongs to."
    if isinstance(draft, NoteDraft):
        return "Select a passage, or name the annotation that the note is about."
    return "Select at least one passage."


def _checked_content(
    draft: Draft, project: Project, version: ArticleVersion, actor: Any
) -> dict[str, Any]:
    """Give the values of the model's own fields, cleaned, with what they refer to found."""
    content = {
        name: clean_string(value, name) if isinstance(value, str) else value
        for name, value in draft.content().items()
    }
    if isinstance(draft, EntityTagDraft):
        content["tag"] = _tag(project, content.pop("type"))
        if isinstance(draft.entity, EntityDraft):
            content["entity"] = _described_entity(draft.entity, actor)
    if isinstance(draft, SourceLinkDraft):
        _require_companion("claim", draft.claim, project, version, actor)
        if isinstance(draft.source, SourceDraft):
            content["source"] = _described_source(draft.source, actor)
    if isinstance(draft, NoteDraft):
        _require_companion("target", draft.target, project, version, actor)
    return content


def _tag(project: Project, code: str) -> Any:
    tags = {tag.code: tag for tag in project.tag_set.tags.all()}
    if code not in tags:
        raise InvalidInput.for_field(
            "type",
            f"“{code}” is not in the tag set “{project.tag_set}”. Use one of {', '.join(tags)}.",
        )
    return tags[code]


def _described_source(draft: SourceDraft, actor: Any) -> Any:
    try:
        return find_or_create_source(draft, by=actor)[0]
    except InvalidInput as error:
        raise InvalidInput(
            FieldError(("source", *e.path), e.message) for e in error.errors
        ) from None


def _described_entity(draft: EntityDraft, actor: Any) -> Any:
    try:
        return find_or_create_entity(draft, by=actor)
    except InvalidInput as error:
        raise InvalidInput(
            FieldError(("entity", *e.path), e.message) for e in error.errors
        ) from None


def _require_companion(
    name: str, other: Annotation | None, project: Project, version: ArticleVersion, actor: Any
) -> None:
    """Refuse to point at an annotation of elsewhere, or at one that the actor may not see."""
    if other is None:
        return
    here = other.project_id == project.pk and other.version_id == version.pk
    if not here or not Annotation.objects.visible_to(actor).filter(pk=other.pk).exists():
        raise InvalidInput.for_field(
            name, f"This {name} is not in this project and version of the article."
        )


def _check(annotation: Annotation) -> None:
    """Check each value of the content by its field's own rules."""
    own = {f.name for f in annotation._meta.local_fields if not f.primary_key}
    others = {f.name for f in annotation._meta.fields} - own
    try:
        annotation.clean_fields(exclude=others)
    except ValidationError as error:
        raise InvalidInput.from_messages(error.message_dict) from None
    if isinstance(annotation, Claim) and annotation.claimant_entity and annotation.claimant_name:
        raise InvalidInput.for_field(
            "claimant", "Give the claimant as an entity or as a name, not as both."
        )
