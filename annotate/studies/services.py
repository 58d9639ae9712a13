"""Taking up and finishing one's work on an article."""

from typing import Any

from django.utils import timezone

from annotate.projects.models import WRITERS, Project
from annotate.studies.models import Assignment
from articles.models import ArticleVersion
from config.errors import NotPermitted


def finish(project: Project, version: ArticleVersion, *, by: Any) -> Assignment:
    """Say that one's work on the version is finished. Raises NotPermitted."""
    return _set(project, version, by, timezone.now())


def reopen(project: Project, version: ArticleVersion, *, by: Any) -> Assignment:
    """Say that it is not finished after all. Raises NotPermitted."""
    return _set(project, version, by, None)


def _set(project: Project, version: ArticleVersion, by: Any, finished_at: Any) -> Assignment:
    if project.role_of(by) not in WRITERS:
        raise NotPermitted(f"You may not annotate in the project “{project.name}”.")
    assignment, _ = Assignment.objects.update_or_create(
        project=project, version=version, annotator=by, defaults={"finished_at": finished_at}
    )
    return assignment
