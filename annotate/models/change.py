"""The append-only log of what was done to which annotation."""

from typing import Any, NoReturn, Self

from django.conf import settings
from django.db import connection, models, transaction

from annotate.models.annotation import Annotation
from annotate.projects.models import AnyUser
from config.db.constraints import choices_constraint
from config.db.timestamps import rfc3339


class Action(models.TextChoices):
    """What was done."""

    CREATE = "create", "Created"
    REVISE = "revise", "Revised"
    RETRACT = "retract", "Retracted"
    RESTORE = "restore", "Restored"
    CARRY = "carry", "Carried to a new version"
    WAIT = "wait", "Left to a person after a new version"
    DROP = "drop", "Not carried to a new version"
    REOPEN = "reopen", "Taken up again for a new version"
    SUPERSEDE = "supersede", "Overtaken by a later version"


# What makes an annotation; the other actions change one.
MAKING = (Action.CREATE, Action.CARRY)
# Steps of reanchoring an annotation to another version. They change nothing of what it says, so
# they make no revision of it.
STEPS = (Action.WAIT, Action.DROP, Action.REOPEN, Action.SUPERSEDE)

# Who appends to a table has its turn until the end of the transaction (`InCommitOrder`).
TAKE_TURN = "SELECT pg_advisory_xact_lock('{table}'::regclass::oid::bigint)"


class ChangeIsKept(TypeError):
    """Somebody tried to change the log. It is append-only."""


class ChangeQuerySet(models.QuerySet["Change"]):
    """Ways to ask for changes; none to alter them."""

    def visible_to(self, user: AnyUser) -> Self:
        """Keep those of annotations that the user may see."""
        seen = Annotation.objects.visible_to(user)
        return self.filter(annotation__in=seen.order_by().values("pk"))

    def after(self, change: "Change | None") -> Self:
        """Keep what was committed after a change; everything for None."""
        return self if change is None else self.filter(pk__gt=change.pk)

    def in_order(self) -> Self:
        """Sort by when they were committed, with who did it.

        Keys are given in that order: SQLite has one writer at a time, and on PostgreSQL a
        trigger makes those who append take turns (`log_in_commit_order`).
        """
        return self.select_related("actor").order_by("pk")

    def revisions(self) -> Self:
        """Keep what made a revision of an annotation."""
        return self.filter(step=0)

    def history_of(self, annotation: Annotation) -> Self:
        """Keep what was done to an annotation, and that it was carried to other versions."""
        carried = models.Q(action=Action.CARRY, annotation__reanchored_from=annotation.pk)
        return self.filter(models.Q(annotation=annotation.pk) | carried).in_order()

    def newest_key(self) -> int:
        """Give the key of the last change that was committed; 0 where there is none."""
        return self.aggregate(newest=models.Max("pk"))["newest"] or 0

    def wait_for_writers(self) -> None:
        """Return when what others are appending now is committed, or given up.

        On SQLite there is one writer at a time anyway.
        """
        if connection.vendor == "postgresql":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(TAKE_TURN.format(table=self.model._meta.db_table))

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise ChangeIsKept("The change log is append-only.")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise ChangeIsKept("The change log is append-only.")


class Change(models.Model):
    """One row of the log: one revision of one annotation, whole, before and after.

    Or a step of reanchoring it to another version: the `step`-th that was taken at this revision,
    which changes nothing of it. `reanchoring` says which version, and how sure the place is.
    """

    annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="changes")
    revision = models.PositiveIntegerField()
    action = models.CharField(max_length=20, choices=Action)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    before = models.JSONField(null=True)
    after = models.JSONField()
    step = models.PositiveIntegerField(default=0)
    reanchoring = models.JSONField(null=True)
    idempotency_key = models.CharField(max_length=200, blank=True)
    request_digest = models.CharField(max_length=64, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["annotation", "revision", "step"], name="one_change_per_revision"
            ),
            models.UniqueConstraint(
                fields=["actor", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="idempotency_key_acts_once",
            ),
            choices_constraint("action", Action),
            models.CheckConstraint(
                condition=models.Q(action__in=MAKING, revision=1, before__isnull=True)
                | models.Q(action__in=STEPS)
                | ~models.Q(action__in=(*MAKING, *STEPS)) & models.Q(revision__gt=1),
                name="first_change_creates",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    action__in=STEPS, step__gte=1, before__isnull=True, reanchoring__isnull=False
                )
                | ~models.Q(action__in=STEPS) & models.Q(step=0),
                name="step_makes_no_revision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.annotation_id}, revision {self.revision}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Append. Raises ChangeIsKept for a row that is stored already."""
        if not self._state.adding:
            raise ChangeIsKept("The change log is append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise ChangeIsKept("The change log is append-only.")

    @property
    def cursor(self) -> str:
        """What names this change to a reader of the feed; it tells nothing of other changes."""
        revision = f"{self.after['id']}.{self.revision}"
        return f"{revision}.{self.step}" if self.step else revision

    @property
    def is_by_itself(self) -> bool:
        """Whether no person did it; it is logged in the name of the annotation's author."""
        return self.action in (Action.WAIT, Action.SUPERSEDE)

    @property
    def alike(self) -> int:
        """How like the place of a step is, in percent."""
        return int(100 * self.reanchoring["score"]) if self.reanchoring else 0

    def record(self) -> dict[str, Any]:
        """Write the change down: what the feed gives and webhooks send."""
        return {
            "cursor": self.cursor,
            "action": self.action,
            "actor": self.actor.get_username(),
            "at": rfc3339(self.at),
            # Rows from before annotations were carried say nothing of it.
            "annotation": {"reanchored_from": None, **self.after},
            "reanchoring": self.reanchoring,
        }

    def differences(self) -> list[tuple[str, str, str]]:
        """Give the name of each value that this change altered, and what it was and became."""
        if self.before is None:
            return []
        return [
            (name.replace("_", " ").capitalize(), _told(self.before.get(name)), _told(after))
            for name, after in self.after.items()
            if name not in ("revision", "updated_at") and after != self.before.get(name)
        ]


def _told(value: Any) -> str:
    """Write a value of a record for a reader; passages as their words."""
    if isinstance(value, list):
        return " … ".join(span["exact"] for span in value)
    return "" if value is None else str(value)
