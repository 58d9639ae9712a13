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
    help = "Create an API token and print it, once. Send it as: Authorization: Bearer TOKEN"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what the token is for")
        parser.add_argument(
            "--scopes", default=",".join(Scope), help="comma-separated list (default: %(default)s)"
        )
        parser.add_argument(
            "--expires", help="a date (00:00 UTC) such as 2027-01-01, 30d, or never (the default)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"username: There is no user {username}.", returncode=2)
        try:
            key = ApiToken.objects.issue(
                user,
                options["name"],
                scopes=_parse_scopes(options["scopes"]),
                expires_at=_parse_expiration(options["expires"]),
            )
        except ValidationError as error:
            message = "; ".join(f"{name}: {m[0]}" for name, m in error.message_dict.items())
            raise CommandError(message.replace("expires_at", "expires"), returncode=2) from None
        self.stdout.write(key)


def _parse_scopes(value: str) -> list[str]:
    scopes = [scope.strip() for scope in value.split(",")]
    if unknown := [scope for scope in scopes if scope not in Scope.values]:
        choices = ", ".join(Scope)
        raise ValidationError(
            {"scopes": f"“{unknown[0]}” is not one of {choices}. Separate scopes by commas."}
        )
    return scopes


def _parse_expiration(value: str | None) -> datetime | None:
    if value is None or value == "never":
        return None
    try:
        if days := DAYS.fullmatch(value):
            return now() + timedelta(days=int(days[1]))
        if day := parse_date(value):
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        # A date such as 2027-02-30.
        pass
    raise ValidationError({"expires": "Enter a date such as 2027-01-01, or days such as 30d."})
