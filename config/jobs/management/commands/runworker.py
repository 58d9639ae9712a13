"""The worker: `manage.py runworker`."""

import os
import secrets
import signal
import socket
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django_tasks_db.management.commands.db_worker import Worker as QueueWorker
from django_tasks_db.management.commands.db_worker import logger

from config.jobs import schedule
from config.jobs.models import Worker, say_alive, take_up_lost, thread_of

# Seconds between two looks into the queue, and into the schedule.
INTERVAL = 0.5
# Seconds to leave a database alone that does not answer.
PAUSE = 2


class Command(BaseCommand):
    """Run what is queued, with some threads for each queue, until told to stop."""

    help = "Runs queued tasks and scheduled jobs until it is stopped (Ctrl-C, SIGTERM)."

    def handle(self, **options: Any) -> None:
        """Work. What is under way when told to stop is finished first."""
        stopping = threading.Event()
        for told in (signal.SIGINT, signal.SIGTERM):
            signal.signal(told, lambda *_: stopping.set())
        # No other process has this name, also after the machine was started again.
        name = f"{socket.gethostname()[:25]}-{os.getpid()}-{secrets.token_hex(4)}"

        def look_after_tasks() -> None:
            say_alive(name)
            take_up_lost()

        schedule.every(settings.WORKER_HEARTBEAT_TIMEOUT / 6, look_after_tasks)
        # Who takes a task is known to be alive.
        schedule.run_due()
        workers = [
            make_queue_worker(thread_of(name, queue, number), queue)
            for queue, threads in settings.TASK_THREADS.items()
            for number in range(threads)
        ]
        running = [threading.Thread(target=_run, args=(worker,)) for worker in workers]
        for thread in running:
            thread.start()
        while not stopping.wait(INTERVAL):
            close_old_connections()
            schedule.run_due()
        for worker in workers:
            worker.running = False
        for thread in running:
            while thread.is_alive():
                thread.join(INTERVAL)
                schedule.run_due()
        Worker.objects.filter(name=name).delete()


def make_queue_worker(name: str, queue: str) -> QueueWorker:
    """Make what runs the tasks of a queue, one at a time; its name is kept with each."""
    return QueueWorker(
        queue_names=[queue],
        interval=INTERVAL,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=name,
        excluded_queue_names=[],
    )


def _run(worker: QueueWorker) -> None:
    """Run tasks; what goes wrong outside of them, such as a database that is away, passes."""
    while worker.running:
        try:
            worker.run()
        except Exception:
            logger.exception("Looking for tasks failed; trying again in %d s.", PAUSE)
            close_old_connections()
            time.sleep(PAUSE)
    close_old_connections()
