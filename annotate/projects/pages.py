"""Whole pages: the list of articles, and the workspace on one of them."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotate.projects.models import Project
from annotate.studies.models import Assignment
from annotate.workspace.article_list import PER_PAGE, build_article_rows
from articles.models import Article


def project(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a project: its guidelines, and its articles with how much was said about each."""
    visible = Project.objects.visible_to(request.user).select_related("tag_set")
    project = get_object_or_404(visible, slug=slug)
    articles = Article.objects.for_reading().filter(projects=project)
    page = Paginator(articles, PER_PAGE).get_page(request.GET.get("page"))
    role = project.get_role(request.user)
    work = Assignment.objects.visible_to(request.user).filter(project=project)
    context = {
        "project": project,
        "role": role.value if role else "",
        "page": page,
        "rows": build_article_rows(request, page.object_list, project),
        "work": work.count(),
        "finished": work.finished().count(),
    }
    return render(request, "projects/project.html", context)
