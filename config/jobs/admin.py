from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult

from config.jobs.models import Worker
from config.ui.admin import ReadOnlyAdmin

admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin):
    list_display = (
        *("name", "status", "queue_name", "starts"),
        *("enqueued_at", "started_at", "finished_at", "exception_class_path"),
    )
    list_filter = ("status", "queue_name", "enqueued_at")
    search_fields = ("task_path", "exception_class_path")
    show_full_result_count = False

    @admin.display(description=_("task"), ordering="task_path")
    def name(self, task: DBTaskResult) -> str:
        return str(task.task_path).rpartition(".")[2]

    @admin.display(description=_("starts"))
    def starts(self, task: DBTaskResult) -> int:
        return len(task.worker_ids)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DBTaskResult]:
        rows: QuerySet[DBTaskResult] = super().get_queryset(request).defer("traceback")
        return rows


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ["name", "started_at", "last_seen_at", "is_alive"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        return Worker.objects.with_is_alive()

    @admin.display(boolean=True, description=_("alive"))
    def is_alive(self, worker: Any) -> bool:
        return bool(worker.is_alive)
