"""Where new articles are looked for."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from articles.models.address import HttpAddressField, is_http_or_empty
from articles.models.identity import PublicModel

# A feed that fails is asked again after twice as long, up to a day.
LONGEST_WAIT = timedelta(days=1)


class FeedQuerySet(models.QuerySet["Feed"]):
    """Ways to ask for feeds."""

    def due(self) -> Self:
        """Keep those whose time has come, the longest waiting first."""
        return self.filter(is_active=True, next_at__lte=timezone.now()).order_by("next_at")


class Feed(PublicModel):
    """A feed (RSS, Atom, JSON Feed) or a sitemap that is polled for new articles."""

    url = HttpAddressField("URL", unique=True)
    title = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField("polled", default=True)
    minutes = models.PositiveIntegerField(default=60, help_text="Between two polls.")
    next_at = models.DateTimeField(default=timezone.now)
    polled_at = models.DateTimeField(null=True, blank=True)
    validators = models.JSONField(
        default=dict, blank=True, editable=False, help_text="ETag and Last-Modified as last given."
    )
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    fault = models.TextField(blank=True, help_text="Why the last poll failed.")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["title", "url"]
        constraints = [
            models.CheckConstraint(
                condition=is_http_or_empty("url") & ~models.Q(url=""), name="feed_url_is_http"
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=5), name="feed_is_not_polled_all_the_time"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url

    def succeed(self) -> None:
        """Note a poll that went well, and when the next one is."""
        self.polled_at = timezone.now()
        self.failures, self.fault = 0, ""
        self.next_at = self.polled_at + timedelta(minutes=self.minutes)
        self.save()

    def fail(self, reason: str) -> None:
        """Note a poll that failed; the next one is the later the more failed in a row."""
        self.polled_at = timezone.now()
        self.failures, self.fault = self.failures + 1, reason
        wait = timedelta(minutes=self.minutes) * 2 ** min(self.failures, 10)
        self.next_at = self.polled_at + min(wait, LONGEST_WAIT)
        self.save()


class FeedEntry(models.Model):
    """An address that a feed has named, and what came of it; none is fetched twice.

    `attempts` counts the times that it could not be fetched for a reason that may pass.
    """

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="entries")
    key = models.CharField(max_length=2000, help_text="What is the same for one page's addresses.")
    url = HttpAddressField("URL")
    seen_at = models.DateTimeField(auto_now_add=True)
    article = models.ForeignKey(
        "articles.Article", models.CASCADE, null=True, blank=True, related_name="+"
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    fault = models.TextField(blank=True)
    is_done = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "feed entries"
        constraints = [models.UniqueConstraint(fields=["feed", "key"], name="feed_entry_is_one")]

    def __str__(self) -> str:
        return self.url
