"""Managing projects and registries, and looking after annotations.

An annotation is revised, retracted and restored here through `annotate.services`, as everywhere."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from annotate.accounts.models import ApiToken

if TYPE_CHECKING:
    pass


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """API tokens, to look at and to revoke by deleting; who needs one makes it themselves."""

    list_display = ["user", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at"]
    list_display_links = None
    list_filter = ["scopes", ("expires_at", admin.EmptyFieldListFilter), "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "name", "hint"]
    fields = ["user", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
