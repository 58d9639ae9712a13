"""Scheduled jobs run at start and periodically."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from config.jobs import schedule


@pytest.fixture(autouse=True)
def _no_other_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "_jobs", [])


def test_job_runs_at_start_and_when_due() -> None:
    runs: list[str] = []
    schedule.every(0, lambda: runs.append("always"))
    schedule.every(60, lambda: runs.append("rarely"))
    for _ in range(3):
        schedule.run_due()
    assert runs == ["always", "rarely", "always", "always"]


def test_failing_job_does_not_stop_others(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[str] = []

    def fail() -> None:
        raise OSError("The disk is full.")

    schedule.every(60, fail)
    schedule.every(60, lambda: runs.append("this"))
    schedule.run_due()
    assert runs == ["this"]
    assert "The disk is full." in caplog.text


def test_finished_tasks_are_deleted_failed_ones_later(db: None) -> None:
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
    schedule.delete_finished_tasks()
    left = DBTaskResult.objects.order_by("status").values_list("status", flat=True)
    assert list(left) == ["FAILED", "READY"]
