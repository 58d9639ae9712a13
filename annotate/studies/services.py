from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from annotate.projects.models import WRITERS, Project
from annotate.studies.models import Assignment
from articles.models import ArticleVersion
from config.errors import NotPermitted


def finish_assignment(project: Project, version: ArticleVersion, *, by: Any) -> Assignment:
    """Mark the annotator's work on the version as finished. Raises NotPermitted."""
    return _set_finished_at(project, version, by, timezone.now())


def reopen_assignment(project: Project, version: ArticleVersion, *, by: Any) -> Assignment:
    """Mark the annotator's work on the version as in progress. Raises NotPermitted."""
    return _set_finished_at(project, version, by, None)


def _set_finished_at(
    project: Project, version: ArticleVersion, annotator: Any, finished_at: Any
) -> Assignment:
    if project.get_role(annotator) not in WRITERS:
        raise NotPermitted(
            _("You cannot annotate in the project “%(project)s”.") % {"project": project.name}
        )
    assignment, _created = Assignment.objects.update_or_create(
        project=project, version=version, annotator=annotator, defaults={"finished_at": finished_at}
    )
    return assignment
