"""One's own work: what waits at home, finishing an article, and the way to the next one."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from annotate.projects.models import WRITERS, Project
from annotate.studies.models import Assignment
from annotate.studies.services import finish_assignment, reopen_assignment
from annotate.workspace.annotations import as_oneself
from articles.models import Article, ArticleVersion


@require_POST
@as_oneself
def finished(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Say that one's work on a version is finished, or that it is not after all."""
    version = get_object_or_404(ArticleVersion.objects.defer("text", "blocks"), public_id=public_id)
    project = get_object_or_404(
        Project.objects.visible_to(request.user), slug=request.POST.get("project", "")
    )
    if project.get_role(request.user) not in WRITERS:
        return HttpResponse("You may not annotate here.", status=403, content_type="text/plain")
    say = finish_assignment if request.POST.get("finished") == "1" else reopen_assignment
    assignment = say(project, version, by=request.user)
    context = {"version": version, "project": project, "finished": assignment.finished_at}
    return render(request, "workspace/finish.html", context)


def around(
    article: Article, version: ArticleVersion, project: Project | None, user: Any
) -> dict[str, Any]:
    """Give the articles before and after one, the next that is unfinished, and the own state."""
    others = Article.objects.only("public_id", "title")
    if project:
        others = others.filter(projects=project)
    found: dict[str, Any] = {
        "previous": others.preceding(article).first(),
        "next": others.following(article).first(),
    }
    if not project or not user.is_authenticated:
        return found
    done = Assignment.objects.assigned_to(user).filter(project=project)
    unfinished = others.exclude(current_version__in=done.finished().values("version")).exclude(
        pk=article.pk
    )
    found["unfinished"] = unfinished.following(article).first() or unfinished.first()
    assignment = done.filter(version=version).first()
    found["finished"] = assignment.finished_at if assignment else None
    return found
