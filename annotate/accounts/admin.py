from django.contrib import admin
from django.contrib.auth.forms import UserChangeForm

from annotate.accounts.models import ApiToken
from config.ui.admin import FixedFieldsForm, ReadOnlyAdmin

_FIELDS = ("user", "name", "key_prefix", "scopes", "created_at", "expires_at", "last_used_at")


class AccountForm(FixedFieldsForm, UserChangeForm):
    fixed_fields = ("username",)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Read-only. Deleting a token revokes it; users create their own tokens on the site."""

    list_display = _FIELDS
    list_display_links = None
    list_filter = ["scopes", ("expires_at", admin.EmptyFieldListFilter), "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "name", "key_prefix"]
    fields = _FIELDS

    has_delete_permission = admin.ModelAdmin.has_delete_permission
