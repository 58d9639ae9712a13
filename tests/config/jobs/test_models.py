"""Tasks of dead workers are queued again."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from config.jobs.models import MAX_STARTS, Worker, get_thread_name, requeue_orphaned, send_heartbeat

pytestmark = pytest.mark.django_db


def make_task(*workers: str) -> DBTaskResult:
    """Store a running task that each of `workers` has started in turn."""
    task = DBTaskResult.objects.create(
        task_path="annotate.webhooks.services.send_once",
        args_kwargs={"args": [1], "kwargs": {}},
        backend_name="default",
        run_after=timezone.now(),
    )
    for worker in workers:
        task.claim(get_thread_name(worker, "default", 0))
    return task


def status(task: DBTaskResult) -> str:
    task.refresh_from_db()
    return task.status


def test_task_of_living_worker_is_not_requeued() -> None:
    send_heartbeat("one")
    task = make_task("one")
    requeue_orphaned()
    assert status(task) == "RUNNING"


def test_task_of_dead_worker_is_requeued() -> None:
    send_heartbeat("one")
    task = make_task("one")
    Worker.objects.update(last_seen_at=Now() - timedelta(minutes=2))
    send_heartbeat("two")
    requeue_orphaned()
    assert status(task) == "READY"
    assert DBTaskResult.objects.ready().get() == task


def test_task_fails_after_too_many_workers_died() -> None:
    task = make_task(*["gone"] * MAX_STARTS)
    requeue_orphaned()
    assert status(task) == "FAILED"
    assert "5 workers died" in task.traceback


def test_stale_workers_are_deleted() -> None:
    for name in ("one", "two"):
        send_heartbeat(name)
    Worker.objects.filter(name="one").update(last_seen_at=Now() - timedelta(days=2))
    requeue_orphaned()
    assert [worker.name for worker in Worker.objects.all()] == ["two"]
