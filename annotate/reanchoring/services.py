"""Reanchoring annotations to a new version of their article.

What is certain (the same words, and no doubt which) is carried at once. For the rest a row waits
until a person accepts a place, selects another or drops it. The old annotation stays on its
version for good. What is about another annotation (a source of a claim, a note) follows it, as
soon as that one is carried, and stays with it where it is not.

It happens by itself: a version that is stored, and an annotation that is written on one that is
not the current one any more, ask for a run, within their own transactions; a worker does it.

Each annotation is a transaction of its own: stopped at any moment and begun again, the rest is
done, and nothing twice. A later version that comes meanwhile ends a run, as its own does the
rest.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django_tasks import task

from annotate.models import Action, Annotation, Change
from annotate.projects.models import Project
from annotate.reanchoring import writes
from annotate.reanchoring.models import (
    LONGEST_FAULT,
    MADE,
    Decision,
    Reanchoring,
    ReanchoringRun,
    RunState,
    place_of,
)
from annotate.services import COMPANIONS
from articles.models import ArticleVersion
from articles.text.anchor import Selector, Span
from articles.text.reanchor import Outcome, Reanchorer, Status, worst
from config.db.retry import retry_on_deadlock
from config.errors import InvalidInput, NotPermitted, StateConflict


@dataclass
class Report:
    """What became of the annotations of earlier versions, counted by status.

    `following` are those whose claim or target waits, or stays where it is.
    """

    version: ArticleVersion
    found: Counter[Status] = field(default_factory=Counter)
    following: int = 0
    # Whether a later version came meanwhile. What was left is for that one.
    is_overtaken: bool = False

    @property
    def carried(self) -> int:
        """How many went without a person."""
        return sum(number for status, number in self.found.items() if status.is_certain)

    @property
    def waiting(self) -> int:
        """How many wait for a person."""
        return self.found.total() - self.carried


def carry(
    version: ArticleVersion,
    *,
    project: Project | None = None,
    is_dry_run: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Carry to a version what stands on the earlier ones of its article, as far as it is certain.

    Done already, nothing is done again; what waits is looked at anew where the annotation was
    changed since. A dry run counts and stores nothing. `on_progress` is told how many are done.
    One that fails keeps no other from being carried; why it failed is raised at the end.
    """
    report = Report(version)
    find = _Finder(version)
    left = list(_to_carry(version, project))
    done, number = 0, len(left)
    fault: Exception | None = None
    # Round after round, until only those are left whose claim or target is not carried.
    arrived = _arrived(version)
    while ready := [a for a in left if _companion(a) in arrived]:
        left = [a for a in left if _companion(a) not in arrived]
        arrived = set()
        for annotation in ready:
            if _is_overtaken(version):
                report.is_overtaken = True
                return report
            try:
                status = worst(find(annotation)) if is_dry_run else _settled(annotation, find)
            except Exception as error:
                fault = fault or error
                status = None
            if status:
                report.found[status] += 1
                if status.is_certain:
                    arrived.add(annotation.pk)
            done += 1
            on_progress(done, number)
    report.following = len(left)
    if fault:
        raise fault
    return report


def accept(
    reanchoring: Reanchoring, *, actor: Any, spans: Sequence[Selector] | None = None
) -> Annotation:
    """Carry an annotation that waits to `spans` of the new text, or to the likeliest places.

    Raises InvalidInput, NotPermitted or StateConflict.
    """

    def accepted() -> Annotation:
        with transaction.atomic():
            current = _undecided(reanchoring, actor)
            chosen = _proposed(current) if spans is None else spans
            annotation = writes.carry(
                current.annotation,
                chosen,
                version=current.version,
                actor=actor,
                reanchoring=current,
            )
            places = {(span.start, span.end) for span in annotation.spans.all()}
            is_proposed = places <= _candidates(current)
            current.decision = Decision.ACCEPTED if is_proposed else Decision.RESELECTED
            current.carried = annotation
            current.decided_by, current.decided_at = actor, timezone.now()
            current.save(update_fields=["decision", "carried", "decided_by", "decided_at"])
            _follow(current.annotation, current.version)
        return annotation

    return retry_on_deadlock(accepted)


def drop(reanchoring: Reanchoring, *, actor: Any) -> Reanchoring:
    """Reject a proposal: the annotation has no place in the new version."""
    with transaction.atomic():
        return writes.step(_undecided(reanchoring, actor), Action.DROP, actor=actor)


