"""What became of an annotation when its article got another version."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.dispatch import Signal
from django.utils import timezone

from annotate.models.annotation import Annotation, AnnotationQuerySet, State
from annotate.projects.models import AnyUser, Membership, Role
from articles.models import Article, ArticleVersion
from articles.text.anchor import Span
from articles.text.reanchor import Candidate, Outcome
from articles.text.reanchor import Status as Found
from config.db.constraints import choices_constraint
from config.db.public_id import PublicModel
from config.db.timestamps import rfc3339


class Decision(models.TextChoices):
    """What was decided about reanchoring an annotation to a version."""

    WAITING = "waiting", "Waits for a person"
    CARRIED = "carried", "Carried without a person: the same words"
    ACCEPTED = "accepted", "Carried to a proposed place"
    RESELECTED = "reselected", "Carried to a place that a person selected"
    DROPPED = "dropped", "Not carried: it does not stand there any more"
    SUPERSEDED = "superseded", "Overtaken by a later version"


MADE = (Decision.CARRIED, Decision.ACCEPTED, Decision.RESELECTED)
_WAITS = models.Q(decision=Decision.WAITING, annotation__state=State.ACTIVE)


class ReanchoringQuerySet(models.QuerySet["Reanchoring"]):
    """Ways to ask what was carried, and what waits."""

    def visible_to(self, user: AnyUser) -> Self:
        """Keep those of annotations that the user may see."""
        seen = Annotation.objects.visible_to(user)
        return self.filter(annotation__in=seen.order_by().values("pk"))

    def waiting(self) -> Self:
        """Keep what waits for a person; what was retracted meanwhile does not."""
        return self.filter(_WAITS)

    def counts(self, user: AnyUser) -> dict[str, int]:
        """Count what is carried, what waits, and what of that the user may decide (`mine`)."""
        mine = models.Q(pk__in=Reanchoring.objects.decidable_by(user).values("pk"))
        return self.aggregate(
            carried=models.Count("pk", filter=models.Q(decision__in=MADE)),
            waiting=models.Count("pk", filter=_WAITS),
            mine=models.Count("pk", filter=_WAITS & mine),
        )

    def by_version(self) -> "models.QuerySet[Reanchoring, dict[str, Any]]":
        """Count the same for each version, the latest in which something was done first."""
        done = Coalesce("decided_at", "created_at")
        return (
            self.values("version")
            .annotate(
                carried=models.Count("pk", filter=models.Q(decision__in=MADE)),
                waiting=models.Count("pk", filter=_WAITS),
                dropped=models.Count("pk", filter=models.Q(decision=Decision.DROPPED)),
                last=models.Max(done),
            )
            .order_by("-last", "-version")
        )

    def decidable_by(self, user: AnyUser) -> Self:
        """Keep what the user may decide: one's own, and everyone's where one manages."""
        if not user.is_authenticated:
            return self.none()
        if getattr(user, "is_superuser", False):
            return self
        places = Membership.objects.filter(user_id=user.pk)
        writing = places.exclude(role=Role.READER).values("project")
        managed = places.filter(role=Role.MANAGER).values("project")
        return self.filter(
            models.Q(annotation__author=user.pk, annotation__project__in=writing)
            | models.Q(annotation__project__in=managed)
        )

    def for_reading(self) -> Self:
        """Fetch what `record()` and the queue need, in a fixed number of queries and no text."""
        return (
            self.select_related("version__article", "decided_by", "carried")
            .defer("version__text", "version__blocks")
            .prefetch_related(models.Prefetch("annotation", Annotation.objects.for_reading()))
        )

    def for_settling(self) -> Self:
        """Fetch with each its version, without the text."""
        return self.select_related("version").defer("version__text", "version__blocks")

    def in_text_order(self) -> Self:
        """Sort by article, and within one by where the old passages stand."""
        return self.annotate(first_start=models.Min("annotation__spans__start")).order_by(
            "version", models.F("first_start").asc(nulls_last=True), "public_id"
        )


class Reanchoring(PublicModel):
    """One annotation on its way to one version of its article: what was found and decided.

    `places` has for each passage, in text order, its status, score and where it stands or may
    stand now, as `{status, score, span, candidates: [{start, end, score}]}` in code points of
    the version's text. They were found for `revision` of the annotation.
    """

    annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="reanchorings")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="reanchorings")
    revision = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=[(s.value, s.name.title()) for s in Found])
    score = models.FloatField(help_text="0 to 1: how like the least like passage is.")
    places = models.JSONField()
    decision = models.CharField(max_length=20, choices=Decision, default=Decision.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    carried = models.OneToOneField(
        Annotation, models.PROTECT, null=True, blank=True, related_name="reanchoring"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReanchoringQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["decision", "version"])]
        constraints = [
            models.UniqueConstraint(fields=["annotation", "version"], name="reanchoring_is_one"),
            choices_constraint("decision", Decision),
            choices_constraint("status", Found),
            models.CheckConstraint(
                condition=models.Q(score__gte=0, score__lte=1), name="reanchoring_score_0_to_1"
            ),
            # What was carried is there, and nothing else is.
            models.CheckConstraint(
                condition=models.Q(decision__in=MADE, carried__isnull=False)
                | ~models.Q(decision__in=MADE) & models.Q(carried=None),
                name="carried_is_there",
            ),
            # Only what is certain goes without a person.
            models.CheckConstraint(
                condition=~models.Q(decision=Decision.CARRIED)
                | models.Q(status__in=[s.value for s in Found if s.is_certain]),
                name="only_the_certain_is_carried",
            ),
            models.CheckConstraint(
                condition=models.Q(decision=Decision.WAITING, decided_at=None)
                | ~models.Q(decision=Decision.WAITING) & models.Q(decided_at__isnull=False),
                name="decided_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.annotation_id} to version {self.version_id}: {self.decision}"

    @property
    def article(self) -> Article:
        """The article whose text changed."""
        return self.version.article

    @property
    def is_waiting(self) -> bool:
        """Whether a person has to decide."""
        return self.decision == Decision.WAITING

    def told(self) -> dict[str, Any]:
        """Write down for the change log where the annotation is to go, and how sure that is."""
        return {
            "id": str(self.public_id),
            "version": str(self.version.public_id),
            "status": str(self.status),
            "score": self.score,
        }

    def outcomes(self) -> list[Outcome]:
        """Give what was found, passage by passage."""
        return [outcome_from(place) for place in self.places]

    def record(self) -> dict[str, Any]:
        """Write it down for the API."""
        return {
            "id": str(self.public_id),
            "annotation": str(self.annotation.public_id),
            "kind": self.annotation.kind,
            "project": self.annotation.project.slug,
            "author": self.annotation.author.get_username(),
            "article": str(self.version.article.public_id),
            "from_version": str(self.annotation.version.public_id),
            "version": str(self.version.public_id),
            "status": self.status,
            "score": self.score,
            "places": self.places,
            "decision": self.decision,
            "decided_by": self.decided_by.get_username() if self.decided_by else None,
            "decided_at": rfc3339(self.decided_at) if self.decided_at else None,
            "carried": str(self.carried.public_id) if self.carried else None,
            "created_at": rfc3339(self.created_at),
        }


def place_of(outcome: Outcome) -> dict[str, Any]:
    """Write down what was found of one passage."""
    return {
        "status": str(outcome.status),
        "score": outcome.score,
        "span": {"start": outcome.span.start, "end": outcome.span.end} if outcome.span else None,
        "candidates": [
            {"start": one.span.start, "end": one.span.end, "score": one.score}
            for one in outcome.candidates
        ],
    }


def outcome_from(place: dict[str, Any]) -> Outcome:
    """Read what was found of one passage."""
    span = place["span"]
    return Outcome(
        Found(place["status"]),
        Span(span["start"], span["end"]) if span else None,
        place["score"],
        tuple(
            Candidate(Span(one["start"], one["end"]), one["score"]) for one in place["candidates"]
        ),
    )


LONGEST_FAULT = 500

# Sent within the transaction in which a run is asked for; `key` is that of the version.
asked_for = Signal()


class RunState(models.TextChoices):
    """How far a run is."""

    QUEUED = "queued", "Waits for a worker"
    RUNNING = "running", "Under way"
    FINISHED = "finished", "Finished"
    OVERTAKEN = "overtaken", "Overtaken by a later version"
    FAILED = "failed", "Failed"


# With these something may be left that is not looked at.
UNFINISHED = (RunState.QUEUED, RunState.RUNNING, RunState.FAILED)


class ReanchoringRunQuerySet(models.QuerySet["ReanchoringRun"]):
    """Ways to ask for runs."""

    def ask(self, version: int) -> None:
        """Have it looked soon at what stands on earlier versions than the one with this key.

        One that waits for a worker already is not asked for twice.
        """
        with transaction.atomic():
            _, is_new = self.get_or_create(version_id=version)
            again = self.filter(pk=version).exclude(state=RunState.QUEUED)
            if is_new or again.update(**_asked()):
                asked_for.send(self.model, key=version)

    def ask_for_current(self, version: ArticleVersion) -> None:
        """Have the current version of an article looked at, where this one is not it any more.

        The article is asked anew: it may have got another version since it was read.
        """
        others = ArticleVersion.objects.filter(current_of=version.article_id).exclude(pk=version.pk)
        key = others.values_list("pk", flat=True).first()
        if key is not None:
            self.ask(key)

    def ask_again(self) -> int:
        """Have it done again, also where a worker should have it already; tell how many."""
        with transaction.atomic():
            keys = list(self.values_list("pk", flat=True))
            ReanchoringRun.objects.filter(pk__in=keys).update(**_asked())
            for key in keys:
                asked_for.send(self.model, key=key)
        return len(keys)

    def begin(self, key: int) -> datetime | None:
        """Note that a run is under way, and when it began; None where there is none."""
        now = timezone.now()
        begun = self.filter(pk=key).update(
            state=RunState.RUNNING, started_at=now, finished_at=None, fault=""
        )
        return now if begun else None

    def end(self, key: int, began: datetime, state: RunState, **found: Any) -> None:
        """Note how a run ended, unless it was asked for or begun anew since."""
        self.filter(pk=key, state=RunState.RUNNING, started_at=began).update(
            state=state, finished_at=timezone.now(), **found
        )


class ReanchoringRun(models.Model):
    """Reanchoring to one version, by a worker: whether it is done, and how it ended.

    The counts are of all annotations, also of those that few may see: they are for superusers.
    To others is told what the `Reanchoring` rows that they may see say.
    """

    version = models.OneToOneField(
        ArticleVersion, models.PROTECT, primary_key=True, related_name="reanchoring_run"
    )
    state = models.CharField(max_length=20, choices=RunState, default=RunState.QUEUED)
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    carried = models.PositiveIntegerField(default=0, help_text="Now on this version.")
    waiting = models.PositiveIntegerField(default=0, help_text="For a person, when it ended.")
    following = models.PositiveIntegerField(
        default=0, help_text="Not carried as what they are about is not."
    )
    fault = models.CharField(max_length=LONGEST_FAULT, blank=True, help_text="Why it failed.")

    objects = ReanchoringRunQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["state"])]
        constraints = [
            choices_constraint("state", RunState),
            models.CheckConstraint(
                condition=models.Q(state=RunState.FAILED) & ~models.Q(fault="")
                | ~models.Q(state=RunState.FAILED) & models.Q(fault=""),
                name="failed_run_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"To {self.version}: {self.get_state_display()}"


def on_their_way(annotations: AnnotationQuerySet) -> AnnotationQuerySet:
    """Keep of annotations those that a run to the current version has yet to look at.

    Without those that are about another one: they follow it, or stay with it.
    """
    carried = Annotation.objects.filter(reanchored_from=models.OuterRef("pk"))
    rows = Reanchoring.objects.filter(annotation=models.OuterRef("pk"))
    looked_at = models.Q(version__current_of__isnull=False) | models.Q(decision=Decision.DROPPED)
    current = "version__article__current_version"
    return annotations.active().filter(
        ~models.Exists(carried),
        ~models.Exists(rows.filter(looked_at)),
        **{
            f"{current}__reanchoring_run__state__in": UNFINISHED,
            f"{current}__number__gt": models.F("version__number"),
        },
        as_source_link__claim=None,
        as_note__target=None,
    )


def _asked() -> dict[str, Any]:
    return {"state": RunState.QUEUED, "asked_at": timezone.now(), "fault": ""}
