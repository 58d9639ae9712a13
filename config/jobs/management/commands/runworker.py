import os
import secrets
import signal
import socket
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections
from django_tasks_db.management.commands.db_worker import Worker as QueueWorker
from django_tasks_db.management.commands.db_worker import logger
from django_tasks_db.models import DBTaskResult

from config.jobs import schedule
from config.jobs.backoff import Backoff
from config.jobs.models import (
    Worker,
    get_thread_name,
    requeue_if_outage,
    requeue_interrupted,
    requeue_orphaned,
    send_heartbeat,
)

POLL_SECONDS = 0.5
# Pauses while the database is unavailable.
RETRY = Backoff(timedelta(seconds=1), longest=timedelta(seconds=15))


class TaskWorker(QueueWorker):
    def run_task(self, db_task_result: DBTaskResult) -> None:
        super().run_task(db_task_result)
        requeue_if_outage(db_task_result)


class Command(BaseCommand):
    help = "Run queued tasks and scheduled jobs until stopped (Ctrl-C, SIGTERM)."

    def handle(self, **options: Any) -> None:
        """Run until a signal arrives, then let running tasks finish."""
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        # Unique also after a reboot, when process ids start again.
        name = f"{socket.gethostname()[:25]}-{os.getpid()}-{secrets.token_hex(4)}"

        def check_workers() -> None:
            send_heartbeat(name)
            requeue_orphaned()

        schedule.every(settings.WORKER_HEARTBEAT_TIMEOUT / 6, check_workers)
        # The first heartbeat comes before the first task, or that would look orphaned.
        schedule.run_due()
        workers = [
            make_queue_worker(get_thread_name(name, queue, number), queue)
            for queue, threads in settings.TASK_THREADS.items()
            for number in range(threads)
        ]
        running = [threading.Thread(target=_run, args=(worker, stopping)) for worker in workers]
        for thread in running:
            thread.start()
        while not stopping.wait(POLL_SECONDS):
            close_old_connections()
            schedule.run_due()
        for worker in workers:
            worker.running = False
        for thread in running:
            while thread.is_alive():
                thread.join(POLL_SECONDS)
                schedule.run_due()
        # Without a database, others notice that the heartbeats stop.
        with suppress(OperationalError, InterfaceError):
            Worker.objects.filter(name=name).delete()


def make_queue_worker(name: str, queue: str) -> TaskWorker:
    """Return a worker that runs the tasks of a queue one at a time."""
    return TaskWorker(
        queue_names=[queue],
        interval=POLL_SECONDS,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=name,
        excluded_queue_names=[],
    )


def _run(worker: TaskWorker, stopping: threading.Event) -> None:
    """Run tasks; on an error outside of them, such as a database that is down, try again."""
    failures = 0
    while worker.running:
        try:
            requeue_interrupted(worker.worker_id)
            failures = 0
            worker.run()
        except Exception:
            delay = RETRY.get_delay(failures).total_seconds()
            logger.exception("Looking for tasks failed; trying again in %.0f s.", delay)
            close_old_connections()
            failures += 1
            stopping.wait(delay)
    close_old_connections()
