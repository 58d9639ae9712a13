"""Where changes are sent to of our own accord, and the log of what was sent."""

import base64
import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models

from annotate.models.change import Change
from annotate.projects.models import Project
from config.db.constraints import choices_constraint
from config.db.public_id import PublicModel
from config.db.timestamps import rfc3339

PREFIX = "whsec_"
EXCERPT = 500
LONGEST_ERROR = 500


def new_secret() -> str:
    """Make a secret as Standard Webhooks writes them: 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Ways to ask for webhooks."""

    def of(self, user: Any) -> Self:
        """Keep the user's own."""
        return self.filter(owner_id=user.pk) if user.is_authenticated else self.none()

    def free(self, now: datetime) -> Self:
        """Keep those on which nobody is at work."""
        return self.filter(models.Q(leased_until=None) | models.Q(leased_until__lte=now))

    def due(self, now: datetime) -> Self:
        """Keep those for which something may be to do: a retry, or changes not looked at yet."""
        waiting = Delivery.objects.filter(webhook=models.OuterRef("pk")).in_line()
        newest = Change.objects.newest_key()
        return self.free(now).filter(
            models.Q(next_attempt_at=None) | models.Q(next_attempt_at__lte=now),
            models.Q(position__lt=newest) | models.Exists(waiting),
            is_active=True,
            owner__is_active=True,
        )


class Webhook(PublicModel):
    """A URL to which the changes that its owner may see are sent, in the order of the log.

    One delivery at a time is under way. `position` is the key of the last change that was looked
    at; it moves when a delivery is stored, not when it arrives, so nothing is lost in between.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhooks")
    project = models.ForeignKey(
        Project,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="webhooks",
        help_text="Of this project alone; without one, of all that the owner may see.",
    )
    url = models.CharField("URL", max_length=2000)
    kinds = models.JSONField(default=list, blank=True, help_text="Empty for all.")
    actions = models.JSONField(default=list, blank=True, help_text="Empty for all.")
    # The signature needs it as it is. It is shown once, to who made the webhook.
    secret = models.CharField(max_length=100, default=new_secret, editable=False)
    is_active = models.BooleanField(
        default=True, help_text="Nothing is lost while it is paused: it goes on where it was."
    )
    paused_because = models.CharField(max_length=LONGEST_ERROR, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    position = models.BigIntegerField(editable=False)
    # Failed attempts since the last success, and when the next is due.
    failures = models.PositiveIntegerField(default=0, editable=False)
    next_attempt_at = models.DateTimeField(null=True, editable=False)
    # Until when a worker may be at work on it; one that was killed is not waited for longer.
    leased_until = models.DateTimeField(null=True, editable=False)

    # What a worker writes when an attempt has gone well or badly, and what looking after it sets.
    STATE = ("failures", "next_attempt_at", "is_active", "paused_because", "revision")

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_active=False) | models.Q(paused_because=""),
                name="active_webhook_is_not_paused",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner} at {self.url}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store; a new one begins with what is done from now on."""
        if self.position is None:
            self.position = Change.objects.newest_key()
        super().save(*args, **kwargs)

    @property
    def etag(self) -> str:
        """The entity tag of this revision (RFC 9110)."""
        return f'"{self.revision}"'

    def changes(self) -> "models.QuerySet[Change]":
        """Give the changes that it is about, of those that its owner may see now."""
        found = Change.objects.none()
        if self.owner.is_active:
            found = Change.objects.visible_to(self.owner)
        if self.project_id is not None:
            found = found.filter(annotation__project=self.project_id)
        if self.kinds:
            found = found.filter(annotation__kind__in=self.kinds)
        if self.actions:
            found = found.filter(action__in=self.actions)
        return found.in_order()

    def pause(self, because: str) -> None:
        """Send nothing more until somebody looks after it."""
        self.is_active, self.paused_because = False, because[:LONGEST_ERROR]
        self.next_attempt_at = None
        self.revision += 1

    def look_again(self) -> None:
        """Try at once, with as many attempts as at first: its owner has looked after it."""
        self.paused_because = ""
        self.failures, self.next_attempt_at = 0, None
        self.revision += 1

    def record(self) -> dict[str, Any]:
        """Write it down for its owner, without its secret."""
        return {
            "id": str(self.public_id),
            "project": self.project and self.project.slug,
            "url": self.url,
            "kinds": self.kinds,
            "actions": self.actions,
            "is_active": self.is_active,
            "paused_because": self.paused_because,
            "failures": self.failures,
            "next_attempt_at": self.next_attempt_at and rfc3339(self.next_attempt_at),
            "revision": self.revision,
            "created_at": rfc3339(self.created_at),
        }


class DeliveryState(models.TextChoices):
    """What became of a delivery.

    A ping, which is tried once, may have failed. One of which its owner may see nothing any more
    is dropped.
    """

    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    DROPPED = "dropped", "Dropped"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Ways to ask for deliveries."""

    def in_line(self) -> Self:
        """Keep those that later changes wait for."""
        return self.filter(state=DeliveryState.PENDING, is_ping=False)

    def old(self, now: datetime, days: int) -> Self:
        """Keep those that nothing waits for, made more than so many days ago."""
        waited_for = models.Q(state=DeliveryState.PENDING, is_ping=False)
        return self.filter(created_at__lt=now - timedelta(days=days)).exclude(waited_for)


class Delivery(PublicModel):
    """Some changes on their way to a webhook. Its id stays, however often it is sent.

    It holds the keys of changes and not what they say: that is read anew for each attempt, and
    only what the owner may see then.
    """

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    changes = models.JSONField(default=list)
    is_ping = models.BooleanField(default=False)
    state = models.CharField(
        max_length=20, choices=DeliveryState, default=DeliveryState.PENDING, db_index=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["webhook"],
                condition=models.Q(state="pending", is_ping=False),
                name="one_delivery_at_a_time",
            ),
            choices_constraint("state", DeliveryState),
        ]

    def __str__(self) -> str:
        return f"{'Ping' if self.is_ping else 'Delivery'} {self.public_id}"

    def record(self) -> dict[str, Any]:
        """Write it down with its attempts, for the owner of the webhook."""
        return {
            "id": str(self.public_id),
            "webhook": str(self.webhook.public_id),
            "type": "ping" if self.is_ping else "changes",
            "changes": len(self.changes),
            "state": self.state,
            "created_at": rfc3339(self.created_at),
            "delivered_at": self.delivered_at and rfc3339(self.delivered_at),
            "attempts": [attempt.record() for attempt in self.attempts.all()],
        }


class Attempt(models.Model):
    """One try at sending a delivery, and what came of it."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    # The status of the answer; none where there was no answer.
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=LONGEST_ERROR, blank=True)
    excerpt = models.CharField("beginning of the answer", max_length=EXCERPT, blank=True)
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_is_one"),
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number}: {self.status or self.error}"

    def record(self) -> dict[str, Any]:
        """Write it down."""
        return {
            "number": self.number,
            "at": rfc3339(self.at),
            "milliseconds": self.milliseconds,
            "status": self.status,
            "error": self.error,
            "excerpt": self.excerpt,
            "next_attempt_at": self.next_attempt_at and rfc3339(self.next_attempt_at),
        }
