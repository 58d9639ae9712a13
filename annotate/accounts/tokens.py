"""One's own API tokens: making one, looking at them, and revoking."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from annotate.accounts.models import ApiToken, Scope

ON_A_DAY = "day"
NEVER = "never"


class TokenForm(forms.Form):
    """What a new token is for, what it may be used for, and for how long."""

    name = forms.CharField(
        max_length=100,
        help_text="What will use it, such as “weekly export”.",
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        initial=[Scope.READ],
        label="What it may do",
        help_text="No more than you may do yourself. Either of the last two includes reading.",
        error_messages={"required": "Choose one at least."},
        widget=forms.CheckboxSelectMultiple,
    )
    lifetime = forms.ChoiceField(
        choices=[
            ("30", "30 days"),
            ("90", "90 days"),
            ("365", "A year"),
            (ON_A_DAY, "Until a day of your choice"),
            (NEVER, "For ever"),
        ],
        initial="90",
        label="How long it holds",
    )
    expires_at = forms.DateField(
        required=False,
        label="Until",
        help_text="It stops when this day begins (UTC).",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean(self) -> dict[str, Any]:
        """Read until when it holds."""
        data = super().clean() or self.cleaned_data
        if data.get("lifetime") != ON_A_DAY:
            # The day is out of sight then, and so is what is wrong with it.
            self.errors.pop("expires_at", None)
        elif not data.get("expires_at") and "expires_at" not in self.errors:
            self.add_error("expires_at", "Choose the day.")
        return data

    def issue(self, user: Any) -> str:
        """Make the token and give its key; "" and an error in the form where that cannot be."""
        data = self.cleaned_data
        try:
            return ApiToken.objects.issue(
                user, data["name"], scopes=data["scopes"], expires_at=self._end()
            )
        except ValidationError as error:
            self.add_error(None, error)
            return ""

    def _end(self) -> datetime | None:
        lifetime = self.cleaned_data["lifetime"]
        if lifetime == NEVER:
            return None
        if lifetime == ON_A_DAY:
            day = self.cleaned_data["expires_at"]
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        return now() + timedelta(days=int(lifetime))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List one's tokens, or make one and show its key.

    The key is in the answer to the POST itself and nowhere else: no store keeps it, no other
    request can bring it back, and to send the form again is refused for the name.
    """
    form = TokenForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid() and (key := form.issue(request.user)):
        context = {"key": key, "token": ApiToken.objects.of(key)}
        return render(request, "accounts/token_made.html", context, status=201)
    own = ApiToken.objects.owned_by(request.user)
    context = {"tokens": own, "form": form}
    return render(request, "accounts/tokens.html", context, status=422 if form.is_bound else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Ask whether a token of one's own shall go, and let it go."""
    own = ApiToken.objects.owned_by(request.user)
    token = get_object_or_404(own, public_id=public_id)
    if request.method != "POST":
        return render(request, "accounts/token_revoke.html", {"token": token})
    token.delete()
    messages.success(request, f"“{token.name or token.hint or 'The token'}” is revoked.")
    return redirect("tokens")
