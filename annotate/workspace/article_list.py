"""Whole pages: the list of articles, and the workspace on one of them."""

from collections.abc import Callable
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
    """List the articles, with how much was said about each and how far the work on it is."""
    words = get_query(request)
    language = request.GET.get("language", "").replace("\0", "")
    state = request.GET.get("state", "")
    articles = Article.objects.for_reading()
    if words:
        articles = articles.search(words)
    if language:
        articles = articles.filter(language=language)
    if state in _STATES:
        articles = _STATES[state](articles, request.user)
    page = Paginator(articles, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": build_article_rows(request, page.object_list),
        "words": words,
        "language": language,
        "languages": Article.objects.list_languages(),
        "state": state,
        "is_filtered": bool(words or language or state),
    }
    return render(request, "workspace/article_list.html", context)


# What one can ask of one's own work on an article: the current version is what counts.
_STATES: dict[str, Callable[[Any, Any], Any]] = {
    "unfinished": lambda articles, user: articles.exclude(
        current_version__in=Assignment.objects.assigned_to(user).finished().values("version")
    ),
    "finished": lambda articles, user: articles.filter(
        current_version__in=Assignment.objects.assigned_to(user).finished().values("version")
    ),
    "untouched": lambda articles, user: articles.exclude(
        current_version__in=Annotation.objects.visible_to(user).active().values("version")
    ),
}


def build_article_rows(
    request: HttpRequest, articles: Any, project: Project | None = None
) -> list[tuple[Any, ...]]:
    """Give for each article how much was said, what work is finished of all, and my own state."""
    annotations = Annotation.objects.visible_to(request.user).active()
    work = Assignment.objects.visible_to(request.user)
    if project:
        annotations, work = annotations.filter(project=project), work.filter(project=project)
    said, progress = annotations.count_by_article(articles), work.progress(articles)
    mine = work.assigned_to(request.user).progress(articles)
    return [(a, said[a.pk], progress.get(a.pk), mine.get(a.pk)) for a in articles]
