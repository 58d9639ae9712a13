from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotate.models import filter_by_project
from annotate.projects.models import Project
from annotate.studies.models import Assignment
from annotate.workspace.article_list import PER_PAGE, build_article_rows
from articles.models import Article


def show_project(request: HttpRequest, slug: str) -> HttpResponse:
    visible = Project.objects.visible_to(request.user).select_related("tag_set")
    project = get_object_or_404(visible, slug=slug)
    articles = filter_by_project(Article.objects.for_reading(), [project], request.user)
    page = Paginator(articles, PER_PAGE).get_page(request.GET.get("page"))
    assignments = Assignment.objects.visible_to(request.user).filter(project=project)
    context = {
        "project": project,
        "role": project.get_role(request.user),
        "page": page,
        "rows": build_article_rows(request, page.object_list, project),
        "total": assignments.count(),
        "finished": assignments.finished().count(),
    }
    return render(request, "projects/project.html", context)
