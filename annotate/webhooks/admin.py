"""Managing projects and registries, and looking after annotations.

An annotation is revised, retracted and restored here through `annotate.services`, as everywhere."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from annotate.models import Action, Kind
from annotate.projects.models import Project
from annotate.webhooks import services as webhooks
from annotate.webhooks.models import Attempt, Delivery, Webhook
from config import http as outbound
from config.ui.admin import ReadOnlyAdmin, ReadOnlyInline

if TYPE_CHECKING:
    from django.contrib.auth.models import User


# --- Webhooks -----------------------------------------------------------------------------


class WebhookForm(forms.ModelForm):
    """A webhook, whose URL is one that may be asked."""

    kinds = forms.MultipleChoiceField(
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None for all.",
    )
    actions = forms.MultipleChoiceField(
        choices=Action.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None for all.",
    )

    class Meta:
        widgets = {"url": forms.URLInput(attrs={"class": "vURLField"})}

    def clean_url(self) -> str:
        """Refuse what would not be asked. Raises ValidationError."""
        url: str = self.cleaned_data["url"]
        try:
            outbound.check_url(url)
        except outbound.RequestBlocked as refused:
            raise forms.ValidationError(str(refused)) from None
        return url


class OwnedAdmin(admin.ModelAdmin):
    """Webhooks and their log. Blind means blind: when something was sent tells of others' work.

    So those of others are for superusers, who see everything anyway.
    """

    owner = "owner"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Give what the editor may know of."""
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(**{self.owner: request.user.pk})


@admin.register(Webhook)
class WebhookAdmin(OwnedAdmin):
    """Webhooks: one that is made here is its maker's."""

    form = WebhookForm
    list_display = ["url", "owner", "project", "is_active", "failures", "next_attempt_at"]
    list_filter = ["is_active", ("project", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["owner", "project"]
    search_fields = ["url", "owner__username"]
    readonly_fields = ["owner", "paused_because", "failures", "next_attempt_at", "created_at"]
    asked = ("url", "project", "kinds", "actions")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for no more than is needed for a new one."""
        return [*self.asked, "is_active", *self.readonly_fields] if obj else self.asked

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the projects that the editor may see."""
        if db_field.name == "project":
            kwargs["queryset"] = Project.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        """Show the secret of a new one; look again at one that was changed."""
        if change:
            obj.look_again()
            obj.save(update_fields=[*self.asked, *Webhook.STATE])
            return
        obj.owner = cast("User", request.user)
        obj.save()
        self.message_user(request, f"The secret, shown this once: {obj.secret}", messages.WARNING)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Let its log go with a webhook, which nobody may delete alone."""
        deleted, counted, _, protected = super().get_deleted_objects(objs, request)
        return deleted, counted, set(), protected


class AttemptInline(ReadOnlyInline):
    """What came of each attempt."""

    model = Attempt
    fields = ["number", "at", "status", "error", "milliseconds", "excerpt", "next_attempt_at"]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin, OwnedAdmin):
    """What was sent to webhooks, and what came of it."""

    owner = "webhook__owner"
    list_display = ["created_at", "webhook", "what", "state", "tried", "delivered_at"]
    list_filter = ["state", "is_ping", "created_at"]
    search_fields = ["public_id", "webhook__url", "webhook__owner__username"]
    fields = ["public_id", "webhook", "what", "state", "created_at", "delivered_at"]
    readonly_fields = ["public_id", "what"]
    inlines = [AttemptInline]
    actions = ["send_again"]
    show_full_result_count = False

    @admin.display(description="what")
    def what(self, delivery: Delivery) -> str:
        number = len(delivery.changes)
        return "ping" if delivery.is_ping else f"{number} change{'s' if number > 1 else ''}"

    @admin.display(description="attempts", ordering="tried")
    def tried(self, delivery: Any) -> int:
        return int(delivery.tried)

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        for delivery in deliveries:
            webhooks.send_again(delivery)
        self.message_user(request, f"To be sent again soon: {len(deliveries)}.")

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody may have things sent: who may change webhooks may."""
        return request.user.has_perm("webhooks.change_webhook")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count the attempts."""
        counted: QuerySet[Any] = super().get_queryset(request).annotate(tried=Count("attempts"))
        return counted.select_related("webhook__owner")
