"""Limits on wrong sign-ins, by django-axes, which also keeps the log of sign-ins."""

from datetime import timedelta
from math import ceil
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import ngettext

from annotate.accounts.rate_limits import get_client_address

# An address may be that of a whole institution, and an account may be attacked from many: either
# alone has so many times the limit of an account at an address.
SHARED_LIMIT = 10
LOG_RETENTION = timedelta(days=90)


class SignInHandler(AxesDatabaseHandler):
    """Counts wrong sign-ins of an account at an address, of an account, and at an address."""

    def get_failures(self, request: Any, credentials: Any = None) -> int:
        """Return the number to compare with the limit."""
        return max(count for count, _last in self._weigh(request, credentials))

    def get_seconds_left(self, request: Any, credentials: Any) -> int:
        """Return how long the account or address has to wait at most."""
        weighed = self._weigh(request, credentials)
        last = [last for count, last in weighed if count >= settings.AXES_FAILURE_LIMIT]
        until = max(filter(None, last), default=timezone.now()) + settings.AXES_COOLOFF_TIME
        return max(1, ceil((until - timezone.now()).total_seconds()))

    def reset_user_attempts(self, request: Any, credentials: Any = None) -> int:
        """Forget the wrong sign-ins of this account at this address alone.

        Otherwise an attacker could sign in to an own account to try another one again.
        """
        own, *_others = self.filter_user_attempts(request, credentials)
        return int(own.delete()[0])

    def _weigh(self, request: Any, credentials: Any) -> list[tuple[int, Any]]:
        """Return the weighed failures and the time of the last one for each kind of limit."""
        weights = (1, SHARED_LIMIT, SHARED_LIMIT)
        totals = {"failures": Sum("failures_since_start"), "last": Max("attempt_time")}
        found = [rows.aggregate(**totals) for rows in self.get_user_attempts(request, credentials)]
        return [
            ((row["failures"] or 0) // weight, row["last"])
            for row, weight in zip(found, weights, strict=True)
        ]


class LimitedForm(AuthenticationForm):
    """A sign-in form that says when to try again after too many wrong sign-ins."""

    def get_invalid_login_error(self) -> ValidationError:
        if not getattr(self.request, "axes_locked_out", False):
            return super().get_invalid_login_error()
        minutes = ceil(_get_seconds_left(self.request) / 60)
        message = ngettext(
            "Too many wrong sign-ins. Try again in %(minutes)d minute.",
            "Too many wrong sign-ins. Try again in %(minutes)d minutes.",
            minutes,
        )
        return ValidationError(message % {"minutes": minutes})


class LimitedAdminForm(LimitedForm, AdminAuthenticationForm):
    pass


def mark_as_refused(request: Any, response: HttpResponse, credentials: Any) -> HttpResponse:
    """Set the status 429 and Retry-After on the sign-in page."""
    response.status_code = 429
    response["Retry-After"] = str(_get_seconds_left(request))
    return response


def get_address(request: HttpRequest) -> str | None:
    """Return the network address of the client, None if the server does not know it."""
    return get_client_address(request) or None


def delete_old_logs() -> None:
    for model in (AccessLog, AccessFailureLog):
        model.objects.filter(attempt_time__lt=timezone.now() - LOG_RETENTION).delete()


def _get_seconds_left(request: Any) -> int:
    handler: Any = AxesProxyHandler.get_implementation()
    return int(handler.get_seconds_left(request, request.axes_credentials))
