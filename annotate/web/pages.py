"""Whole pages: the list of articles, and the workspace on one of them."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotate.models import WRITERS, Annotation, Kind, Project, Tag
from articles.models import Article, ArticleVersion

PER_PAGE = 25


def article_list(request: HttpRequest) -> HttpResponse:
    """List the articles, with how much was said about each."""
    words = request.GET.get("q", "").replace("\0", "").strip()
    language = request.GET.get("language", "").replace("\0", "")
    articles = Article.objects.for_reading().matching(words)
    if language:
        articles = articles.filter(language=language)
    page = Paginator(articles, PER_PAGE).get_page(request.GET.get("page"))
    said = Annotation.objects.visible_to(request.user).active().count_by_article(page.object_list)
    context = {
        "page": page,
        "rows": [(article, said[article.pk]) for article in page.object_list],
        "words": words,
        "language": language,
        "languages": Article.objects.languages(),
        "is_filtered": bool(words or language),
    }
    return render(request, "annotate/article_list.html", context)


def article(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show one article in one project: the text, and what was said about it."""
    article = get_object_or_404(Article.objects.for_reading(), public_id=public_id)
    version = _version(article, request.GET.get("version"))
    projects = list(Project.objects.visible_to(request.user).select_related("tag_set"))
    project = _project(projects, request.GET.get("project"), article)
    annotations: list[Annotation] = []
    tags: list[Tag] = []
    if project:
        shown = Annotation.objects.visible_to(request.user).filter(project=project, version=version)
        annotations = list(shown.for_reading().in_text_order())
        tags = list(project.tag_set.tags.all())
    context = {
        "article": article,
        "version": version,
        "versions": list(article.versions.defer("text", "blocks")),
        "blocks": [
            (block, version.text[block.start : block.end]) for block in version.block_list()
        ],
        "links": list(version.links.all()),
        "projects": projects,
        "project": project,
        "may_annotate": bool(project and project.role_of(request.user) in WRITERS),
        "annotations": annotations,
        "authors": sorted({a.author.get_username() for a in annotations}),
        "kinds": Kind.choices,
        "tags": tags,
        "tag_keys": {tag.key: tag.code for tag in tags if tag.key},
    }
    return render(request, "annotate/article.html", context)


def _version(article: Article, number: str | None) -> ArticleVersion:
    """Find the version that is asked for; the current one unless a number is given."""
    if number is None:
        found = ArticleVersion.objects.filter(current_of=article)
    elif number.isascii() and number.isdigit() and len(number) < 9:
        found = article.versions.filter(number=int(number))
    else:
        raise Http404("There is no such version.")
    return get_object_or_404(found.prefetch_related("links"))


def _project(projects: list[Project], slug: str | None, article: Article) -> Project | None:
    """Find the project that is asked for; else one that has the article, else any."""
    if slug is not None:
        for project in projects:
            if project.slug == slug:
                return project
        raise Http404("There is no such project.")
    having = set(article.projects.values_list("pk", flat=True))
    ranked = sorted(projects, key=lambda project: project.pk not in having)
    return ranked[0] if ranked else None
