"""Whole pages: the list of articles, and the workspace on one of them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotate.models import Annotation, Kind
from annotate.projects.models import WRITERS, Project, Tag
from annotate.reanchoring.pages import summarize
from annotate.workspace.commands import OTHER_KEYS, commands_for
from annotate.workspace.progress import around
from articles.duplicates.models import MinHashBand
from articles.models import Article, ArticleVersion


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
        role = project.get_role(request.user)
    context = {
        "article": article,
        "version": version,
        "versions": list(article.versions.defer("text", "blocks")),
        "blocks": [
            (block, version.text[block.start : block.end]) for block in version.get_blocks()
        ],
        "links": list(version.links.all()),
        "is_elsewhere": MinHashBand.objects.matching(article).exists(),
        "projects": projects,
        "project": project,
        "role": role.value if role else "",
        "may_annotate": role in WRITERS,
        "may_fetch": bool(article.url) and article.can_edit(request.user),
        "annotations": annotations,
        "authors": sorted({a.author.get_username() for a in annotations}),
        "kinds": Kind.choices,
        "tags": tags,
        "commands": commands_for(tags),
        "other_keys": OTHER_KEYS,
        "reanchorings": summarize(version, project, request.user),
        **around(article, version, project, request.user),
    }
    return render(request, "workspace/article.html", context)


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
