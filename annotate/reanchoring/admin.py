"""Managing projects and registries, and looking after annotations.

An annotation is revised, retracted and restored here through `annotate.services`, as everywhere."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from annotate.models import Annotation
from annotate.projects.models import Project
from annotate.reanchoring.models import Reanchoring, ReanchoringRun
from config.ui.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    pass


@admin.register(Reanchoring)
class ReanchoringAdmin(ReadOnlyAdmin):
    """What was carried to new versions, and what waits."""

    list_display = ["created_at", "annotation", "version", "status", "decision", "decided_by"]
    list_filter = ["status", "decision", "created_at"]
    search_fields = ["annotation__public_id", "version__article__title"]
    fields = [
        "annotation",
        "version",
        "status",
        "score",
        "places",
        "decision",
        "decided_by",
        "decided_at",
        "carried",
    ]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reanchoring]:
        """Blind means blind, here too."""
        visible = Annotation.objects.visible_to(request.user)
        rows = super().get_queryset(request).filter(annotation__in=visible.values("pk"))
        return rows.select_related("annotation", "version__article", "decided_by").defer(
            "version__text", "version__blocks"
        )


@admin.register(ReanchoringRun)
class ReanchoringRunAdmin(ReadOnlyAdmin):
    """Reanchoring to new versions, by the workers.

    Blind means blind: the counts are of everyone's annotations, and a run that was asked for
    again tells when somebody wrote. So this is for those from whom no project hides its work.
    """

    list_display = [
        *("version", "state", "carried", "waiting", "following"),
        *("asked_at", "started_at", "finished_at", "fault"),
    ]
    list_filter = ["state", "asked_at"]
    search_fields = ["version__article__title", "version__public_id"]
    actions = ["carry_again"]
    show_full_result_count = False

    @admin.action(description="Carry again", permissions=["carry"])
    def carry_again(self, request: HttpRequest, runs: QuerySet[ReanchoringRun]) -> None:
        count = ReanchoringRun.objects.filter(pk__in=runs.values("pk")).ask_again()
        self.message_user(request, f"To be carried again soon: {count}.")

    def has_carry_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody may have it done again: who may change runs may."""
        return request.user.has_perm("reanchoring.change_reanchoringrun")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_view_permission(request, obj):
            return False
        return not Project.objects.hiding_work_from(request.user).exists()

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReanchoringRun]:
        """Read no texts for a list of names."""
        rows = super().get_queryset(request).select_related("version__article")
        return rows.defer("version__text", "version__blocks")
