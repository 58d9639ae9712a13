"""Scheduled jobs: functions that every worker (`manage.py runworker`) calls periodically.

Several workers may run a job at once, so it must be safe to do so. A job should be short: work
that takes long belongs into a task that the job queues."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.core.management import call_command

logger = logging.getLogger(__name__)


@dataclass
class Job:
    seconds: float
    func: Callable[[], object]
    next_run_at: float = 0.0


_jobs: list[Job] = []


def every(seconds: float, func: Callable[[], object]) -> None:
    """Call `func` when a worker starts and then every so many seconds."""
    _jobs.append(Job(seconds, func))


def run_due(*, everything: bool = False) -> None:
    """Run the jobs that are due, or everything. A job that fails does not stop the others."""
    for job in _jobs:
        if everything or job.next_run_at <= time.monotonic():
            job.next_run_at = time.monotonic() + job.seconds
            try:
                job.func()
            except Exception:
                logger.exception("%s failed; it will run again in %g s.", job.func, job.seconds)


def delete_finished_tasks() -> None:
    ages = {"min_age_days": 1, "failed_min_age_days": 14}
    call_command("prune_db_task_results", queue_name="*", verbosity=0, **ages)
