"""The append-only log of what was done to which annotation."""

from typing import Any, NoReturn, Self

from django.conf import settings
from django.db import models

from annotate.models.annotation import Annotation
from annotate.models.project import type_of_user
from articles.models.timestamps import rfc3339


class Action(models.TextChoices):
    """What was done."""

    CREATE = "create", "Created"
    REVISE = "revise", "Revised"
    RETRACT = "retract", "Retracted"
    RESTORE = "restore", "Restored"
    CARRY = "carry", "Carried to a new version"


# What makes an annotation; the other actions change one.
MAKING = (Action.CREATE, Action.CARRY)


class ChangeIsKept(TypeError):
    """Somebody tried to change the log. It is append-only."""


class ChangeQuerySet(models.QuerySet["Change"]):
    """Ways to ask for changes; none to alter them."""

    def visible_to(self, user: type_of_user) -> Self:
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

    def newest_key(self) -> int:
        """Give the key of the last change that was committed; 0 where there is none."""
        return self.aggregate(newest=models.Max("pk"))["newest"] or 0

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise ChangeIsKept("The change log is append-only.")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise ChangeIsKept("The change log is append-only.")


class Change(models.Model):
    """One row of the log: one revision of one annotation, whole, before and after."""

    annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="changes")
    revision = models.PositiveIntegerField()
    action = models.CharField(max_length=20, choices=Action)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    before = models.JSONField(null=True)
    after = models.JSONField()
    idempotency_key = models.CharField(max_length=200, blank=True)
    request_digest = models.CharField(max_length=64, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["annotation", "revision"], name="one_change_per_revision"
            ),
            models.UniqueConstraint(
                fields=["actor", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="idempotency_key_acts_once",
            ),
            models.CheckConstraint(
                condition=models.Q(action__in=Action.values), name="action_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(action__in=MAKING, revision=1, before=None)
                | ~models.Q(action__in=MAKING) & models.Q(revision__gt=1),
                name="first_change_creates",
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
        return f"{self.after['id']}.{self.revision}"

    def record(self) -> dict[str, Any]:
        """Write the change down: what the feed gives and webhooks send."""
        return {
            "cursor": self.cursor,
            "action": self.action,
            "actor": self.actor.get_username(),
            "at": rfc3339(self.at),
            # Rows from before annotations were carried say nothing of it.
            "annotation": {"carried_from": None, **self.after},
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
