"""Re-anchor annotations to a later version of their article.

Annotations whose quote is found with certainty are re-anchored at once. If only other words of
its sentence changed, entity tags and notes are, too, until a person confirms it. For the others, a
`Reanchoring` row stays pending until a person accepts a target, selects another one or rejects
the row. The old annotation stays on its version. Dependents (source links of a claim, notes on an
annotation) are re-anchored after their parent, and only if it is.

Each annotation is processed in a transaction of its own, so that a run can be stopped and
repeated at any time. A run stops when a later version appears: the run for that version
processes the rest.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotate.models import Action, Annotation, Change
from annotate.models import Span as AnnotationSpan
from annotate.projects.models import Project
from annotate.reanchoring.models import REANCHORED, Decision, Reanchoring, ReanchoringRun
from annotate.services.checks import resolve_spans
from annotate.services.storage import get_monotonic_time, log_change, read_locked, store_spans
from annotate.services.write_request import WriteRequest
from articles.models import ArticleVersion
from articles.text.anchor import Selector, Span
from articles.text.reanchor import Outcome, Reanchorer, Status, get_worst_status
from config.db.retry import retry_on_deadlock
from config.errors import InvalidInput, NotPermitted, StateConflict


@dataclass
class Report:
    """Annotations of earlier versions, counted by status.

    `dependents` are those that stay because their parent is pending or stays.
    """

    counts: Counter[Status] = field(default_factory=Counter)
    reanchored: int = 0
    dependents: int = 0
    # Whether the run stopped because there is a later version now.
    is_superseded: bool = False

    @property
    def pending(self) -> int:
        return self.counts.total() - self.reanchored


def reanchor_annotations(
    version: ArticleVersion,
    *,
    project: Project | None = None,
    is_dry_run: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Re-anchor annotations of earlier versions to `version` where that is certain.

    A repeated call changes nothing, except that it evaluates pending annotations again that were
    revised since. A dry run counts and stores nothing. If an annotation fails, the others are
    processed all the same, and the first error is raised at the end.
    """
    report = Report()
    finder = _TargetFinder(version)
    later = ArticleVersion.objects.filter(article=version.article_id, number__gt=version.number)
    remaining = list(_get_unprocessed(version, project))
    total, error = len(remaining), None
    copies = Annotation.objects.filter(version=version, reanchored_from__isnull=False)
    reanchored = {None, *copies.values_list("reanchored_from", flat=True)}
    for done, annotation in enumerate(_iter_ready(remaining, reanchored), start=1):
        if later.exists():
            report.is_superseded = True
            return report
        row = None
        try:
            if is_dry_run:
                row = Reanchoring(annotation=annotation, target_version=version)
                _evaluate(row, finder)
            else:
                row = retry_on_deadlock(partial(_process, annotation, finder))
        except Exception as caught:
            error = error or caught
        if row:
            report.counts[Status(row.status)] += 1
            if row.moves_automatically if is_dry_run else row.is_reanchored:
                report.reanchored += 1
                reanchored.add(annotation.pk)
        on_progress(done, total)
    report.dependents = len(remaining)
    if error:
        raise error
    return report


def accept(
    reanchoring: Reanchoring, *, actor: Any, spans: Sequence[Selector] | None = None
) -> Annotation:
    """Re-anchor a pending annotation to `spans` of the new text, or to the best candidates.

    If it moved already because only its context changed, confirm that. Raises InvalidInput,
    NotPermitted or StateConflict.
    """

    @transaction.atomic
    def accept_once() -> Annotation:
        current = _lock_reanchoring(reanchoring, actor)
        if not current.is_unconfirmed:
            _check_pending(current)
        elif spans is not None:
            message = _("This annotation has moved already. Revise it on the new version.")
            raise StateConflict(message)
        selectors = _get_best_selectors(current) if spans is None else spans
        annotation = create_reanchored(current, selectors, actor=actor)
        chosen = {(span.start, span.end) for span in annotation.spans.all()}
        options = {(one.start, one.end) for o in current.outcomes() for one in o.options}
        current.decision = Decision.ACCEPTED if chosen <= options else Decision.CORRECTED
        current.new_annotation = annotation
        current.decided_by, current.decided_at = actor, timezone.now()
        current.save(update_fields=["decision", "new_annotation", "decided_by", "decided_at"])
        _reanchor_dependents(current.annotation, current.target_version)
        return annotation

    return retry_on_deadlock(accept_once)


@transaction.atomic
def reject(reanchoring: Reanchoring, *, actor: Any) -> None:
    """Decide that the new version has no such passage. Raises NotPermitted or StateConflict."""
    current = _lock_reanchoring(reanchoring, actor)
    _check_pending(current)
    current.decision, current.decided_by = Decision.REJECTED, actor
    _record_decision(current, Action.REANCHOR_REJECTED, actor)


