"""Managing projects and registries, and looking after annotations.

An annotation is revised, retracted and restored here through `annotate.services`, as everywhere."""

from typing import TYPE_CHECKING

from django.contrib import admin

from annotate.registry.models import Entity, EntityAlias, ExternalId, Source
from articles.forms import NormalisedForm

if TYPE_CHECKING:
    pass


# --- Registries ---------------------------------------------------------------------------


class EntityAliasInline(admin.TabularInline):
    """Other names."""

    model = EntityAlias
    form = NormalisedForm
    extra = 0


class ExternalIdInline(admin.TabularInline):
    """Ids in other registries."""

    model = ExternalId
    form = NormalisedForm
    extra = 0


class EntityForm(NormalisedForm):
    """An entity; no QID is none, not an empty one."""

    def clean_qid(self) -> str | None:
        """Read an empty field as none."""
        return self.cleaned_data["qid"] or None


@admin.register(Entity)
class EntityAdmin(admin.ModelAdmin):
    """The registry of entities."""

    form = EntityForm
    list_display = ["name", "type", "qid", "description"]
    list_filter = ["type", ("qid", admin.EmptyFieldListFilter)]
    search_fields = ["name", "aliases__name", "qid"]
    readonly_fields = ["public_id", "created_by", "created_at", "updated_at"]
    inlines = [EntityAliasInline, ExternalIdInline]


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    """The registry of sources."""

    form = NormalisedForm
    list_display = ["__str__", "publisher", "published_on", "url"]
    list_filter = ["published_on"]
    search_fields = ["title", "publisher", "url"]
    readonly_fields = ["public_id", "created_by", "created_at", "updated_at"]
