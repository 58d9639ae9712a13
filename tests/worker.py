"""Run scheduled jobs and queued tasks within a test, on the test's own connection."""

from django_tasks_db.models import DBTaskResult

from config.jobs import schedule
from config.jobs.management.commands.runworker import make_queue_worker


def run_worker() -> None:
    """Run all scheduled jobs, then every queued task. Fail the test where a task failed."""
    schedule.run_due(everything=True)
    while run_next_task():
        pass


def run_next_task() -> bool:
    """Run the next queued task; return False if there is none. Fail the test if it failed."""
    task = DBTaskResult.objects.ready().get_locked()
    if task is None:
        return False
    worker = make_queue_worker("of-the-test", "*")
    task.claim(worker.worker_id)
    worker.run_task(task)
    assert task.status == "SUCCESSFUL", task.traceback
    return True
