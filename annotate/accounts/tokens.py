from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from annotate.accounts.models import ApiToken, Scope

CUSTOM_DATE = "date"
NEVER = "never"


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What uses the token, for example “weekly export”."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        initial=[Scope.READ],
        label=_("Scopes"),
        help_text=_("Limited to your own permissions. The write scopes include reading."),
        error_messages={"required": _("Select at least one scope.")},
        widget=forms.CheckboxSelectMultiple,
    )
    lifetime = forms.ChoiceField(
        choices=[
            ("30", _("30 days")),
            ("90", _("90 days")),
            ("365", _("1 year")),
            (CUSTOM_DATE, _("Custom date")),
            (NEVER, _("No expiration")),
        ],
        initial="90",
        label=_("Expires"),
    )
    expires_at = forms.DateField(
        required=False,
        label=_("Expires on"),
        help_text=_("At 00:00 UTC."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("lifetime") != CUSTOM_DATE:
            # The date field is hidden, so its errors would be too.
            self.errors.pop("expires_at", None)
        elif not data.get("expires_at") and "expires_at" not in self.errors:
            self.add_error("expires_at", _("Choose a date."))
        return data

    def issue(self, user: Any) -> str:
        """Create the token and return its key, or add an error to the form and return ""."""
        data = self.cleaned_data
        try:
            return ApiToken.objects.issue(
                user, data["name"], scopes=data["scopes"], expires_at=self._get_expires_at()
            )
        except ValidationError as error:
            self.add_error(None, error)
            return ""

    def _get_expires_at(self) -> datetime | None:
        lifetime = self.cleaned_data["lifetime"]
        if lifetime == CUSTOM_DATE:
            return datetime.combine(self.cleaned_data["expires_at"], time.min, UTC)
        return None if lifetime == NEVER else now() + timedelta(days=int(lifetime))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """List the user's tokens, or create one and show its key.

    Only the response to the POST contains the key: it is not stored, and sending the form again
    fails because the name exists.
    """
    form = TokenForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid() and (key := form.issue(request.user)):
        created = {"key": key, "token": ApiToken.objects.find_by_key(key)}
        return render(request, "accounts/token_created.html", created, status=201)
    context = {"tokens": ApiToken.objects.filter(user=request.user.pk), "form": form}
    return render(request, "accounts/tokens.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_token(request: HttpRequest, public_id: Any) -> HttpResponse:
    token = get_object_or_404(ApiToken, user=request.user, public_id=public_id)
    if request.method != "POST":
        return render(request, "accounts/token_revoke.html", {"token": token})
    token.delete()
    message = gettext("Revoked “%(name)s”.") % {"name": token.name or token.key_prefix}
    messages.success(request, message)
    return redirect("tokens")
