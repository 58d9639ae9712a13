from collections.abc import Iterable
from typing import Any, NoReturn, Self

from django.conf import settings
from django.db import connection, models, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from annotate.models.annotation import Annotation
from annotate.projects.models import AnyUser, Project, visible_work_q
from config.db.constraints import choices_constraint
from config.db.timestamps import rfc3339
from config.types import Record


class Action(models.TextChoices):
    CREATE = "create", _("Created")
    REVISE = "revise", _("Revised")
    RETRACT = "retract", _("Retracted")
    RESTORE = "restore", _("Restored")
    RENAME = "rename", _("Claimant renamed")
    REANCHOR = "reanchor", _("Moved to a new version")
    REANCHOR_PENDING = "reanchor_pending", _("Review requested for a new version")
    REANCHOR_REJECTED = "reanchor_rejected", _("Rejected for a new version")
    REANCHOR_REOPENED = "reanchor_reopened", _("Review reopened")
    REANCHOR_SUPERSEDED = "reanchor_superseded", _("Superseded by a later version")


# Actions that create an annotation.
CREATING_ACTIONS = (Action.CREATE, Action.REANCHOR)
# Re-anchoring events. They do not change the annotation, so they are not revisions.
REANCHORING_EVENTS = tuple(action for action in Action if action.startswith("reanchor_"))
# Entries at a revision that another one made.
EVENTS = (Action.RENAME, *REANCHORING_EVENTS)

# Taken by a trigger before each insert, and held until the end of the transaction.
APPEND_LOCK = "SELECT pg_advisory_xact_lock('{table}'::regclass::oid::bigint)"


class AppendOnlyError(TypeError):
    """The change log cannot be altered, only appended to."""

    def __init__(self) -> None:
        super().__init__("The change log is append-only.")


class ChangeQuerySet(models.QuerySet["Change"]):
    def visible_to(self, user: AnyUser) -> Self:
        """Filter to changes of annotations that the user can see."""
        return self.filter(visible_work_q(user, "annotation__author"))

    def after(self, change: "Change | None") -> Self:
        """Filter to what was committed after `change`, or to everything if it is None."""
        return self if change is None else self.filter(pk__gt=change.pk)

    def in_commit_order(self) -> Self:
        """Sort in commit order, and select the actors.

        Keys follow that order: SQLite has one writer at a time, and on PostgreSQL the trigger
        `log_in_commit_order` serializes those who append.
        """
        return self.select_related("actor").order_by("pk")

    def revisions(self) -> Self:
        """Filter to changes that made a revision of an annotation."""
        return self.filter(event_seq=0)

    def get_event_numbers(self, annotations: Iterable[int]) -> dict[tuple[int, int], int]:
        """Return the number of the last event by annotation key and revision."""
        rows = self.filter(annotation__in=annotations).order_by()
        numbers = rows.values_list("annotation", "revision").annotate(models.Max("event_seq"))
        return {(key, revision): number for key, revision, number in numbers}

    def for_annotation(self, annotation: Annotation) -> Self:
        """Filter to the changes of an annotation, and its re-anchoring to other versions."""
        copies = models.Q(action=Action.REANCHOR, annotation__reanchored_from=annotation.pk)
        return self.filter(models.Q(annotation=annotation.pk) | copies).in_commit_order()

    def get_last_key(self) -> int:
        """Return the key of the last committed change, or 0."""
        return self.aggregate(last=models.Max("pk"))["last"] or 0

    def wait_for_writers(self) -> None:
        """Block until changes that are being appended now are committed or rolled back."""
        # SQLite has one writer at a time.
        if connection.vendor == "postgresql":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(APPEND_LOCK.format(table=self.model._meta.db_table))

    def update(self, **_: Any) -> NoReturn:
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        raise AppendOnlyError


