"""Answers that are kept for those who ask again because they did not get them."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

KEPT_FOR = timedelta(hours=24)


class IdempotencyRecordManager(models.Manager["IdempotencyRecord"]):
    """Finds answers, and lets old ones go."""

    def forget_old(self) -> None:
        """Drop what has been kept long enough."""
        self.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()


class IdempotencyRecord(models.Model):
    """What a request under an idempotency key was answered; the same request gets it again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = IdempotencyRecordManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="key_is_answered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.key}"
