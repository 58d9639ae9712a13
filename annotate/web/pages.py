"""Whole pages: the list of articles, and the workspace on one of them."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotate.models import WRITERS, Annotation, Claim, Kind, Project, Stance, Tag
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


def project(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a project: its guidelines, and its articles with how much was said about each."""
    visible = Project.objects.visible_to(request.user).select_related("tag_set")
    project = get_object_or_404(visible, slug=slug)
    articles = Article.objects.for_reading().filter(projects=project)
    page = Paginator(articles, PER_PAGE).get_page(request.GET.get("page"))
    shown = Annotation.objects.visible_to(request.user).active().filter(project=project)
    said = shown.count_by_article(page.object_list)
    role = project.role_of(request.user)
    context = {
        "project": project,
        "role": role.value if role else "",
        "page": page,
        "rows": [(article, said[article.pk]) for article in page.object_list],
    }
    return render(request, "annotate/project.html", context)


def claim(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show a claim: its evidence on both sides, the notes on it, and its history."""
    visible = Claim.objects.visible_to(request.user).for_reading()
    claim = get_object_or_404(visible, public_id=public_id)
    around = list(Annotation.objects.visible_to(request.user).active().around(claim))
    links = [other.content for other in around if other.kind == Kind.SOURCE_LINK]
    context = {
        "claim": claim,
        "sides": _sides(links),
        "notes": [other.content for other in around if other.kind == Kind.NOTE],
        "history": [
            (change, change.differences())
            for change in claim.changes.select_related("actor").order_by("revision")
        ],
    }
    return render(request, "annotate/claim.html", context)


def _sides(links: list[Any]) -> list[tuple[str, list[Any]]]:
    """Set what supports beside what refutes; the rest stands apart where there is any."""
    if not links:
        return []
    pro = [link for link in links if link.stance == Stance.SUPPORTS]
    con = [link for link in links if link.stance == Stance.REFUTES]
    rest = [link for link in links if link not in pro and link not in con]
    return [("For", pro), ("Against", con), *([("Beside", rest)] if rest else [])]


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
