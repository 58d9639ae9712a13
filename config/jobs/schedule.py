"""What is done again and again while a worker runs (`manage.py runworker`).

Each worker does it, so a job must be safe when several do it at once. It should be short: what
takes long is a task that the job queues."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.core.management import call_command

FINISHED_TASKS_KEPT_DAYS = 1
FAILED_TASKS_KEPT_DAYS = 14

logger = logging.getLogger(__name__)


@dataclass
class Job:
    """Something to do every so many seconds."""

    seconds: float
    act: Callable[[], object]
    due_at: float = 0.0


_jobs: list[Job] = []


def every(seconds: float, act: Callable[[], object]) -> None:
    """Have something done every so many seconds, and when a worker starts."""
    _jobs.append(Job(seconds, act))


def run_due(*, everything: bool = False) -> None:
    """Do what is due, or everything. One job that fails keeps no other from being done."""
    for job in _jobs:
        if everything or job.due_at <= time.monotonic():
            job.due_at = time.monotonic() + job.seconds
            try:
                job.act()
            except Exception:
                logger.exception("%s failed; it is done again in %g s.", job.act, job.seconds)


def forget_finished_tasks() -> None:
    """Delete the rows of tasks that ended some days ago."""
    call_command(
        "prune_db_task_results",
        queue_name="*",
        min_age_days=FINISHED_TASKS_KEPT_DAYS,
        failed_min_age_days=FAILED_TASKS_KEPT_DAYS,
        verbosity=0,
    )
