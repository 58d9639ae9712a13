from django.contrib import admin

from annotate.registry.models import Entity, EntityAlias, ExternalId, Source
from articles.forms import NormalisedForm


class EntityAliasInline(admin.TabularInline):
    model = EntityAlias
    form = NormalisedForm
    extra = 0


class ExternalIdInline(admin.TabularInline):
    model = ExternalId
    form = NormalisedForm
    extra = 0


@admin.register(Entity)
class EntityAdmin(admin.ModelAdmin):
    form = NormalisedForm
    list_display = ["name", "type", "qid", "description"]
    list_filter = ["type", ("qid", admin.EmptyFieldListFilter)]
    search_fields = ["name", "aliases__name", "qid"]
    readonly_fields = ["public_id", "created_by", "created_at", "updated_at"]
    inlines = [EntityAliasInline, ExternalIdInline]


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    form = NormalisedForm
    list_display = ["__str__", "publisher", "published_on", "url"]
    list_filter = ["published_on"]
    search_fields = ["title", "publisher", "url"]
    readonly_fields = ["public_id", "created_by", "created_at", "updated_at"]
