"""What workers do again and again."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from config.jobs import schedule


@pytest.fixture(autouse=True)
def _no_other_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "_jobs", [])


def test_a_job_is_done_at_first_and_when_its_time_has_come() -> None:
    done: list[str] = []
    schedule.every(0, lambda: done.append("always"))
    schedule.every(60, lambda: done.append("seldom"))
    for _ in range(3):
        schedule.run_due()
    assert done == ["always", "seldom", "always", "always"]


def test_one_that_fails_keeps_no_other_from_being_done(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fail() -> None:
        raise OSError("The disk is full.")

    schedule.every(60, fail)
    schedule.every(60, lambda: done.append("this"))
    schedule.run_due()
    assert done == ["this"]
    assert "The disk is full." in caplog.text


def test_tasks_that_are_over_are_forgotten_those_that_failed_later(db: None) -> None:
    now = timezone.now()
    for status, days in (("SUCCESSFUL", 2), ("FAILED", 2), ("FAILED", 15), ("READY", 15)):
        DBTaskResult.objects.create(
            status=status,
            finished_at=now - timedelta(days=days),
            args_kwargs={"args": [], "kwargs": {}},
            task_path="annotate.webhooks.services.send_due",
            queue_name="webhooks",
            backend_name="default",
            run_after=now,
        )
    schedule.forget_finished_tasks()
    left = DBTaskResult.objects.order_by("status").values_list("status", flat=True)
    assert list(left) == ["FAILED", "READY"]
