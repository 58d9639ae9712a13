from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotate.models import Annotation, CheckWorthiness, Claim, Note, State
from annotate.projects.models import Project
from annotate.reanchoring.models import Reanchoring
from annotate.studies.models import Assignment
from articles.models import ArticleVersion

MAX_ITEMS = 8


def home(request: HttpRequest) -> HttpResponse:
    """Show the user's tasks. Anonymous users are redirected to the articles."""
    user = request.user
    if not user.is_authenticated:
        return redirect("article-list")
    notes = (
        Note.objects.visible_to(user)
        .active()
        .filter(target__author_id=user.pk)
        .exclude(author_id=user.pk)
        .for_reading()
        .select_related("target")
        .order_by("-created_at")
    )
    unsourced_claims = (
        Claim.objects.active()
        .filter(author_id=user.pk, check_worthiness__gte=CheckWorthiness.HIGH)
        .exclude(source_links__state=State.ACTIVE)
        .for_reading()
        .order_by("-updated_at")
    )
    own = Annotation.objects.visible_to(user).active().filter(author_id=user.pk)
    context = {
        "assigned": _get_assigned(user),
        "in_progress": _get_in_progress(user),
        "notes": list(notes[:MAX_ITEMS]),
        "unsourced_claims": list(unsourced_claims[:MAX_ITEMS]),
        "reanchorings": Reanchoring.objects.decidable_by(user).needing_review().count(),
        "projects": list(Project.objects.writable_by(user)),
        "has_annotations": own.exists(),
    }
    return render(request, "workspace/home.html", context)


def _get_assigned(user: Any) -> list[Assignment]:
    work = Assignment.objects.assigned_to(user).unfinished()
    work = work.filter(project__in=Project.objects.writable_by(user))
    own_annotations = Q(
        version__annotations__author=user,
        version__annotations__project=F("project"),
        version__annotations__state=State.ACTIVE,
    )
    work = (
        work.select_related("project", "version__article__outlet")
        .defer("version__text", "version__blocks")
        .annotate(annotation_count=Count("version__annotations", filter=own_annotations))
    )
    return list(work[:MAX_ITEMS])


def _get_in_progress(user: Any) -> list[dict[str, Any]]:
    """Return the versions that the user annotated without an assignment."""
    assignments = Assignment.objects.assigned_to(user)
    assignments = assignments.filter(project=OuterRef("project"), version=OuterRef("version"))
    own = Annotation.objects.active().filter(~Exists(assignments), author_id=user.pk)
    rows = list(
        own.filter(project__in=Project.objects.writable_by(user))
        .values("project__slug", "project__name", "version")
        .annotate(annotation_count=Count("pk"), last_edited_at=Max("updated_at"))
        .order_by("-last_edited_at")[:MAX_ITEMS]
    )
    versions = ArticleVersion.objects.select_related("article__outlet").defer("text", "blocks")
    by_key = versions.in_bulk([row["version"] for row in rows])
    return [{**row, "version": by_key[row["version"]]} for row in rows]
