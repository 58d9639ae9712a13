from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

LIFETIME = timedelta(hours=24)


class IdempotencyRecord(models.Model):
    """The first response to a request with an idempotency key."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_is_unique")
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.key}"

    @classmethod
    def delete_expired(cls) -> None:
        cls.objects.filter(created_at__lt=timezone.now() - LIFETIME).delete()
