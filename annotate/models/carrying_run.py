"""That what stands on the earlier versions of an article is carried to a later one."""

from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone

from annotate.models.annotation import Annotation, AnnotationQuerySet
from annotate.models.carrying import Carrying, Decision
from articles.models import ArticleVersion

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


class CarryingRunQuerySet(models.QuerySet["CarryingRun"]):
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
            CarryingRun.objects.filter(pk__in=keys).update(**_asked())
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


class CarryingRun(models.Model):
    """Carrying to one version, by a worker: whether it is done, and how it ended.

    The counts are of all annotations, also of those that few may see: they are for superusers.
    To others is told what the `Carrying` rows that they may see say.
    """

    version = models.OneToOneField(
        ArticleVersion, models.PROTECT, primary_key=True, related_name="carrying_run"
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

    objects = CarryingRunQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["state"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=RunState.values), name="run_state_is_known"
            ),
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
    carried = Annotation.objects.filter(carried_from=models.OuterRef("pk"))
    rows = Carrying.objects.filter(annotation=models.OuterRef("pk"))
    looked_at = models.Q(version__current_of__isnull=False) | models.Q(decision=Decision.DROPPED)
    current = "version__article__current_version"
    return annotations.active().filter(
        ~models.Exists(carried),
        ~models.Exists(rows.filter(looked_at)),
        **{
            f"{current}__carrying_run__state__in": UNFINISHED,
            f"{current}__number__gt": models.F("version__number"),
        },
        as_source_link__claim=None,
        as_note__target=None,
    )


def _asked() -> dict[str, Any]:
    return {"state": RunState.QUEUED, "asked_at": timezone.now(), "fault": ""}
