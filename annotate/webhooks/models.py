import base64
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotate.models.change import Change
from annotate.projects.models import Project
from config import http
from config.db.constraints import choices_constraint
from config.db.public_id import PublicModel
from config.jobs.lease import Lease, LeaseQuerySet

PREFIX = "whsec_"
EXCERPT_BYTES = 500
MAX_ERROR_LENGTH = 500
# Finished deliveries are deleted after this.
RETENTION = timedelta(days=30)


def validate_url(url: str) -> None:
    try:
        http.check_url(url)
    except http.RequestBlocked as error:
        raise ValidationError(str(error)) from None


def generate_secret() -> str:
    """Return a secret of 256 random bits in the format of Standard Webhooks."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


class WebhookQuerySet(LeaseQuerySet["Webhook"]):
    def due(self) -> "WebhookQuerySet":
        """Filter to webhooks with changes to send, or whose retry is due."""
        pending = Delivery.objects.filter(webhook=models.OuterRef("pk")).blocking()
        newest = Change.objects.get_last_key()
        return self.unclaimed().filter(
            models.Q(next_attempt_at=None) | models.Q(next_attempt_at__lte=timezone.now()),
            models.Q(position__lt=newest) | models.Exists(pending),
            is_active=True,
            owner__is_active=True,
        )


class Webhook(Lease, PublicModel):
    """A URL to which the changes that its owner can see are sent, in the order of the log.

    `position` is the key of the last change that was put into a delivery or skipped. It is saved
    together with the delivery, so no change is lost if the worker is killed.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhooks", verbose_name=_("owner")
    )
    project = models.ForeignKey(
        Project,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="webhooks",
        verbose_name=_("project"),
        help_text=_("Send changes of this project only; if empty, all that the owner can see."),
    )
    url = models.CharField(_("URL"), max_length=2000, validators=[validate_url])
    kinds = models.JSONField(_("kinds"), default=list, blank=True, help_text=_("Empty for all."))
    actions = models.JSONField(
        _("actions"), default=list, blank=True, help_text=_("Empty for all.")
    )
    # Not hashed, as signing needs it. The API shows it only once.
    secret = models.CharField(_("secret"), max_length=100, default=generate_secret, editable=False)
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Changes made while the webhook is paused are sent when it is resumed."),
    )
    pause_reason = models.CharField(
        _("pause reason"),
        max_length=MAX_ERROR_LENGTH,
        blank=True,
        editable=False,
        help_text=_("Why Pressmark paused it; usually empty."),
    )
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    position = models.BigIntegerField(editable=False)
    failures = models.PositiveIntegerField(
        _("failures"),
        default=0,
        editable=False,
        help_text=_("Failed attempts since the last success."),
    )
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, editable=False)

    # The fields that an attempt saves, and that `reset_failures` changes.
    STATE_FIELDS = ("failures", "next_attempt_at", "is_active", "pause_reason", "revision")

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_active=False) | models.Q(pause_reason=""),
                name="active_webhook_is_not_paused",
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner} at {self.url}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Start a new webhook with the changes that are made from now on."""
        if self.position is None:
            self.position = Change.objects.get_last_key()
        super().save(*args, **kwargs)

    def get_changes(self) -> "models.QuerySet[Change]":
        """Return the changes to send, of those that the owner can see now."""
        changes = Change.objects.none()
        if self.owner.is_active:
            changes = Change.objects.visible_to(self.owner)
        if self.project_id is not None:
            changes = changes.filter(annotation__project=self.project_id)
        if self.kinds:
            changes = changes.filter(annotation__kind__in=self.kinds)
        if self.actions:
            changes = changes.filter(action__in=self.actions)
        return changes.in_commit_order()

    def pause(self, reason: str) -> None:
        self.is_active, self.pause_reason = False, reason[:MAX_ERROR_LENGTH]
        self.next_attempt_at = None
        self.revision += 1

    def reset_failures(self) -> None:
        """Retry at once, with all attempts: the owner has changed the webhook."""
        self.pause_reason = ""
        self.failures, self.next_attempt_at = 0, None
        self.revision += 1


class DeliveryState(models.TextChoices):
    """Only pings, which are tried once, end as failed.

    A delivery is dropped if its owner can no longer see any of its changes.
    """

    PENDING = "pending", _("Pending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    DROPPED = "dropped", _("Dropped")


# A delivery like this must arrive before the next is sent.
_IS_BLOCKING = models.Q(state=DeliveryState.PENDING, is_ping=False)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def blocking(self) -> "DeliveryQuerySet":
        return self.filter(_IS_BLOCKING)

    def delete_expired(self) -> None:
        expired = self.filter(created_at__lt=timezone.now() - RETENTION)
        expired.exclude(_IS_BLOCKING).delete()


class Delivery(PublicModel):
    """Changes to send in one request. Its id stays the same however often it is sent.

    It stores keys of changes, not their content: each attempt sends what the owner can see then.
    """

    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    changes = models.JSONField(_("changes"), default=list)
    is_ping = models.BooleanField(_("ping"), default=False)
    state = models.CharField(
        _("state"),
        max_length=20,
        choices=DeliveryState,
        default=DeliveryState.PENDING,
        db_index=True,
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["webhook"], condition=_IS_BLOCKING, name="one_delivery_at_a_time"
            ),
            choices_constraint("state", DeliveryState),
        ]

    def __str__(self) -> str:
        return f"{'Ping' if self.is_ping else 'Delivery'} {self.public_id}"

    @property
    def type(self) -> str:
        return "ping" if self.is_ping else "changes"


class Attempt(models.Model):
    """One request that sent a delivery, and its result."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField(_("attempt"))
    attempted_at = models.DateTimeField(_("attempted at"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    status = models.PositiveSmallIntegerField(
        _("status"), null=True, help_text=_("Empty if there was no response.")
    )
    error = models.CharField(_("error"), max_length=MAX_ERROR_LENGTH, blank=True)
    response_excerpt = models.CharField(
        _("beginning of the response"), max_length=EXCERPT_BYTES, blank=True
    )
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)

    class Meta:
        ordering = ["number"]
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_is_one")
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number}: {self.status or self.error}"

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300
