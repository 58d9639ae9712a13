from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from annotate.projects.models import AnyUser, Project, visible_work_q
from articles.models import Article, ArticleVersion
from config.db.public_id import PublicModel


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def assigned_to(self, user: AnyUser) -> Self:
        return self.filter(annotator_id=user.pk) if user.is_authenticated else self.none()

    def unfinished(self) -> Self:
        return self.filter(finished_at=None)

    def finished(self) -> Self:
        return self.exclude(finished_at=None)

    def visible_to(self, user: AnyUser) -> Self:
        """Filter to what the user can see. A blind project hides the progress of others."""
        return self.filter(visible_work_q(user, "annotator"))

    def progress(self, articles: Iterable[Article]) -> dict[int, tuple[int, int]]:
        """Return the counts of finished and of all assignments by article key."""
        counts = (
            self.filter(version__article__in=[article.pk for article in articles])
            .values_list("version__article")
            .annotate(finished=models.Count("finished_at"), all=models.Count("pk"))
            .order_by()
        )
        return {article: (finished, total) for article, finished, total in counts}


class Assignment(PublicModel):
    """One annotator's work on one version in one project.

    A manager assigns it, or the annotator takes it on.
    """

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="assignments", verbose_name=_("project")
    )
    version = models.ForeignKey(
        ArticleVersion, models.PROTECT, related_name="assignments", verbose_name=_("version")
    )
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="assignments",
        verbose_name=_("annotator"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "project", "version"], name="assignment_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.annotator} on {self.version_id} in {self.project}"
