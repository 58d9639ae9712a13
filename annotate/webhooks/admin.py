from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotate.models import Action, Kind
from annotate.webhooks.models import Attempt, Delivery, Webhook
from annotate.webhooks.services import send_once
from config.ui.admin import ReadOnlyAdmin, ReadOnlyInline, VisibleAdmin


def build_choice_field(label: Any, choices: Any) -> forms.Field:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None for all."),
    )


class WebhookForm(forms.ModelForm):
    kinds = build_choice_field(gettext_lazy("Kinds"), Kind)
    actions = build_choice_field(gettext_lazy("Actions"), Action)

    class Meta:
        widgets = {"url": forms.URLInput(attrs={"class": "vURLField"})}


class OwnedAdmin(VisibleAdmin):
    """Users see their own; superusers see all.

    The times of deliveries would tell other editors when people annotate in a blind project.
    """

    owner = "owner"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(**{self.owner: request.user.pk})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Django also asks for the webhooks that are deleted with a project.
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or self.get_queryset(request).filter(pk=obj.pk).exists())


@admin.register(Webhook)
class WebhookAdmin(OwnedAdmin):
    form = WebhookForm
    list_display = ["url", "owner", "project", "is_active", "failures", "next_attempt_at"]
    list_filter = ["is_active", ("project", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["owner", "project"]
    search_fields = ["url", "owner__username"]
    readonly_fields = ["owner", "pause_reason", "failures", "next_attempt_at", "created_at"]
    settings_fields = ("url", "project", "kinds", "actions")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.settings_fields
        return [*self.settings_fields, "is_active", *self.readonly_fields]

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        """Show the secret of a new webhook; retry at once after a change."""
        if change:
            obj.reset_failures()
            obj.save(update_fields=[*self.settings_fields, *Webhook.STATE_FIELDS])
            return
        obj.owner = request.user  # type: ignore[assignment]
        obj.save()
        message = _("The secret, shown only once: %(secret)s") % {"secret": obj.secret}
        self.message_user(request, message, messages.WARNING)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Allow deleting a webhook with its log, although nobody may delete the log alone."""
        deleted, counted, _perms, protected = super().get_deleted_objects(objs, request)
        return deleted, counted, set(), protected


class AttemptInline(ReadOnlyInline):
    model = Attempt


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin, OwnedAdmin):
    owner = "webhook__owner"
    list_display = ["created_at", "webhook", "content", "state", "attempt_count", "delivered_at"]
    list_filter = ["state", "is_ping", "created_at"]
    search_fields = ["public_id", "webhook__url", "webhook__owner__username"]
    fields = ["public_id", "webhook", "content", "state", "created_at", "delivered_at"]
    readonly_fields = ["public_id", "content"]
    inlines = [AttemptInline]
    actions = ["resend_deliveries"]
    show_full_result_count = False

    @admin.display(description=gettext_lazy("content"))
    def content(self, delivery: Delivery) -> str:
        if delivery.is_ping:
            return _("ping")
        number = len(delivery.changes)
        return ngettext("%(n)d change", "%(n)d changes", number) % {"n": number}

    @admin.display(description=gettext_lazy("attempts"), ordering="attempt_count")
    def attempt_count(self, delivery: Any) -> int:
        return int(delivery.attempt_count)

    @admin.action(description=gettext_lazy("Send again"), permissions=["send"])
    def resend_deliveries(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        for delivery in deliveries:
            send_once.enqueue(delivery.pk)
        number = len(deliveries)
        message = ngettext("Queued %(n)d delivery.", "Queued %(n)d deliveries.", number)
        self.message_user(request, message % {"n": number})

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_webhook")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("webhook__owner")
        counted: QuerySet[Any] = rows.annotate(attempt_count=Count("attempts"))
        return counted
