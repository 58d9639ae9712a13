"""Managing articles, their versions, authors and outlets."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest

from articles.feeds.models import Feed


@admin.register(Feed)
class FeedAdmin(admin.ModelAdmin):
    """Feeds and sitemaps: what is polled, when, and what went wrong."""

    list_display = ["__str__", "kind", "is_active", "minutes", "polled_at", "next_at", "failures"]
    list_filter = ["is_active", "kind", "failures"]
    search_fields = ["title", "url"]
    fields = [
        *("url", "title", "kind", "is_active", "minutes", "follow_days", "added_by"),
        *("next_at", "polled_at", "failures", "fault"),
    ]
    readonly_fields = ["kind", "added_by", "polled_at", "failures", "fault"]

    def save_model(self, request: HttpRequest, obj: Feed, form: Any, change: bool) -> None:
        """Note who added it; let its articles be followed as is set now."""
        if not change and isinstance(request.user, User):
            obj.added_by = request.user
        super().save_model(request, obj, form, change)
        if change and "follow_days" in form.changed_data:
            obj.follow_as_set()
