"""Managing articles, their versions, authors and outlets."""

from django.contrib import admin

from articles.imports.models import Import, ImportRowError
from config.ui.admin import ReadOnlyAdmin, ReadOnlyInline


class FaultInline(ReadOnlyInline):
    """The rows that could not come in."""

    model = ImportRowError
    fields = ["place", "reason"]


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """How far imports have come."""

    list_display = [
        "name",
        "state",
        "is_dry_run",
        "started_by",
        "position",
        "stored",
        "known",
        "refused",
        "started_at",
        "moved_at",
        "finished_at",
    ]
    list_filter = ["state", "is_dry_run", "started_at"]
    list_select_related = ["started_by"]
    search_fields = ["name", "digest", "started_by__username"]
    inlines = [FaultInline]
