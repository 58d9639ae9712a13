from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotate.models.annotation import Annotation, AnnotationQuerySet, State
from annotate.projects.models import AnyUser, Membership, Role
from articles.models import ArticleVersion
from articles.text.anchor import Span
from articles.text.reanchor import Candidate, Outcome, Status, moves_automatically
from config.db.constraints import choices_constraint
from config.db.public_id import PublicModel
from config.jobs.lease import Lease, LeaseQuerySet

STATUS_CHOICES = [
    (Status.EXACT.value, _("Exact")),
    (Status.MOVED.value, _("Moved")),
    (Status.TYPOGRAPHIC.value, _("Typography changed")),
    (Status.CONTEXT_CHANGED.value, _("Context changed")),
    (Status.FUZZY.value, _("Text changed")),
    (Status.AMBIGUOUS.value, _("Ambiguous")),
    (Status.ORPHAN.value, _("Not found")),
]


class Decision(models.TextChoices):
    PENDING = "pending", _("Pending")
    AUTO_ACCEPTED = "auto_accepted", _("Accepted automatically")
    ACCEPTED = "accepted", _("Accepted")
    CORRECTED = "corrected", _("Corrected by hand")
    REJECTED = "rejected", _("Rejected")
    SUPERSEDED = "superseded", _("Superseded by a later version")


# With these decisions there is a new annotation on the target version.
REANCHORED = (Decision.AUTO_ACCEPTED, Decision.ACCEPTED, Decision.CORRECTED)
_IS_PENDING = models.Q(decision=Decision.PENDING, annotation__state=State.ACTIVE)
_IS_UNCONFIRMED = models.Q(
    decision=Decision.AUTO_ACCEPTED,
    status=Status.CONTEXT_CHANGED,
    new_annotation__state=State.ACTIVE,
)
_NEEDS_REVIEW = _IS_PENDING | _IS_UNCONFIRMED
_COUNTS = {
    "reanchored": models.Count("pk", filter=models.Q(decision__in=REANCHORED)),
    "to_review": models.Count("pk", filter=_NEEDS_REVIEW),
}


class ReanchoringQuerySet(models.QuerySet["Reanchoring"]):
    def visible_to(self, user: AnyUser) -> Self:
        visible = Annotation.objects.visible_to(user)
        return self.filter(annotation__in=visible.order_by().values("pk"))

    def pending(self) -> Self:
        """Filter to those that need a decision, without annotations retracted since."""
        return self.filter(_IS_PENDING)

    def needing_review(self) -> Self:
        """Filter to pending ones, and those that moved though their context changed."""
        return self.filter(_NEEDS_REVIEW)

    def count_by_state(self, user: AnyUser) -> dict[str, int]:
        """Count reanchored rows, those that need review, and those that `user` can review."""
        rows = Reanchoring.objects.decidable_by(user)
        decidable = _NEEDS_REVIEW & models.Q(pk__in=rows.values("pk"))
        return self.aggregate(**_COUNTS, decidable=models.Count("pk", filter=decidable))

    def count_by_version(self) -> "models.QuerySet[Reanchoring, dict[str, Any]]":
        """Count rows by target version, the most recently updated version first."""
        return (
            self.values("target_version")
            .annotate(
                **_COUNTS,
                rejected=models.Count("pk", filter=models.Q(decision=Decision.REJECTED)),
                last=models.Max(Coalesce("decided_at", "created_at")),
            )
            .order_by("-last", "-target_version")
        )

    def decidable_by(self, user: AnyUser) -> Self:
        """Filter to rows that the user can decide: authors their own, managers all."""
        if not user.is_authenticated:
            return self.none()
        if getattr(user, "is_superuser", False):
            return self
        memberships = Membership.objects.filter(user_id=user.pk)
        writable = memberships.exclude(role=Role.READER).values("project")
        managed = memberships.filter(role=Role.MANAGER).values("project")
        return self.filter(
            models.Q(annotation__author=user.pk, annotation__project__in=writable)
            | models.Q(annotation__project__in=managed)
        )

    def for_reading(self) -> Self:
        """Fetch what the API and the review list need, in a fixed number of queries."""
        return (
            self.select_related("target_version__article", "decided_by", "new_annotation")
            .defer("target_version__text", "target_version__blocks")
            .prefetch_related(models.Prefetch("annotation", Annotation.objects.for_reading()))
        )

    def order_by_position(self) -> Self:
        """Sort by target version, then by the position of the old passages."""
        return self.annotate(first_start=models.Min("annotation__spans__start")).order_by(
            "target_version", models.F("first_start").asc(nulls_last=True), "public_id"
        )


