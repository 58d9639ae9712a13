from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from annotate.projects.models import Membership, Project, Tag, TagSet
from articles.forms import NormalisedForm
from config.ui.admin import KeepingForm


class ProjectForm(KeepingForm, NormalisedForm):
    kept = ("slug",)


class TagForm(KeepingForm, NormalisedForm):
    kept = ("code",)


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    form = ProjectForm
    list_display = ["name", "slug", "tag_set", "is_public", "is_blind", "auto_add_articles"]
    list_filter = ["is_public", "is_blind", "tag_set"]
    list_select_related = ["tag_set"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["articles", "tag_set"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Only one by one: without an object, Django asks for the action on selected rows.
        return bool(obj) and super().has_delete_permission(request, obj)


class TagInline(admin.TabularInline):
    model = Tag
    form = TagForm
    extra = 0
    fields = ["code", "name", "shortcut", "parent", "position", "description"]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Limit parents to tags of this set, and query them once for all rows."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "parent" and field is not None:
            tag_set = request.resolver_match.kwargs.get("object_id")
            field.queryset = Tag.objects.filter(tag_set=tag_set) if tag_set else Tag.objects.none()
            if not hasattr(request, "tag_choices"):
                request.tag_choices = list(field.choices)
            field.choices = request.tag_choices
        return field


@admin.register(TagSet)
class TagSetAdmin(admin.ModelAdmin):
    form = NormalisedForm
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [TagInline]
