from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotate.models import Annotation
from annotate.projects.models import Project
from annotate.search.pages import get_query
from annotate.studies.models import Assignment
from articles.models import Article

PER_PAGE = 25


def article_list(request: HttpRequest) -> HttpResponse:
    """List articles with their number of annotations and the progress of the work on them."""
    query = get_query(request)
    language = request.GET.get("language", "").replace("\0", "")
    state = request.GET.get("state", "")
    articles = Article.objects.for_reading()
    if query:
        articles = articles.search(query)
    if language:
        articles = articles.filter(language=language)
    articles = _filter_by_state(articles, state, request.user)
    page = Paginator(articles, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": build_article_rows(request, page.object_list),
        "query": query,
        "language": language,
        "languages": Article.objects.list_languages(),
        "state": state,
        "is_filtered": bool(query or language or state),
    }
    return render(request, "workspace/article_list.html", context)


def _filter_by_state(articles: Any, state: str, user: Any) -> Any:
    """Filter by the user's work on the current version."""
    finished = Assignment.objects.assigned_to(user).finished().values("version")
    annotated = Annotation.objects.visible_to(user).active().values("version")
    match state:
        case "unfinished":
            return articles.exclude(current_version__in=finished)
        case "finished":
            return articles.filter(current_version__in=finished)
        case "untouched":
            return articles.exclude(current_version__in=annotated)
    return articles


def build_article_rows(
    request: HttpRequest, articles: Any, project: Project | None = None
) -> list[tuple[Any, ...]]:
    """Return each article with its annotation counts, everyone's progress and the user's own."""
    annotations = Annotation.objects.visible_to(request.user).active()
    work = Assignment.objects.visible_to(request.user)
    if project:
        annotations, work = annotations.filter(project=project), work.filter(project=project)
    counts, progress = annotations.count_by_article(articles), work.progress(articles)
    own = work.assigned_to(request.user).progress(articles)
    return [(a, counts[a.pk], progress.get(a.pk), own.get(a.pk)) for a in articles]
