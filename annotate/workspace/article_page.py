from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotate.models import Annotation, Kind
from annotate.projects.models import WRITERS, Project, Tag
from annotate.reanchoring.pages import summarize
from annotate.workspace.commands import OTHER_KEYS, get_commands
from annotate.workspace.progress import get_neighbours
from articles.duplicates.models import MinHashBand
from articles.models import Article, ArticleVersion


def article(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show the workspace: an article's text and its annotations in one project."""
    article = get_object_or_404(Article.objects.for_reading(), public_id=public_id)
    version = _get_version(article, request.GET.get("version"))
    projects = list(Project.objects.visible_to(request.user).select_related("tag_set"))
    project = _get_project(projects, request.GET.get("project"), article, request.user)
    annotations: list[Annotation] = []
    tags: list[Tag] = []
    role = None
    if project:
        visible = Annotation.objects.visible_to(request.user).for_reading()
        annotations = list(visible.filter(project=project, version=version).order_by_position())
        tags = list(project.tag_set.tags.all())
        role = project.get_role(request.user)
    context = {
        "article": article,
        "version": version,
        "versions": list(article.versions.defer("text", "blocks")),
        "blocks": [
            (block, version.text[block.start : block.end]) for block in version.get_blocks()
        ],
        "links": list(version.links.all()),
        "has_similar": MinHashBand.objects.matching(article).exists(),
        "projects": projects,
        "project": project,
        "role": role.value if role else "",
        "can_annotate": role in WRITERS,
        "can_fetch": bool(article.url) and article.can_edit(request.user),
        "annotations": annotations,
        "authors": sorted({a.author.get_username() for a in annotations}),
        "kinds": Kind.choices,
        "commands": get_commands(tags),
        "other_keys": OTHER_KEYS,
        "reanchorings": summarize(version, project, request.user),
        **get_neighbours(article, version, project, request.user),
    }
    return render(request, "workspace/article.html", context)


def _get_version(article: Article, number: str | None) -> ArticleVersion:
    if number is None:
        versions = ArticleVersion.objects.filter(current_of=article)
    elif number.isascii() and number.isdigit() and len(number) < 9:
        versions = article.versions.filter(number=int(number))
    else:
        raise Http404("There is no such version.")
    return get_object_or_404(versions.prefetch_related("links"))


def _get_project(
    projects: list[Project], slug: str | None, article: Article, user: Any
) -> Project | None:
    """Return the requested project. By default, prefer one that has the article."""
    if slug is not None:
        for project in projects:
            if project.slug == slug:
                return project
        raise Http404("There is no such project.")
    work = Annotation.objects.visible_to(user).filter(version__article=article).order_by()
    listed = article.projects.order_by().values_list("pk", flat=True)
    own = set(listed.union(work.values_list("project", flat=True)))
    return min(projects, key=lambda project: project.pk not in own, default=None)
