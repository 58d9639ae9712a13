from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Host(models.Model):
    """A server that pages are fetched from: its robots.txt, and when to request the next page.

    `name` is the origin with scheme and port, as each has its own robots.txt (RFC 9309, 2.3).
    """

    name = models.CharField(_("name"), max_length=300, unique=True)
    robots = models.TextField(_("robots.txt"), blank=True)
    robots_fetched_at = models.DateTimeField(_("robots.txt fetched at"), null=True, blank=True)
    next_request_at = models.DateTimeField(
        _("next request at"),
        null=True,
        blank=True,
        help_text=_("No page is requested before this time."),
    )

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def reserve_slot(cls, name: str, delay: timedelta, max_wait: timedelta) -> datetime | None:
        """Reserve and return the next time to request a page; None if it is after `max_wait`."""
        cls.objects.get_or_create(name=name)
        with transaction.atomic():
            host = cls.objects.select_for_update().get(name=name)
            now = timezone.now()
            slot = max(now, host.next_request_at or now)
            if slot - now > max_wait:
                return None
            host.next_request_at = slot + delay
            host.save(update_fields=["next_request_at"])
        return slot
