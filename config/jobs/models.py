"""Which workers are alive, and what those that are not have left behind."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

# A task that so many workers have died of is not given to another.
MOST_STARTS = 5
_BETWEEN = "/"


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Ways to ask for workers. The database's clock counts: those of hosts may differ."""

    def alive(self) -> Self:
        """Keep those that were heard of lately."""
        return self.with_life().filter(is_alive=True)

    def with_life(self) -> Self:
        """Tell of each whether it was heard of lately: `is_alive`."""
        since = Now() - timedelta(seconds=settings.WORKER_HEARTBEAT_TIMEOUT)
        return self.annotate(is_alive=models.Q(seen_at__gt=since))

    def long_gone(self) -> Self:
        """Keep those that nobody asks about any more."""
        return self.filter(seen_at__lt=Now() - timedelta(days=1))


class Worker(models.Model):
    """A process that runs what is queued (`manage.py runworker`), and says so while it does."""

    name = models.CharField(max_length=50, unique=True)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return self.name


def thread_of(worker: str, queue: str, number: int) -> str:
    """Name a thread of a worker, as its tasks keep it."""
    return f"{worker}{_BETWEEN}{queue}-{number}"


def say_alive(name: str) -> None:
    """Note that a worker is alive."""
    Worker.objects.update_or_create(name=name, defaults={"seen_at": Now()})


def take_up_lost() -> None:
    """Queue again what is in the hands of workers that are not alive.

    So each task is run to its end at least once. One that no worker survives is given up.
    """
    Worker.objects.long_gone().delete()
    alive = set(Worker.objects.alive().values_list("name", flat=True))
    for task in DBTaskResult.objects.running().only("worker_ids", "started_at"):
        if _worker_of(task) not in alive:
            # Another worker may have been first; then it was started since.
            lost = DBTaskResult.objects.running().filter(pk=task.pk, started_at=task.started_at)
            if len(task.worker_ids) < MOST_STARTS:
                lost.update(status=TaskResultStatus.READY, started_at=None)
            else:
                lost.update(
                    status=TaskResultStatus.FAILED,
                    finished_at=timezone.now(),
                    traceback=f"{MOST_STARTS} workers ended while they were at it.",
                )


def _worker_of(task: DBTaskResult) -> str:
    return str(task.worker_ids[-1]).partition(_BETWEEN)[0]