@transaction.atomic
def reopen(reanchoring: Reanchoring, *, actor: Any) -> None:
    """Make a rejected re-anchoring pending again. Raises NotPermitted or StateConflict."""
    current = _lock_reanchoring(reanchoring, actor)
    if current.decision != Decision.REJECTED:
        raise StateConflict(_("Only a rejected re-anchoring can be reopened."))
    current.decision, current.decided_by = Decision.PENDING, None
    _record_decision(current, Action.REANCHOR_REOPENED, actor)
    ReanchoringRun.objects.request_for_current(current.target_version)


@transaction.atomic
def create_reanchored(
    reanchoring: Reanchoring, spans: Iterable[Selector], *, actor: Any = None
) -> Annotation:
    """Copy an annotation to `spans` of the target version, and log it.

    The copy has the same author and content, and refers to its parent's copy on that version. If
    no person decided, `actor` is None and the change is logged in the author's name. If the
    annotation has a copy on that version already, return that one. Raises InvalidInput or
    StateConflict.
    """
    current, version = read_locked(reanchoring.annotation), reanchoring.target_version
    copies = Annotation.objects.filter(reanchored_from=current, version=version)
    if existing := copies.for_reading().first():
        return existing
    if not current.is_active:
        raise StateConflict(_("This annotation is retracted. Restore it first."))
    copy, new_spans = _build_copy(current, tuple(spans), version)
    record = copy.update_document(new_spans)
    copy.save(force_insert=True)
    store_spans(copy, new_spans)
    log_change(
        WriteRequest(actor or current.author),
        copy,
        Action.REANCHOR,
        before=None,
        after=record,
        reanchoring=reanchoring.event_record(),
    )
    return copy


def _record_decision(reanchoring: Reanchoring, action: Action, actor: Any = None) -> None:
    """Store a decision that creates no annotation, and log it.

    The annotation and its revision do not change. If no person decided, `actor` is None and the
    change is logged in the author's name.
    """
    current = read_locked(reanchoring.annotation)
    reanchoring.decided_at = None if reanchoring.is_pending else timezone.now()
    reanchoring.save()
    last = Change.objects.get_event_numbers([current.pk])[current.pk, current.revision]
    Change.build(
        current,
        action,
        event_seq=last + 1,
        actor=actor or current.author,
        at=get_monotonic_time(current.updated_at),
        after=current.record(),
        reanchoring=reanchoring.event_record(),
    ).save(force_insert=True)


class _TargetFinder:
    """Finds the passages of annotations in one version; compares each old version once."""

    def __init__(self, version: ArticleVersion) -> None:
        self.version = version
        self._reanchorers: dict[int, Reanchorer] = {}

    def find(self, annotation: Annotation) -> list[Outcome]:
        old = annotation.version_id
        if old not in self._reanchorers:
            text = ArticleVersion.objects.only("text").get(pk=old).text
            self._reanchorers[old] = Reanchorer(text, self.version.text)
        reanchor = self._reanchorers[old].reanchor
        return [reanchor(Span(span.start, span.end)) for span in annotation.spans.all()]


def _get_unprocessed(version: ArticleVersion, project: Project | None) -> QuerySet[Annotation]:
    """Return annotations of earlier versions that were neither re-anchored nor rejected."""
    reanchored = Annotation.objects.filter(reanchored_from=OuterRef("pk"))
    rejected = Reanchoring.objects.filter(annotation=OuterRef("pk"), decision=Decision.REJECTED)
    found: QuerySet[Annotation] = (
        Annotation.objects.active()
        .filter(version__article=version.article_id, version__number__lt=version.number)
        .filter(~Exists(reanchored), ~Exists(rejected))
        .for_reading()
        .order_by("pk")
    )
    return found.filter(project=project) if project else found


def _iter_ready(remaining: list[Annotation], reanchored: set[int | None]) -> Iterator[Annotation]:
    """Yield annotations whose parent is in `reanchored`, and remove them from `remaining`.

    None in `reanchored` stands for "no parent".
    The caller adds those that it re-anchored to `reanchored`, so that their dependents follow.
    """
    while ready := [a for a in remaining if a.parent_id in reanchored]:
        remaining[:] = [a for a in remaining if a.parent_id not in reanchored]
        yield from ready


