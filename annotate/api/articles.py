from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from annotate.api.views import AnnotationViewSet
from annotate.models import Annotation, State, filter_by_project
from annotate.projects.models import Project
from articles.api.filters import ArticleFilter
from articles.api.views import ArticleViewSet
from config.api.expansions import Expansion


class AnnotatedArticleFilter(ArticleFilter):
    project = filters.CharFilter(
        method="filter_project", help_text="The slug of a project that has the article."
    )

    def filter_project(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        projects = Project.objects.visible_to(self.request.user).filter(slug=value)
        return filter_by_project(queryset, projects, self.request.user)


class AnnotatedArticleViewSet(ArticleViewSet):
    """Articles, with a filter by project and their annotations as an expansion."""

    filterset_class = AnnotatedArticleFilter
    expansions = {
        **ArticleViewSet.expansions,
        "annotations": Expansion(
            lambda: AnnotationViewSet,
            key="id",
            column="version__article__public_id",
            back="article",
            many=True,
            conditions={"state": State.ACTIVE},
            fetch_one=Annotation.objects.fetch_article_records,
        ),
    }
