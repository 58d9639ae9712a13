"""Managing projects and registries, and looking after annotations.

An annotation is revised, retracted and restored here through `annotate.services`, as everywhere."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from annotate.studies.models import Assignment

if TYPE_CHECKING:
    pass


@admin.register(Assignment)
class AssignmentAdmin(admin.ModelAdmin):
    """Who works on what, and how far they are."""

    list_display = ["annotator", "version", "project", "created_at", "finished_at"]
    list_filter = ["project", ("finished_at", admin.EmptyFieldListFilter)]
    list_select_related = ["annotator", "version__article", "project"]
    search_fields = ["annotator__username", "version__article__title"]
    autocomplete_fields = ["annotator", "project", "version"]
    readonly_fields = ["created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        """Read no texts for a list of names."""
        return super().get_queryset(request).defer("version__text", "version__blocks")
