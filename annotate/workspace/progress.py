"""Marking work on an article as finished, and the way to the next article."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotate.models import filter_by_project
from annotate.projects.models import WRITERS, Project
from annotate.studies.models import Assignment
from annotate.studies.services import finish_assignment, reopen_assignment
from annotate.workspace.annotations import require_same_user
from articles.models import Article, ArticleVersion


@require_POST
@require_same_user
def set_finished(request: HttpRequest, public_id: Any) -> HttpResponse:
    version = get_object_or_404(ArticleVersion.objects.defer("text", "blocks"), public_id=public_id)
    project = get_object_or_404(
        Project.objects.visible_to(request.user), slug=request.POST.get("project", "")
    )
    if project.get_role(request.user) not in WRITERS:
        message = _("You can’t annotate in this project.")
        return HttpResponse(message, status=403, content_type="text/plain")
    is_finished = request.POST.get("finished") == "1"
    write = finish_assignment if is_finished else reopen_assignment
    write(project, version, by=request.user)
    context = {"version": version, "project": project, "is_finished": is_finished}
    return render(request, "workspace/finish_button.html", context)


def get_neighbours(
    article: Article, version: ArticleVersion, project: Project | None, user: Any
) -> dict[str, Any]:
    """Return the previous, next and next unfinished article, and whether this one is finished."""
    others = Article.objects.only("public_id", "title")
    if project:
        others = filter_by_project(others, [project], user)
    neighbours: dict[str, Any] = {
        "previous": others.preceding(article).first(),
        "next": others.following(article).first(),
    }
    if not project or not user.is_authenticated:
        return neighbours
    own_work = Assignment.objects.assigned_to(user).filter(project=project)
    finished_versions = own_work.finished().values("version")
    unfinished = others.exclude(current_version__in=finished_versions).exclude(pk=article.pk)
    neighbours["unfinished"] = unfinished.following(article).first() or unfinished.first()
    neighbours["is_finished"] = own_work.finished().filter(version=version).exists()
    return neighbours