def reopen(reanchoring: Reanchoring, *, actor: Any) -> Reanchoring:
    """Let an annotation that was dropped wait again. Raises NotPermitted or StateConflict."""
    with transaction.atomic():
        current = _locked(reanchoring, actor)
        if current.decision != Decision.DROPPED:
            raise StateConflict("Only what was dropped can be taken up again.")
        return writes.step(current, Action.REOPEN, actor=actor)


# --- By itself ----------------------------------------------------------------------------


def ask_for_new(instance: ArticleVersion, *, created: bool, raw: bool, **_: Any) -> None:
    """Ask for a run to each version but the first, when it is stored."""
    if created and not raw and instance.number > 1:
        ReanchoringRun.objects.ask(instance.pk)


def ask_for_current(annotation: Annotation, **_: Any) -> None:
    """Ask for a run to the current version, where an annotation is not on it."""
    ReanchoringRun.objects.ask_for_current(annotation.version)


def queue(key: int, **_: Any) -> None:
    """Queue a run that was asked for, in the transaction that asks."""
    carry_version.enqueue(key)


def try_again() -> None:
    """Ask anew for the runs that failed: what was wrong may have passed."""
    failed = ReanchoringRun.objects.filter(state=RunState.FAILED)
    for key in failed.values_list("pk", flat=True):
        ReanchoringRun.objects.ask(key)


@task(queue_name="default")
def carry_version(key: int) -> None:
    """Carry to a version. It may be run again at any time, also twice at once."""
    runs = ReanchoringRun.objects
    began = runs.begin(key)
    if began is None:
        return
    version = ArticleVersion.objects.get(pk=key)
    # What is being written on an earlier version now is to be seen, or sees that it is late.
    Change.objects.wait_for_writers()
    try:
        report = carry(version)
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"
        runs.end(key, began, RunState.FAILED, fault=fault.replace("\0", "")[:LONGEST_FAULT])
        raise
    here = Reanchoring.objects.filter(version=key)
    runs.end(
        key,
        began,
        RunState.OVERTAKEN if report.is_overtaken else RunState.FINISHED,
        carried=here.filter(decision__in=MADE).count(),
        waiting=here.waiting().count(),
        following=report.following,
    )


# --- Finding ------------------------------------------------------------------------------


class _Finder:
    """Finds the passages of annotations in one text; each old version is compared once."""

    def __init__(self, version: ArticleVersion) -> None:
        self.version = version
        self._compared: dict[int, Reanchorer] = {}

    def __call__(self, annotation: Annotation) -> list[Outcome]:
        old = annotation.version_id
        if old not in self._compared:
            text = ArticleVersion.objects.only("text").get(pk=old).text
            self._compared[old] = Reanchorer(text, self.version.text)
        find = self._compared[old].outcome
        return [find(Span(span.start, span.end)) for span in annotation.spans.all()]


def _to_carry(version: ArticleVersion, project: Project | None) -> Iterable[Annotation]:
    """Give what stands on earlier versions, and neither was carried on nor decided about."""
    carried = Annotation.objects.filter(reanchored_from=OuterRef("pk"))
    settled = Reanchoring.objects.filter(annotation=OuterRef("pk"))
    dropped = settled.filter(decision=Decision.DROPPED)
    found = (
        Annotation.objects.active()
        .filter(version__article=version.article_id, version__number__lt=version.number)
        .filter(~Exists(carried), ~Exists(dropped))
        .for_reading()
        .order_by("pk")
    )
    return found.filter(project=project) if project else found


def _companion(annotation: Annotation) -> int | None:
    """Give the key of what an annotation is about, if that is another one."""
    content: Any = annotation.content
    for name in COMPANIONS:
        if key := getattr(content, f"{name}_id", None):
            return int(key)
    return None


def _arrived(version: ArticleVersion) -> set[int | None]:
    """Give the keys of what was carried to a version; what has no companion lacks nothing."""
    carried = Annotation.objects.filter(version=version, reanchored_from__isnull=False)
    return {None, *carried.values_list("reanchored_from", flat=True)}


# --- Storing ------------------------------------------------------------------------------


def _settled(annotation: Annotation, find: _Finder) -> Status | None:
    return retry_on_deadlock(lambda: _settle(annotation, find))


