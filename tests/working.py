"""A worker's work, done once within a test and on its connection."""

from django_tasks_db.models import DBTaskResult

from config.jobs import schedule
from config.jobs.management.commands.runworker import worker_of


def work() -> None:
    """Do what is scheduled, and then run every task that is queued. Raises where one failed."""
    schedule.run_due(everything=True)
    while run_next_task():
        pass


def run_next_task() -> bool:
    """Run the task whose turn it is; False where none is queued. Raises where it failed."""
    task = DBTaskResult.objects.ready().get_locked()
    if task is None:
        return False
    worker = worker_of("of-the-test", "*")
    task.claim(worker.worker_id)
    worker.run_task(task)
    assert task.status == "SUCCESSFUL", task.traceback
    return True
