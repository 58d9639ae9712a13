from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotate.models.annotation import Annotation
from annotate.projects.models import AnyUser, Project

Articles = TypeVar("Articles", bound=QuerySet)


def filter_by_project(articles: Articles, projects: Iterable[Project], user: AnyUser) -> Articles:
    """Filter to the articles of projects: the listed ones, and those with work the user can see."""
    listed = Project.articles.through.objects.filter(project__in=projects)
    annotated = Project.annotated_articles.through.objects.filter(project__in=projects)
    work = Annotation.objects.visible_to(user)
    work = work.filter(project=OuterRef("project"), version__article=OuterRef("article"))
    hidden = Project.objects.with_hidden_work(user).order_by().values("pk")
    annotated = annotated.filter(~Q(project__in=hidden) | Exists(work))
    return articles.filter(
        Q(pk__in=listed.values("article")) | Q(pk__in=annotated.values("article"))
    )
