from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.views import LoginView

from annotate.accounts.demo import DEMO_ACCOUNTS, get_demo_password
from annotate.accounts.sign_in_limits import LimitedForm


class SignInView(LoginView):
    """The sign-in page. In the demo, each demo account has a button that signs in."""

    template_name = "accounts/sign_in.html"
    authentication_form = LimitedForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        roles = DEMO_ACCOUNTS if settings.DEMO else {}
        users = get_user_model().objects.filter(username__in=roles, is_active=True)
        usernames = set(users.values_list("username", flat=True))
        accounts = [
            {"username": username, "password": get_demo_password(username), "role": role}
            for username, role in roles.items()
            if username in usernames
        ]
        return super().get_context_data(demo_accounts=accounts, **kwargs)
