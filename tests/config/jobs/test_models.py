"""Which tasks are taken up again."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from config.jobs.models import MOST_STARTS, Worker, say_alive, take_up_lost, thread_of

pytestmark = pytest.mark.django_db


def task_of(*workers: str) -> DBTaskResult:
    """Store a task that each of some workers has begun; the last of them is at it."""
    task = DBTaskResult.objects.create(
        task_path="annotate.webhooks.services.send_once",
        args_kwargs={"args": [1], "kwargs": {}},
        backend_name="default",
        run_after=timezone.now(),
    )
    for worker in workers:
        task.claim(thread_of(worker, "default", 0))
    return task


def status(task: DBTaskResult) -> str:
    task.refresh_from_db()
    return task.status


def test_the_task_of_a_living_worker_is_left_to_it() -> None:
    say_alive("one")
    task = task_of("one")
    take_up_lost()
    assert status(task) == "RUNNING"


def test_the_task_of_a_worker_that_is_not_heard_of_is_queued_again() -> None:
    say_alive("one")
    task = task_of("one")
    Worker.objects.update(seen_at=Now() - timedelta(minutes=2))
    say_alive("two")
    take_up_lost()
    assert status(task) == "READY"
    assert DBTaskResult.objects.ready().get() == task


def test_a_task_that_no_worker_survives_is_given_up() -> None:
    task = task_of(*["gone"] * MOST_STARTS)
    take_up_lost()
    assert status(task) == "FAILED"
    assert "5 workers ended" in task.traceback


def test_workers_that_are_long_gone_are_forgotten() -> None:
    for name in ("one", "two"):
        say_alive(name)
    Worker.objects.filter(name="one").update(seen_at=Now() - timedelta(days=2))
    take_up_lost()
    assert [worker.name for worker in Worker.objects.all()] == ["two"]