@transaction.atomic
def _settle(annotation: Annotation, find: _Finder) -> Status | None:
    """Carry an annotation, or let it wait; leave what was decided in the meantime.

    None where it is retracted, carried elsewhere or dropped by now.
    """
    version = find.version
    annotation = _as_it_is_now(annotation)
    rows = list(Reanchoring.objects.filter(annotation=annotation).for_settling())
    current = next((row for row in rows if row.version_id == version.pk), None)
    if current and (not current.is_waiting or current.revision == annotation.revision):
        return None if current.decision == Decision.DROPPED else Status(current.status)
    if not annotation.is_active or any(_is_settled(row, version) for row in rows):
        return None
    for row in rows:
        if row.is_waiting and row is not current:
            writes.step(row, Action.SUPERSEDE)
    outcomes = find(annotation)
    reanchoring = current or Reanchoring(annotation=annotation, version=version)
    reanchoring.revision = annotation.revision
    reanchoring.score = min((outcome.score for outcome in outcomes), default=1.0)
    reanchoring.places = [place_of(outcome) for outcome in outcomes]
    reanchoring.status = worst(outcomes)
    if reanchoring.status.is_certain:
        try:
            with transaction.atomic():
                reanchoring.carried = writes.carry(
                    annotation, _selectors(outcomes), version=version, reanchoring=reanchoring
                )
            reanchoring.decision, reanchoring.decided_at = Decision.CARRIED, timezone.now()
            reanchoring.save()
        except InvalidInput:
            # Passages that were apart may have moved into one another.
            reanchoring.status = Status.AMBIGUOUS
    if not Status(reanchoring.status).is_certain:
        writes.step(reanchoring, Action.WAIT)
    return Status(reanchoring.status)


def _as_it_is_now(annotation: Annotation) -> Annotation:
    """Keep others from changing an annotation, and give what it says by now."""
    rows = Annotation.objects.select_for_update(no_key=True).only("revision")
    revision = rows.get(pk=annotation.pk).revision
    if revision == annotation.revision:
        return annotation
    read: Annotation = Annotation.objects.for_reading().get(pk=annotation.pk)
    return read


def _is_settled(row: Reanchoring, version: ArticleVersion) -> bool:
    """Tell whether a row of another version leaves nothing to do for this one."""
    if row.version_id == version.pk:
        return False
    is_later = row.version.number > version.number
    return is_later or row.decision in MADE or row.decision == Decision.DROPPED


def _is_overtaken(version: ArticleVersion) -> bool:
    later = ArticleVersion.objects.filter(article=version.article_id, number__gt=version.number)
    return later.exists()


def _selectors(outcomes: Iterable[Outcome]) -> list[Selector]:
    return [Selector(start=o.span.start, end=o.span.end) for o in outcomes if o.span]


def _follow(annotation: Annotation, version: ArticleVersion) -> None:
    """Carry what is about an annotation after it, as far as that is certain."""
    find = _Finder(version)
    waiting = list(_to_carry(version, None))
    arrived = {annotation.pk}
    while following := [a for a in waiting if _companion(a) in arrived]:
        settled = {other.pk: _settle(other, find) for other in following}
        arrived = {key for key, status in settled.items() if status and status.is_certain}


# --- Deciding -----------------------------------------------------------------------------


def _locked(reanchoring: Reanchoring, actor: Any) -> Reanchoring:
    Reanchoring.objects.select_for_update().only("pk").get(pk=reanchoring.pk)
    found = Reanchoring.objects.for_reading().filter(pk=reanchoring.pk)
    if not Reanchoring.objects.decidable_by(actor).filter(pk=reanchoring.pk).exists():
        raise NotPermitted("Only its author or a manager of the project may decide about it.")
    return found.get()


def _undecided(reanchoring: Reanchoring, actor: Any) -> Reanchoring:
    current = _locked(reanchoring, actor)
    if not current.is_waiting:
        raise StateConflict(f"This is decided already. {current.get_decision_display()}.")
    if not current.annotation.is_active:
        raise StateConflict("This annotation is retracted. Restore it before it is carried.")
    return current


def _proposed(reanchoring: Reanchoring) -> list[Selector]:
    """Give the likeliest place of each passage. Raises InvalidInput where there is none."""
    spans = []
    for outcome in reanchoring.outcomes():
        place = outcome.span or (outcome.candidates[0].span if outcome.candidates else None)
        if place is None:
            raise InvalidInput.for_field(
                "spans", "Nothing like it was found. Select where it stands now."
            )
        spans.append(Selector(start=place.start, end=place.end))
    return spans


def _candidates(reanchoring: Reanchoring) -> set[tuple[int, int]]:
    found = set()
    for outcome in reanchoring.outcomes():
        places = [outcome.span, *(candidate.span for candidate in outcome.candidates)]
        found |= {(place.start, place.end) for place in places if place}
    return found
