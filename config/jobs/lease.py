"""Leases: at most one task at a time works on a row, also when workers are killed.

A task claims a row and gets a token. Until the lease expires or the task releases it, nobody else
can claim the row. django-tasks runs the task of a killed worker again with the same arguments,
token included, so it keeps its lease and continues. If no worker survives the task, the lease
expires and a scheduled job queues another task (`enqueue`)."""

import uuid
from datetime import timedelta
from typing import Any, Self, TypeVar

from django.db import models, transaction
from django.utils import timezone
from django_tasks.base import Task

_Row = TypeVar("_Row", bound=models.Model)


class LeaseQuerySet(models.QuerySet[_Row]):
    def unclaimed(self) -> Self:
        return self.filter(
            models.Q(lease_expires_at=None) | models.Q(lease_expires_at__lte=timezone.now())
        )

    def claim(self, duration: timedelta, *, force: bool = False) -> uuid.UUID | None:
        """Claim the one row, with `force` even from its holder; return the token, or None."""
        token = uuid.uuid4()
        rows = self if force else self.unclaimed()
        is_claimed = rows.update(lease_token=token, lease_expires_at=timezone.now() + duration)
        return token if is_claimed else None

    def renew(self, token: Any, duration: timedelta) -> bool:
        """Extend a lease; return False if the row is someone else's by now."""
        expires_at = timezone.now() + duration
        return bool(self.filter(lease_token=token).update(lease_expires_at=expires_at))

    def release(self, token: Any) -> bool:
        return bool(self.filter(lease_token=token).update(lease_token=None, lease_expires_at=None))

    def enqueue(self, job: Task[Any, Any], duration: timedelta) -> None:
        """Claim each unclaimed row and queue `job(key, token)` for it."""
        for key in self.unclaimed().values_list("pk", flat=True):
            with transaction.atomic():
                # Another worker may have been faster.
                row: Any = self.model._default_manager.filter(pk=key)
                if token := row.claim(duration):
                    job.enqueue(key, str(token))


class Lease(models.Model):
    """A row that one task at a time may work on."""

    lease_token = models.UUIDField(null=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
