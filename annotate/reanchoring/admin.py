from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from annotate.projects.work_admin import sees_all_work
from annotate.reanchoring.models import Reanchoring, ReanchoringRun
from config.ui.admin import ReadOnlyAdmin


@admin.register(Reanchoring)
class ReanchoringAdmin(ReadOnlyAdmin):
    list_display = [
        *("created_at", "annotation", "target_version", "status", "decision", "decided_by")
    ]
    list_filter = ["status", "decision", "created_at"]
    search_fields = ["annotation__public_id", "target_version__article__title"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reanchoring]:
        rows: QuerySet[Reanchoring] = super().get_queryset(request)
        return rows.select_related("annotation", "target_version__article", "decided_by").defer(
            "target_version__text", "target_version__blocks"
        )


@admin.register(ReanchoringRun)
class ReanchoringRunAdmin(ReadOnlyAdmin):
    """Runs of the workers.

    The counts include everyone's annotations, and a repeated request shows that somebody wrote.
    Runs are therefore visible only to people from whom no project hides work.
    """

    list_display = [
        *("version", "state", "reanchored", "pending", "dependents"),
        *("requested_at", "started_at", "finished_at", "error"),
    ]
    list_filter = ["state", "requested_at"]
    search_fields = ["version__article__title", "version__public_id"]
    actions = ["repeat_runs"]
    show_full_result_count = False

    @admin.action(description=_("Run again"), permissions=["run"])
    def repeat_runs(self, request: HttpRequest, runs: QuerySet[ReanchoringRun]) -> None:
        keys = list(runs.values_list("pk", flat=True))
        for key in keys:
            ReanchoringRun.objects.request(key, force=True)
        message = ngettext("%(count)d run was queued.", "%(count)d runs were queued.", len(keys))
        self.message_user(request, message % {"count": len(keys)})

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reanchoring.change_reanchoringrun")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_view_permission(request, obj):
            return False
        return sees_all_work(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReanchoringRun]:
        rows: QuerySet[ReanchoringRun] = super().get_queryset(request)
        rows = rows.select_related("version__article")
        return rows.defer("version__text", "version__blocks")
