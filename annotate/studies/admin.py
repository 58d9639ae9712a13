from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from annotate.studies.models import Assignment
from config.ui.admin import VisibleAdmin


@admin.register(Assignment)
class AssignmentAdmin(VisibleAdmin):
    list_display = ["annotator", "version", "project", "created_at", "finished_at"]
    list_filter = [
        ("project", admin.RelatedOnlyFieldListFilter),
        ("finished_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["annotator", "version__article", "project"]
    search_fields = ["annotator__username", "version__article__title"]
    autocomplete_fields = ["annotator", "project", "version"]
    readonly_fields = ["created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        # The list needs no texts.
        return super().get_queryset(request).defer("version__text", "version__blocks")