class Reanchoring(PublicModel):
    """The move of one annotation to one later version: what was found, and the decision.

    `targets` has one entry per passage, in text order:
    `{status, score, span, candidates: [{start, end, score}]}` in code points of the target
    version's text. They were computed for `revision` of the annotation.
    """

    annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="reanchorings")
    target_version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="reanchorings")
    revision = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=STATUS_CHOICES)
    score = models.FloatField(help_text=_("0 to 1: similarity of the least similar passage."))
    targets = models.JSONField()
    decision = models.CharField(max_length=20, choices=Decision, default=Decision.PENDING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    new_annotation = models.OneToOneField(
        Annotation, models.PROTECT, null=True, blank=True, related_name="reanchoring"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReanchoringQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("re-anchoring")
        verbose_name_plural = _("re-anchorings")
        indexes = [models.Index(fields=["decision", "target_version"])]
        constraints = [
            models.UniqueConstraint(
                fields=["annotation", "target_version"], name="reanchoring_is_unique"
            ),
            choices_constraint("decision", Decision),
            choices_constraint("status", Status),
            models.CheckConstraint(
                condition=models.Q(score__gte=0, score__lte=1), name="reanchoring_score_0_to_1"
            ),
            models.CheckConstraint(
                condition=models.Q(decision__in=REANCHORED, new_annotation__isnull=False)
                | ~models.Q(decision__in=REANCHORED) & models.Q(new_annotation=None),
                name="reanchored_has_new_annotation",
            ),
            models.CheckConstraint(
                condition=~models.Q(decision=Decision.AUTO_ACCEPTED)
                | models.Q(status__in=[s.value for s in Status if s.has_match]),
                name="auto_accepted_has_match",
            ),
            models.CheckConstraint(
                condition=models.Q(decision=Decision.PENDING, decided_at=None)
                | ~models.Q(decision=Decision.PENDING) & models.Q(decided_at__isnull=False),
                name="decided_has_decided_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.annotation_id} to version {self.target_version_id}: {self.decision}"

    @property
    def is_pending(self) -> bool:
        return self.decision == Decision.PENDING

    @property
    def is_reanchored(self) -> bool:
        return self.decision in REANCHORED

    @property
    def is_unconfirmed(self) -> bool:
        """Whether the annotation moved, but a person should check its changed context."""
        return (
            self.decision == Decision.AUTO_ACCEPTED
            and self.status == Status.CONTEXT_CHANGED
            and self.new_annotation is not None
            and self.new_annotation.is_active
        )

    @property
    def moves_automatically(self) -> bool:
        return moves_automatically(self.annotation.kind, Status(self.status))

    def event_record(self) -> dict[str, Any]:
        """Return what a change of the log says about this re-anchoring."""
        return {
            "id": str(self.public_id),
            "target_version": str(self.target_version.public_id),
            "status": str(self.status),
            "score": self.score,
        }

    def outcomes(self) -> list[Outcome]:
        return [
            Outcome(
                Status(target["status"]),
                Span(**target["span"]) if target["span"] else None,
                target["score"],
                tuple(Candidate(**candidate) for candidate in target["candidates"]),
            )
            for target in self.targets
        ]


MAX_ERROR_LENGTH = 500


class RunState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    SUPERSEDED = "superseded", _("Superseded by a later version")
    FAILED = "failed", _("Failed")


# A queued, or running, task is considered lost after this, and another is queued.
QUEUE_LEASE = timedelta(hours=12)
RUN_LEASE = timedelta(hours=1)

# In these states there may be annotations left to process.
UNFINISHED = (RunState.QUEUED, RunState.RUNNING, RunState.FAILED)


class ReanchoringRunQuerySet(LeaseQuerySet["ReanchoringRun"]):
    @transaction.atomic
    def request(self, version: int, *, force: bool = False) -> None:
        """Queue a run for the version with this key; unless `force`, only if none is queued.

        The run takes the lease of a running one, which then ends without storing its result.
        """
        from annotate.reanchoring.runs import run_reanchoring

        _run, is_new = self.get_or_create(version_id=version)
        row = self.filter(pk=version)
        outdated = row if force else row.exclude(state=RunState.QUEUED)
        now = timezone.now()
        if outdated.update(state=RunState.QUEUED, requested_at=now, error="") or is_new:
            run_reanchoring.enqueue(version, str(row.claim(QUEUE_LEASE, force=True)))

    def request_for_current(self, version: ArticleVersion) -> None:
        """Queue a run for the article's current version, if that is not `version`.

        The current version is read again, as it may have changed since `version` was read.
        """
        others = ArticleVersion.objects.filter(current_of=version.article_id).exclude(pk=version.pk)
        for key in others.values_list("pk", flat=True):
            self.request(key)

    def begin(self, key: int, lease: str) -> bool:
        """Mark a run as running; return False if the lease is lost."""
        now = timezone.now()
        values = {"state": RunState.RUNNING, "started_at": now, "finished_at": None, "error": ""}
        row = self.filter(pk=key, lease_token=lease)
        return bool(row.update(lease_expires_at=now + RUN_LEASE, **values))

    def end(self, key: int, lease: str, state: RunState, **values: Any) -> None:
        """Store how a run ended, unless it was requested again since."""
        ended = {"finished_at": timezone.now(), "lease_token": None, "lease_expires_at": None}
        self.filter(pk=key, lease_token=lease).update(state=state, **ended, **values)


class ReanchoringRun(Lease):
    """The worker's run for one version: its state and result.

    The counts cover all annotations, so only people who may see all of them may see the counts.
    """

    version = models.OneToOneField(
        ArticleVersion, models.PROTECT, primary_key=True, related_name="reanchoring_run"
    )
    state = models.CharField(max_length=20, choices=RunState, default=RunState.QUEUED)
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    reanchored = models.PositiveIntegerField(
        default=0, help_text=_("Annotations moved to this version.")
    )
    pending = models.PositiveIntegerField(
        default=0, help_text=_("Annotations that needed review when the run ended.")
    )
    dependents = models.PositiveIntegerField(
        default=0, help_text=_("Annotations that did not move because their parent did not.")
    )
    error = models.CharField(
        max_length=MAX_ERROR_LENGTH, blank=True, help_text=_("Why the run failed.")
    )

    objects = ReanchoringRunQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        verbose_name = _("re-anchoring run")
        verbose_name_plural = _("re-anchoring runs")
        indexes = [models.Index(fields=["state"])]
        constraints = [
            choices_constraint("state", RunState),
            models.CheckConstraint(
                condition=models.Q(state=RunState.FAILED) & ~models.Q(error="")
                | ~models.Q(state=RunState.FAILED) & models.Q(error=""),
                name="failed_run_has_error",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.get_state_display()}"


def filter_unprocessed(annotations: AnnotationQuerySet) -> AnnotationQuerySet:
    """Filter to annotations that the run for the current version has yet to process.

    Annotations about another one are left out: they move with it, or stay with it.
    """
    reanchored = Annotation.objects.filter(reanchored_from=models.OuterRef("pk"))
    rows = Reanchoring.objects.filter(annotation=models.OuterRef("pk"))
    processed = models.Q(target_version__current_of__isnull=False) | models.Q(
        decision=Decision.REJECTED
    )
    current = "version__article__current_version"
    return annotations.active().filter(
        ~models.Exists(reanchored),
        ~models.Exists(rows.filter(processed)),
        **{
            f"{current}__reanchoring_run__state__in": UNFINISHED,
            f"{current}__number__gt": models.F("version__number"),
        },
        as_source_link__claim=None,
        as_note__target=None,
    )
