"""Re-anchor in the background, whenever a version or an annotation makes it necessary.

A new version, and an annotation written on an outdated version, request a run within their own
transaction; a worker executes it.
"""

from typing import Any

from django_tasks import task

from annotate.models import Annotation, Change
from annotate.reanchoring.models import (
    MAX_ERROR_LENGTH,
    QUEUE_LEASE,
    REANCHORED,
    Reanchoring,
    ReanchoringRun,
    RunState,
)
from annotate.reanchoring.services import reanchor_annotations
from articles.models import ArticleVersion


def request_run_for_version(instance: ArticleVersion, created: bool, raw: bool, **_: Any) -> None:
    if created and not raw and instance.number > 1:
        ReanchoringRun.objects.request(instance.pk)


def request_run_for_annotation(annotation: Annotation, **_: Any) -> None:
    """Request a run for the current version if the annotation is on an outdated one."""
    ReanchoringRun.objects.request_for_current(annotation.version)


def retry_runs() -> None:
    """Queue the runs that failed, and those whose task was lost."""
    active = ReanchoringRun.objects.filter(state__in=(RunState.QUEUED, RunState.RUNNING))
    active.enqueue(run_reanchoring, QUEUE_LEASE)
    failed = ReanchoringRun.objects.filter(state=RunState.FAILED)
    for key in failed.values_list("pk", flat=True):
        ReanchoringRun.objects.request(key)


@task(queue_name="default")
def run_reanchoring(key: int, lease: str) -> None:
    """Re-anchor to the version with this key. Safe to repeat, also concurrently."""
    runs = ReanchoringRun.objects
    if not runs.begin(key, lease):
        return
    version = ArticleVersion.objects.get(pk=key)
    # Annotations being written on an earlier version now are seen by this run, or request another.
    Change.objects.wait_for_writers()
    try:
        report = reanchor_annotations(version)
    except Exception as error:
        message = f"{type(error).__name__}: {error}".replace("\0", "")[:MAX_ERROR_LENGTH]
        runs.end(key, lease, RunState.FAILED, error=message)
        raise
    rows = Reanchoring.objects.filter(target_version=key)
    runs.end(
        key,
        lease,
        RunState.SUPERSEDED if report.is_superseded else RunState.FINISHED,
        reanchored=rows.filter(decision__in=REANCHORED).count(),
        pending=rows.pending().count(),
        dependents=report.dependents,
    )