class Change(models.Model):
    """An entry of the append-only log: a revision of an annotation, with records of both sides.

    Or the `event_seq`-th event at this revision, which changes nothing that a person wrote: the
    claimant has a new name, or the annotation is re-anchored. `reanchoring` then has the target
    version, status and score.
    """

    annotation = models.ForeignKey(
        Annotation, models.PROTECT, related_name="changes", verbose_name=_("annotation")
    )
    # The annotation's project, so that the feed of a project is read by an index.
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="changes", verbose_name=_("project")
    )
    revision = models.PositiveIntegerField(_("revision"))
    action = models.CharField(_("action"), max_length=20, choices=Action)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="changes", verbose_name=_("actor")
    )
    at = models.DateTimeField(_("time"))
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"))
    event_seq = models.PositiveIntegerField(_("event number"), default=0)
    reanchoring = models.JSONField(_("re-anchoring"), null=True)
    idempotency_key = models.CharField(_("idempotency key"), max_length=200, blank=True)
    request_digest = models.CharField(_("request digest"), max_length=64, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["project", "id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["annotation", "revision", "event_seq"], name="one_change_per_revision"
            ),
            models.UniqueConstraint(
                fields=["actor", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="idempotency_key_unique",
            ),
            choices_constraint("action", Action),
            models.CheckConstraint(
                condition=models.Q(action__in=CREATING_ACTIONS, revision=1, before__isnull=True)
                | models.Q(action__in=EVENTS)
                | ~models.Q(action__in=(*CREATING_ACTIONS, *EVENTS)) & models.Q(revision__gt=1),
                name="first_change_creates",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    action__in=REANCHORING_EVENTS,
                    event_seq__gte=1,
                    before__isnull=True,
                    reanchoring__isnull=False,
                )
                | models.Q(
                    action=Action.RENAME,
                    event_seq__gte=1,
                    before__isnull=False,
                    reanchoring__isnull=True,
                )
                | ~models.Q(action__in=EVENTS) & models.Q(event_seq=0),
                name="event_is_no_revision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.annotation_id}, revision {self.revision}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError

    @classmethod
    def build(cls, annotation: Annotation, action: Action, **values: Any) -> Self:
        """Return an unsaved entry at the annotation's revision."""
        return cls(
            annotation_id=annotation.pk,
            project_id=annotation.project_id,
            revision=annotation.revision,
            action=action,
            **values,
        )

    @property
    def cursor(self) -> str:
        """The position in the changes feed; it reveals nothing about other changes."""
        revision = f"{self.after['id']}.{self.revision}"
        return f"{revision}.{self.event_seq}" if self.event_seq else revision

    @property
    def is_automatic(self) -> bool:
        """Whether no person made it; it is logged in the name of the annotation's author."""
        return self.action in (
            Action.RENAME,
            Action.REANCHOR_PENDING,
            Action.REANCHOR_SUPERSEDED,
        )

    @property
    def match_percent(self) -> int:
        return int(100 * self.reanchoring["score"]) if self.reanchoring else 0

    def record(self) -> Record:
        """Return the change as the feed and webhooks send it."""
        return {
            "cursor": self.cursor,
            "action": self.action,
            "actor": self.actor.get_username(),
            "at": rfc3339(self.at),
            "annotation": self.after,
            "reanchoring": self.reanchoring,
        }

    def differences(self) -> list[tuple[str, str, str]]:
        """Return the name, old and new text of each value that this change altered."""
        if self.before is None:
            return []
        return [
            (_get_label(self.after["kind"], name), _to_text(self.before.get(name)), _to_text(after))
            for name, after in self.after.items()
            if name not in ("revision", "updated_at") and after != self.before.get(name)
        ]


def _get_label(kind: str, name: str) -> str:
    (model,) = (model for model in Annotation.__subclasses__() if kind == model.KIND)
    labels = {field.name: field.verbose_name for field in model._meta.fields}
    return capfirst(str(labels.get(name, name)))


def _to_text(value: Any) -> str:
    if isinstance(value, list):
        return " … ".join(span["exact"] for span in value)
    return "" if value is None else str(value)
