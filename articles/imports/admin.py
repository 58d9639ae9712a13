from django.contrib import admin

from articles.imports.models import Import, ImportRowError
from config.ui.admin import ReadOnlyAdmin, ReadOnlyInline


class ImportRowErrorInline(ReadOnlyInline):
    model = ImportRowError
    fields = ["location", "severity", "reason"]


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = [
        *("name", "state", "is_dry_run", "started_by"),
        *("processed", "created", "duplicates", "failed"),
        *("created_at", "updated_at", "finished_at"),
    ]
    list_filter = ["state", "is_dry_run", "created_at"]
    list_select_related = ["started_by"]
    search_fields = ["name", "digest", "started_by__username"]
    inlines = [ImportRowErrorInline]
