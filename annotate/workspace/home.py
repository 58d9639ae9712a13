"""One's own work: what waits at home, finishing an article, and the way to the next one."""

from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotate.models import Annotation, CheckWorthiness, Claim, Note, State
from annotate.projects.models import Project
from annotate.reanchoring.models import Reanchoring
from annotate.studies.models import Assignment
from articles.models import ArticleVersion

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
        "reanchorings": Reanchoring.objects.decidable_by(user).pending().count(),
        "projects": list(Project.objects.writable_by(user)),
        "made": mine.count(),
    }
    return render(request, "workspace/home.html", context)


def _assigned(user: Any) -> list[Assignment]:
    work = (
        Assignment.objects.assigned_to(user)
        .unfinished()
        .filter(project__in=Project.objects.writable_by(user))
    )
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
    taken = Assignment.objects.assigned_to(user).filter(
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
