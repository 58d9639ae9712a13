"""Managing projects and registries, and looking after annotations.

An annotation is revised, retracted and restored here through `annotate.services`, as everywhere."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from annotate.projects.models import Membership, Project, Tag, TagSet
from articles.forms import NormalisedForm

if TYPE_CHECKING:
    pass

# --- Projects -----------------------------------------------------------------------------


class MembershipInline(admin.TabularInline):
    """Who is in the project, and as what."""

    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    """Projects."""

    form = NormalisedForm
    list_display = ["name", "slug", "tag_set", "is_public", "is_blind", "auto_add_articles"]
    list_filter = ["is_public", "is_blind", "tag_set"]
    list_select_related = ["tag_set"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["articles", "tag_set"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(obj) and super().has_delete_permission(request, obj)


class TagInline(admin.TabularInline):
    """The tags of a set."""

    model = Tag
    form = NormalisedForm
    extra = 0
    fields = ["code", "name", "key", "parent", "position", "description"]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer as parents the tags of this set, read once for all rows."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "parent" and field is not None:
            owner = request.resolver_match.kwargs.get("object_id")
            field.queryset = Tag.objects.filter(tag_set=owner) if owner else Tag.objects.none()
            if not hasattr(request, "tag_choices"):
                request.tag_choices = list(field.choices)
            field.choices = request.tag_choices
        return field


@admin.register(TagSet)
class TagSetAdmin(admin.ModelAdmin):
    """Tag sets."""

    form = NormalisedForm
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [TagInline]
