"""`manage.py create_token USERNAME`: make a key for the API."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date
from django.utils.timezone import now

from annotate.accounts.models import ApiToken, Scope

DAYS = re.compile(r"([1-9][0-9]{0,4})d", re.ASCII)


class Command(BaseCommand):
    """Print a new API token, alone, on standard output. It is shown this once."""

    help = "Print a new API token of a user. Send it as: Authorization: Bearer TOKEN"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what it is for")
        parser.add_argument(
            "--scopes",
            default=",".join(Scope),
            help="what it may be used for: %(default)s (as without this), or some of them",
        )
        parser.add_argument(
            "--expires",
            help="its first day without use (UTC), such as 2027-01-01, or 30d; or never",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token, or say in one line what is wrong and exit with 2."""
        users = get_user_model().objects
        user = users.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"username: no user is called {options['username']}.", returncode=2)
        try:
            key = ApiToken.objects.issue(
                user,
                options["name"],
                scopes=_scopes(options["scopes"]),
                expires_at=_end(options["expires"]),
            )
        except ValidationError as error:
            told = "; ".join(f"{name}: {m[0]}" for name, m in error.message_dict.items())
            raise CommandError(told.replace("expires_at", "expires"), returncode=2) from None
        self.stdout.write(key)


def _scopes(value: str) -> list[str]:
    """Read scopes. Raises ValidationError."""
    given = [scope.strip() for scope in value.split(",")]
    if unknown := [scope for scope in given if scope not in Scope.values]:
        raise ValidationError(
            {"scopes": f"“{unknown[0]}” is none of {', '.join(Scope)}. Set commas between them."}
        )
    return given


def _end(value: str | None) -> datetime | None:
    """Read a day or a number of days from now. Raises ValidationError."""
    if value is None or value == "never":
        return None
    try:
        if days := DAYS.fullmatch(value):
            return now() + timedelta(days=int(days[1]))
        if day := parse_date(value):
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        # Of the right shape, but no day of any calendar.
        pass
    raise ValidationError({"expires": "Give a day such as 2027-01-01, or days such as 30d."})
