"""Workers and their heartbeat; tasks of workers that died are queued again."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import InterfaceError, OperationalError, models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

# A task that killed this many workers fails instead of being queued again.
MAX_STARTS = 5
# Wait before such a task runs again.
RETRY_DELAY = timedelta(seconds=5)
_OUTAGES = {f"{error.__module__}.{error.__name__}" for error in (OperationalError, InterfaceError)}
_SEPARATOR = "/"


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Compares times with the database's clock, as those of hosts may differ."""

    def alive(self) -> Self:
        return self.with_is_alive().filter(is_alive=True)

    def with_is_alive(self) -> Self:
        since = Now() - timedelta(seconds=settings.WORKER_HEARTBEAT_TIMEOUT)
        return self.annotate(is_alive=models.Q(last_seen_at__gt=since))


class Worker(models.Model):
    """A process that runs queued tasks (`manage.py runworker`) and sends heartbeats."""

    name = models.CharField(_("name"), max_length=50, unique=True)
    started_at = models.DateTimeField(_("started at"), db_default=Now())
    last_seen_at = models.DateTimeField(_("last seen at"), db_default=Now())

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return self.name


def get_thread_name(worker: str, queue: str, number: int) -> str:
    """Return the name that a worker's thread leaves on the tasks that it runs."""
    return f"{worker}{_SEPARATOR}{queue}-{number}"


def send_heartbeat(name: str) -> None:
    Worker.objects.update_or_create(name=name, defaults={"last_seen_at": Now()})


def requeue_orphaned() -> None:
    """Queue the running tasks of dead workers again, so that each task runs at least once."""
    Worker.objects.filter(last_seen_at__lt=Now() - timedelta(days=1)).delete()
    alive = set(Worker.objects.alive().values_list("name", flat=True))
    for task in DBTaskResult.objects.running().only("worker_ids", "started_at"):
        if str(task.worker_ids[-1]).partition(_SEPARATOR)[0] not in alive:
            _requeue(task)


def requeue_interrupted(thread: str) -> None:
    """Queue the task again that an idle thread left running, because the database was down."""
    for task in DBTaskResult.objects.running().only("worker_ids", "started_at"):
        if task.worker_ids[-1] == thread:
            _requeue(task)


def requeue_if_outage(task: DBTaskResult) -> None:
    """Queue a task again that failed because the database was unavailable for a moment."""
    if task.status == TaskResultStatus.FAILED and task.exception_class_path in _OUTAGES:
        failed = DBTaskResult.objects.failed().filter(pk=task.pk)
        if len(task.worker_ids) < MAX_STARTS:
            run_after = timezone.now() + RETRY_DELAY
            failed.update(status=TaskResultStatus.READY, started_at=None, run_after=run_after)


def _requeue(task: DBTaskResult) -> None:
    # Matches nothing if another worker has queued and started it in the meantime.
    orphan = DBTaskResult.objects.running().filter(pk=task.pk, started_at=task.started_at)
    if len(task.worker_ids) < MAX_STARTS:
        orphan.update(status=TaskResultStatus.READY, started_at=None)
    else:
        orphan.update(
            status=TaskResultStatus.FAILED,
            finished_at=timezone.now(),
            traceback=f"{MAX_STARTS} workers died while running this task.",
        )
