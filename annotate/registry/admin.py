from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from annotate.projects.work_admin import UsedByWorkAdmin
from annotate.registry.models import Entity, EntityAlias, ExternalId, Source
from articles.forms import NormalisedForm


class RegistryForm(NormalisedForm):
    def _get_validation_exclusions(self) -> Any:
        """Check the constraint on a person's own entries, although the form has no such field."""
        return super()._get_validation_exclusions() - {"created_by"}  # type: ignore[misc]


class RegistryAdmin(UsedByWorkAdmin):
    """Entries that the user can see. Those that an editor adds here are public by default."""

    form = RegistryForm
    readonly_fields = ["public_id", "created_by", "created_at", "updated_at"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_public": True, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)


class EntityAliasInline(admin.TabularInline):
    model = EntityAlias
    form = NormalisedForm
    extra = 0


class ExternalIdInline(admin.TabularInline):
    model = ExternalId
    form = NormalisedForm
    extra = 0


@admin.register(Entity)
class EntityAdmin(RegistryAdmin):
    list_display = ["name", "type", "qid", "description", "is_public"]
    list_filter = ["type", ("qid", admin.EmptyFieldListFilter), "is_public"]
    search_fields = ["name", "aliases__name", "qid"]
    inlines = [EntityAliasInline, ExternalIdInline]


@admin.register(Source)
class SourceAdmin(RegistryAdmin):
    list_display = ["__str__", "publisher", "published_on", "url", "is_public"]
    list_filter = ["published_on", "is_public"]
    search_fields = ["title", "publisher", "url"]
