"""One's own work: what waits at home, finishing an article, and the way to the next one."""

from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from annotate import assignments
from annotate.models import (
    WRITERS,
    Annotation,
    Assignment,
    Carrying,
    CheckWorthiness,
    Claim,
    Note,
    Project,
    State,
)
from annotate.web.annotations import as_oneself
from articles.models import Article, ArticleVersion

MOST = 8


def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for the person; strangers are led to the articles."""
    user = request.user
    if not user.is_authenticated:
        return redirect("article-list")
    mine = Annotation.objects.visible_to(user).active().filter(author_id=user.pk)
    notes = (
        Note.objects.visible_to(user)
        .active()
        .filter(target__author_id=user.pk)
        .exclude(author_id=user.pk)
    )
    bare = (
        Claim.objects.active()
        .filter(author_id=user.pk, check_worthiness__gte=CheckWorthiness.HIGH)
        .exclude(source_links__state=State.ACTIVE)
    )
    context = {
        "assigned": _assigned(user),
        "begun": _begun(user),
        "notes": list(notes.for_reading().select_related("target").order_by("-created_at")[:MOST]),
        "bare": list(bare.for_reading().order_by("-updated_at")[:MOST]),
        "carryings": Carrying.objects.decidable_by(user).waiting().count(),
        "projects": list(Project.objects.writable_by(user)),
        "made": mine.count(),
    }
    return render(request, "annotate/home.html", context)


@require_POST
@as_oneself
def finished(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Say that one's work on a version is finished, or that it is not after all."""
    version = get_object_or_404(ArticleVersion.objects.defer("text", "blocks"), public_id=public_id)
    project = get_object_or_404(
        Project.objects.visible_to(request.user), slug=request.POST.get("project", "")
    )
    if project.role_of(request.user) not in WRITERS:
        return HttpResponse("You may not annotate here.", status=403, content_type="text/plain")
    say = assignments.finish if request.POST.get("finished") == "1" else assignments.reopen
    assignment = say(project, version, by=request.user)
    context = {"version": version, "project": project, "finished": assignment.finished_at}
    return render(request, "annotate/finish.html", context)


def around(
    article: Article, version: ArticleVersion, project: Project | None, user: Any
) -> dict[str, Any]:
    """Give the articles before and after one, the next that is unfinished, and the own state."""
    others = Article.objects.only("public_id", "title")
    if project:
        others = others.filter(projects=project)
    found: dict[str, Any] = {
        "previous": others.before(article).first(),
        "next": others.after(article).first(),
    }
    if not project or not user.is_authenticated:
        return found
    done = Assignment.objects.of(user).filter(project=project)
    unfinished = others.exclude(current_version__in=done.finished().values("version")).exclude(
        pk=article.pk
    )
    found["unfinished"] = unfinished.after(article).first() or unfinished.first()
    assignment = done.filter(version=version).first()
    found["finished"] = assignment.finished_at if assignment else None
    return found


def _assigned(user: Any) -> list[Assignment]:
    work = Assignment.objects.of(user).open().filter(project__in=Project.objects.writable_by(user))
    return list(
        work.select_related("project", "version__article__outlet")
        .defer("version__text", "version__blocks")
        .annotate(
            made=Count(
                "version__annotations",
                filter=Q(
                    version__annotations__author=user,
                    version__annotations__project=F("project"),
                    version__annotations__state=State.ACTIVE,
                ),
            )
        )[:MOST]
    )


def _begun(user: Any) -> list[dict[str, Any]]:
    """Give the versions that the person annotated and neither was assigned nor finished."""
    taken = Assignment.objects.of(user).filter(
        project=OuterRef("project"), version=OuterRef("version")
    )
    rows = list(
        Annotation.objects.active()
        .filter(~Exists(taken), author_id=user.pk, project__in=Project.objects.writable_by(user))
        .values("project__slug", "project__name", "version")
        .annotate(made=Count("pk"), last=Max("updated_at"))
        .order_by("-last")[:MOST]
    )
    versions = (
        ArticleVersion.objects.select_related("article__outlet")
        .defer("text", "blocks")
        .in_bulk([row["version"] for row in rows])
    )
    return [{**row, "version": versions[row["version"]]} for row in rows]