@transaction.atomic
def _process(annotation: Annotation, finder: _TargetFinder) -> Reanchoring | None:
    """Re-anchor an annotation, or leave it pending, unless that was decided concurrently.

    Return None if it was retracted, rejected or re-anchored elsewhere.
    """
    version = finder.version
    annotation = _lock_annotation(annotation)
    rows = list(
        Reanchoring.objects.filter(annotation=annotation)
        .select_related("target_version")
        .defer("target_version__text", "target_version__blocks")
    )
    current = next((row for row in rows if row.target_version_id == version.pk), None)
    if current and (not current.is_pending or current.revision == annotation.revision):
        return None if current.decision == Decision.REJECTED else current
    others = [row for row in rows if row is not current]
    is_decided = any(row.decision in (*REANCHORED, Decision.REJECTED) for row in others)
    has_later = any(row.target_version.number > version.number for row in others)
    if is_decided or has_later or not annotation.is_active:
        return None
    for row in others:
        if row.is_pending:
            row.decision = Decision.SUPERSEDED
            _record_decision(row, Action.REANCHOR_SUPERSEDED)
    reanchoring = current or Reanchoring(target_version=version)
    reanchoring.annotation, reanchoring.revision = annotation, annotation.revision
    _evaluate(reanchoring, finder)
    _apply(reanchoring)
    return reanchoring


def _evaluate(reanchoring: Reanchoring, finder: _TargetFinder) -> None:
    """Find the passages, and set what was found."""
    outcomes = finder.find(reanchoring.annotation)
    reanchoring.score = min((outcome.score for outcome in outcomes), default=1.0)
    reanchoring.targets = [asdict(outcome) for outcome in outcomes]
    reanchoring.status = get_worst_status(outcomes)


def _lock_annotation(annotation: Annotation) -> Annotation:
    """Lock the annotation's row, and read it again if it was revised."""
    rows = Annotation.objects.select_for_update(no_key=True).only("revision")
    if rows.get(pk=annotation.pk).revision == annotation.revision:
        return annotation
    return Annotation.objects.for_reading().get(pk=annotation.pk)


def _apply(reanchoring: Reanchoring) -> None:
    """Create the new annotation if it moves automatically, or else leave it pending."""
    if reanchoring.moves_automatically:
        try:
            reanchoring.new_annotation = create_reanchored(
                reanchoring, _get_best_selectors(reanchoring)
            )
            reanchoring.decision = Decision.AUTO_ACCEPTED
            reanchoring.decided_at = timezone.now()
            reanchoring.save()
            return
        except InvalidInput:
            # Passages that were apart may overlap now.
            reanchoring.status = Status.AMBIGUOUS
    _record_decision(reanchoring, Action.REANCHOR_PENDING)


def _reanchor_dependents(annotation: Annotation, version: ArticleVersion) -> None:
    finder = _TargetFinder(version)
    reanchored: set[int | None] = {annotation.pk}
    for dependent in _iter_ready(list(_get_unprocessed(version, None)), reanchored):
        row = _process(dependent, finder)
        if row and row.is_reanchored:
            reanchored.add(dependent.pk)


def _build_copy(
    current: Annotation, selectors: tuple[Selector, ...], version: ArticleVersion
) -> tuple[Annotation, list[AnnotationSpan]]:
    content = current.content
    # The content was validated when it was written.
    values = current.content_values()
    resolved = resolve_spans(type(content), {**values, "spans": selectors}, version)
    if parent := content.parent_field:
        values[parent] = _get_parent_copy(parent, values[parent], version)
    now = timezone.now()
    copy = type(content)(
        kind=current.kind,
        project=current.project,
        version=version,
        author=current.author,
        reanchored_from=current,
        created_at=now,
        updated_at=now,
        **values,
    )
    return copy, [AnnotationSpan.build(copy, span, version.text) for span in resolved]


def _get_parent_copy(name: str, parent: Annotation | None, version: ArticleVersion) -> Any:
    if parent is None:
        return None
    copy = Annotation.objects.filter(reanchored_from=parent.pk, version=version).first()
    if copy is None:
        message = (
            _("The claim is not on this version yet. Review the claim first.")
            if name == "claim"
            else _("The target is not on this version yet. Review the target first.")
        )
        raise InvalidInput.for_field(name, message)
    return copy.content if name == "claim" else copy


def _lock_reanchoring(reanchoring: Reanchoring, actor: Any) -> Reanchoring:
    Reanchoring.objects.select_for_update().only("pk").get(pk=reanchoring.pk)
    if not Reanchoring.objects.decidable_by(actor).filter(pk=reanchoring.pk).exists():
        raise NotPermitted(_("Only the author or a manager of the project can decide this."))
    return Reanchoring.objects.for_reading().get(pk=reanchoring.pk)


def _check_pending(current: Reanchoring) -> None:
    if not current.is_pending:
        message = _("This was already decided: %(decision)s.")
        raise StateConflict(message % {"decision": current.get_decision_display()})
    if not current.annotation.is_active:
        raise StateConflict(_("This annotation is retracted. Restore it first."))


def _get_best_selectors(reanchoring: Reanchoring) -> list[Selector]:
    """Return the best candidate for each passage. Raises InvalidInput if one has none."""
    best = [outcome.options[:1] for outcome in reanchoring.outcomes()]
    if not all(best):
        message = _("No match was found. Select the passage in the new text.")
        raise InvalidInput.for_field("spans", message)
    return [Selector(start=one.start, end=one.end) for (one,) in best]
