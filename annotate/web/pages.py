"""Whole pages: the list of articles, and the workspace on one of them."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotate.models import WRITERS, Annotation, Assignment, Claim, Kind, Project, Stance, Tag
from annotate.web.commands import OTHER_KEYS, commands_for
from annotate.web.search import typed_words
from annotate.web.work import around
from articles.models import Article, ArticleVersion, TextBand

PER_PAGE = 25


def article_list(request: HttpRequest) -> HttpResponse:
    """List the articles, with how much was said about each and how far the work on it is."""
    words = typed_words(request)
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
        "rows": _rows(request, page.object_list),
        "words": words,
        "language": language,
        "languages": Article.objects.languages(),
        "state": state,
        "is_filtered": bool(words or language or state),
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
    role = None
    if project:
        shown = Annotation.objects.visible_to(request.user).filter(project=project, version=version)
        annotations = list(shown.for_reading().in_text_order())
        tags = list(project.tag_set.tags.all())
        role = project.role_of(request.user)
    context = {
        "article": article,
        "version": version,
        "versions": list(article.versions.defer("text", "blocks")),
        "blocks": [
            (block, version.text[block.start : block.end]) for block in version.block_list()
        ],
        "links": list(version.links.all()),
        "is_elsewhere": TextBand.objects.like(article).exists(),
        "projects": projects,
        "project": project,
        "role": role.value if role else "",
        "may_annotate": role in WRITERS,
        "may_fetch": bool(article.url) and article.is_kept_by(request.user),
        "annotations": annotations,
        "authors": sorted({a.author.get_username() for a in annotations}),
        "kinds": Kind.choices,
        "tags": tags,
        "commands": commands_for(tags),
        "other_keys": OTHER_KEYS,
        **around(article, version, project, request.user),
    }
    return render(request, "annotate/article.html", context)


def project(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a project: its guidelines, and its articles with how much was said about each."""
    visible = Project.objects.visible_to(request.user).select_related("tag_set")
    project = get_object_or_404(visible, slug=slug)
    articles = Article.objects.for_reading().filter(projects=project)
    page = Paginator(articles, PER_PAGE).get_page(request.GET.get("page"))
    role = project.role_of(request.user)
    work = Assignment.objects.visible_to(request.user).filter(project=project)
    context = {
        "project": project,
        "role": role.value if role else "",
        "page": page,
        "rows": _rows(request, page.object_list, project),
        "work": work.count(),
        "finished": work.finished().count(),
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


# What one can ask of one's own work on an article: the current version is what counts.
_STATES: dict[str, Callable[[Any, Any], Any]] = {
    "unfinished": lambda articles, user: articles.exclude(
        current_version__in=Assignment.objects.of(user).finished().values("version")
    ),
    "finished": lambda articles, user: articles.filter(
        current_version__in=Assignment.objects.of(user).finished().values("version")
    ),
    "untouched": lambda articles, user: articles.exclude(
        current_version__in=Annotation.objects.visible_to(user).active().values("version")
    ),
}


def _rows(
    request: HttpRequest, articles: Any, project: Project | None = None
) -> list[tuple[Any, ...]]:
    """Give for each article how much was said, what work is finished of all, and my own state."""
    annotations = Annotation.objects.visible_to(request.user).active()
    work = Assignment.objects.visible_to(request.user)
    if project:
        annotations, work = annotations.filter(project=project), work.filter(project=project)
    said, progress = annotations.count_by_article(articles), work.progress(articles)
    mine = work.of(request.user).progress(articles)
    return [(a, said[a.pk], progress.get(a.pk), mine.get(a.pk)) for a in articles]


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
