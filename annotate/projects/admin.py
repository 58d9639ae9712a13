from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from annotate.projects.models import Membership, Project, Role, Tag, TagSet
from annotate.projects.work_admin import UsedByWorkAdmin, sees_all_work
from articles.forms import NormalisedForm
from config.ui.admin import FixedFieldsForm, VisibleAdmin


class ProjectForm(FixedFieldsForm, NormalisedForm):
    fixed_fields = ("slug",)


class TagForm(FixedFieldsForm, NormalisedForm):
    fixed_fields = ("code",)


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Project)
class ProjectAdmin(VisibleAdmin):
    """Projects that the user can see. As everywhere, only managers change a project."""

    form = ProjectForm
    list_display = ["name", "slug", "tag_set", "is_public", "is_blind", "auto_add_articles"]
    list_filter = ["is_public", "is_blind", ("tag_set", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["tag_set"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["articles", "tag_set"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Only one by one: without an object, Django asks for the action on selected rows.
        allowed = bool(obj) and super().has_delete_permission(request, obj)
        return allowed and self._is_manager(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or self._is_manager(request, obj))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Show the members to managers."""
        return self.inlines if self.has_change_permission(request, obj) else []

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Make the creator of a project its manager."""
        super().save_related(request, form, formsets, change)
        if not change:
            form.instance.memberships.get_or_create(
                user=request.user, defaults={"role": Role.MANAGER}
            )

    def _is_manager(self, request: Any, project: Project) -> bool:
        """Return whether the user manages the project. Asked several times by one page."""
        roles: dict[int, Role | None] = request.__dict__.setdefault("project_roles", {})
        if project.pk not in roles:
            roles[project.pk] = project.get_role(request.user)
        return roles[project.pk] == Role.MANAGER


class TagInline(admin.TabularInline):
    model = Tag
    form = TagForm
    extra = 0
    fields = ["code", "name", "shortcut", "parent", "position", "description"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # An error would reveal hidden entity tags of this type.
        return super().has_delete_permission(request, obj) and sees_all_work(request)

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
class TagSetAdmin(UsedByWorkAdmin):
    form = NormalisedForm
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [TagInline]
