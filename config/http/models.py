"""What was fetched from the web, and how politely."""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone


class Host(models.Model):
    """A server that pages are fetched from: what its robots.txt says, and whose turn it is.

    `name` has the scheme and the port in it, as robots.txt is one for each (RFC 9309, 2.3).
    """

    name = models.CharField(max_length=300, unique=True)
    robots = models.TextField(blank=True)
    robots_read_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, help_text="When it may be asked again.")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def take_turn(cls, name: str, pause: timedelta, longest: timedelta) -> datetime | None:
        """Take the next free moment at which the host may be asked, of all processes' turns.

        None where that is further away than `longest`; no turn is taken then.
        """
        cls.objects.get_or_create(name=name)
        with transaction.atomic():
            host = cls.objects.select_for_update().get(name=name)
            now = timezone.now()
            turn = max(now, host.next_at or now)
            if turn - now > longest:
                return None
            host.next_at = turn + pause
            host.save(update_fields=["next_at"])
        return turn
