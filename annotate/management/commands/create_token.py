"""`manage.py create_token USERNAME`: make a key for the API."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotate.models import ApiToken


class Command(BaseCommand):
    """Print a new API token, alone, on standard output. It is shown this once."""

    help = "Print a new API token of a user. Send it as: Authorization: Bearer TOKEN"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what it is for")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token, or say that there is no such user and exit with 2."""
        users = get_user_model().objects
        user = users.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"username: no user is called {options['username']}.", returncode=2)
        self.stdout.write(ApiToken.objects.issue(user, options["name"][:100]))
