"""One annotator's work on one version in one project."""

from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models

from annotate.projects.models import AnyUser, Project, visible_work
from articles.models import Article, ArticleVersion
from config.db.public_id import PublicModel


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Ways to ask for assignments."""

    def of(self, user: AnyUser) -> Self:
        """Keep the user's own."""
        return self.filter(annotator_id=user.pk) if user.is_authenticated else self.none()

    def open(self) -> Self:
        """Keep those whose work is not finished."""
        return self.filter(finished_at=None)

    def finished(self) -> Self:
        """Keep those whose work is finished."""
        return self.exclude(finished_at=None)

    def visible_to(self, user: AnyUser) -> Self:
        """Keep what the user may know of: how far others are is hidden in a blind project."""
        return self.filter(visible_work(user, "annotator"))

    def progress(self, articles: Iterable[Article]) -> dict[int, tuple[int, int]]:
        """Count what is finished and what there is of each article, by its key."""
        counted = (
            self.filter(version__article__in=[article.pk for article in articles])
            .values_list("version__article")
            .annotate(finished=models.Count("finished_at"), all=models.Count("pk"))
            .order_by()
        )
        return {article: (finished, number) for article, finished, number in counted}


class Assignment(PublicModel):
    """One annotator's work on one version in one project: given by a manager, or taken up."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="assignments")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="assignments")
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="assignments"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "project", "version"], name="assignment_is_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.annotator} on {self.version_id} in {self.project}"
