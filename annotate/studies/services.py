from typing import Any

from django.utils import timezone

from annotate.projects.models import Project
from annotate.services.checks import require_writer
from annotate.studies.models import Assignment
from articles.models import ArticleVersion


def finish_assignment(project: Project, version: ArticleVersion, *, by: Any) -> Assignment:
    """Mark the annotator's work on the version as finished. Raises NotPermitted."""
    return _set_finished_at(project, version, by, timezone.now())


def reopen_assignment(project: Project, version: ArticleVersion, *, by: Any) -> Assignment:
    """Mark the annotator's work on the version as in progress. Raises NotPermitted."""
    return _set_finished_at(project, version, by, None)


def _set_finished_at(
    project: Project, version: ArticleVersion, annotator: Any, finished_at: Any
) -> Assignment:
    require_writer(project, annotator)
    assignment, _created = Assignment.objects.update_or_create(
        project=project, version=version, annotator=annotator, defaults={"finished_at": finished_at}
    )
    return assignment
