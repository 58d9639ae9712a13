"""Signing in."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.views import LoginView

from annotate.accounts.demo import DEMO_ACCOUNTS, demo_password


class SignIn(LoginView):
    """The sign-in page; in the demo it shows the demo's accounts, one click each."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo accounts that there are."""
        accounts = _demo_accounts() if settings.DEMO else []
        return super().get_context_data(demo_accounts=accounts, **kwargs)


def _demo_accounts() -> list[dict[str, str]]:
    there = get_user_model().objects.filter(username__in=DEMO_ACCOUNTS, is_active=True)
    return [
        {"username": name, "password": demo_password(name), "role": DEMO_ACCOUNTS[name]}
        for name in sorted(there.values_list("username", flat=True), key=list(DEMO_ACCOUNTS).index)
    ]
