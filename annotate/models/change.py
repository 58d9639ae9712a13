"""The append-only log of what was done to which annotation."""

from typing import Any, NoReturn, Self

from django.conf import settings
from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

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
    REANCHOR = "reanchor", _("Moved to a new version")
    REANCHOR_PENDING = "reanchor_pending", _("Review requested for a new version")
    REANCHOR_REJECTED = "reanchor_rejected", _("Rejected for a new version")
    REANCHOR_REOPENED = "reanchor_reopened", _("Review reopened")
    REANCHOR_SUPERSEDED = "reanchor_superseded", _("Superseded by a later version")


# What makes an annotation; the other actions change one.
MAKING = (Action.CREATE, Action.REANCHOR)
# Re-anchoring events. They do not change the annotation, so they are not revisions.
REANCHORING_EVENTS = (
    Action.REANCHOR_PENDING,
    Action.REANCHOR_REJECTED,
    Action.REANCHOR_REOPENED,
    Action.REANCHOR_SUPERSEDED,
)

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
        return self.filter(event_seq=0)

    def history_of(self, annotation: Annotation) -> Self:
        """Filter to the changes of an annotation, and its re-anchoring to other versions."""
        copies = models.Q(action=Action.REANCHOR, annotation__reanchored_from=annotation.pk)
        return self.filter(models.Q(annotation=annotation.pk) | copies).in_order()

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

    Or a re-anchoring event, which does not change the annotation: the `event_seq`-th at this
    revision. `reanchoring` has its target version, status and score.
    """

    annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="changes")
    revision = models.PositiveIntegerField()
    action = models.CharField(max_length=20, choices=Action)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    before = models.JSONField(null=True)
    after = models.JSONField()
    event_seq = models.PositiveIntegerField(default=0)
    reanchoring = models.JSONField(null=True)
    idempotency_key = models.CharField(max_length=200, blank=True)
    request_digest = models.CharField(max_length=64, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["annotation", "revision", "event_seq"], name="one_change_per_revision"
            ),
            models.UniqueConstraint(
                fields=["actor", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="idempotency_key_acts_once",
            ),
            choices_constraint("action", Action),
            models.CheckConstraint(
                condition=models.Q(action__in=MAKING, revision=1, before__isnull=True)
                | models.Q(action__in=REANCHORING_EVENTS)
                | ~models.Q(action__in=(*MAKING, *REANCHORING_EVENTS)) & models.Q(revision__gt=1),
                name="first_change_creates",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    action__in=REANCHORING_EVENTS,
                    event_seq__gte=1,
                    before__isnull=True,
                    reanchoring__isnull=False,
                )
                | ~models.Q(action__in=REANCHORING_EVENTS) & models.Q(event_seq=0),
                name="reanchoring_event_is_no_revision",
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
        return f"{revision}.{self.event_seq}" if self.event_seq else revision

    @property
    def is_automatic(self) -> bool:
        """Whether no person did it; it is logged in the name of the annotation's author."""
        return self.action in (Action.REANCHOR_PENDING, Action.REANCHOR_SUPERSEDED)

    @property
    def match_percent(self) -> int:
        return int(100 * self.reanchoring["score"]) if self.reanchoring else 0

    def record(self) -> dict[str, Any]:
        """Write the change down: what the feed gives and webhooks send."""
        return {
            "cursor": self.cursor,
            "action": self.action,
            "actor": self.actor.get_username(),
            "at": rfc3339(self.at),
            "annotation": self.after,
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
