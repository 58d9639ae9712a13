from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest

from articles.feeds.models import Feed
from config.ui.admin import VisibleAdmin


@admin.register(Feed)
class FeedAdmin(VisibleAdmin):
    list_display = [
        *("__str__", "kind", "is_active", "poll_interval_minutes"),
        *("last_polled_at", "next_poll_at", "failures"),
    ]
    list_filter = ["is_active", "kind", "failures"]
    search_fields = ["title", "url"]
    fields = [
        *("url", "title", "kind", "is_active", "poll_interval_minutes", "recheck_days"),
        *("added_by", "next_poll_at", "last_polled_at", "failures", "last_error"),
    ]
    readonly_fields = ["kind", "added_by", "last_polled_at", "failures", "last_error"]

    def save_model(self, request: HttpRequest, obj: Feed, form: Any, change: bool) -> None:
        if not change and isinstance(request.user, User):
            obj.added_by = request.user
        super().save_model(request, obj, form, change)
        if change and "recheck_days" in form.changed_data:
            obj.schedule_rechecks()
