from datetime import datetime, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotate.accounts.permissions import EditableByOwner
from articles.text.urls import MAX_URL_LENGTH
from config.db.constraints import choices_constraint
from config.db.fields import HttpURLField, build_creator_field, match_http_url
from config.db.public_id import PublicModel
from config.jobs.backoff import Backoff
from config.jobs.lease import Lease, LeaseQuerySet

MAX_RETRY_DELAY = timedelta(days=1)
MAX_GUID_LENGTH = 500
MIN_INTERVAL_MINUTES = 5
MAX_INTERVAL_MINUTES = 7 * 24 * 60
DEFAULT_RECHECK_DAYS = 7
MAX_RECHECK_DAYS = 365
RECHECK_INTERVAL = timedelta(days=1)
# Longer than it takes to fetch one page, waiting for the crawl delay included.
FETCH_LEASE = timedelta(minutes=10)


class FeedKind(models.TextChoices):
    RSS = "rss", _("RSS")
    ATOM = "atom", _("Atom")
    JSON = "json", _("JSON Feed")
    SITEMAP = "sitemap", _("Sitemap")


class FeedQuerySet(LeaseQuerySet["Feed"]):
    def due(self) -> "FeedQuerySet":
        """Filter to feeds to poll or with entries to fetch, the longest overdue first."""
        entries = FeedEntry.objects.filter(feed=models.OuterRef("pk")).due()
        is_due = models.Q(next_poll_at__lte=timezone.now()) | models.Exists(entries)
        return self.filter(is_due, is_active=True).order_by("next_poll_at")

    def with_counts(self) -> "FeedQuerySet":
        """Annotate the counts of entries: all, pending and imported."""
        own = FeedEntry.objects.filter(feed=models.OuterRef("pk"))
        return self.select_related("added_by").annotate(
            entry_count=_count(own),
            pending_count=_count(own.in_state(EntryState.PENDING)),
            imported_count=_count(own.in_state(EntryState.IMPORTED)),
        )


def _count(rows: models.QuerySet[Any]) -> Any:
    counted = rows.order_by().values("feed").annotate(number=models.Count("pk")).values("number")
    subquery = models.Subquery(counted, output_field=models.IntegerField())
    return models.functions.Coalesce(subquery, models.Value(0))


class Feed(EditableByOwner, Lease, PublicModel):
    """A feed (RSS, Atom, JSON Feed) or a sitemap that is polled for new articles."""

    owner_field = "added_by"

    url = HttpURLField(_("URL"), unique=True)
    title = models.CharField(_("title"), max_length=300, blank=True)
    kind = models.CharField(
        _("kind"), max_length=10, choices=FeedKind.choices, blank=True, editable=False
    )
    is_active = models.BooleanField(_("active"), default=True)
    poll_interval_minutes = models.PositiveIntegerField(
        _("poll interval (minutes)"),
        default=60,
        validators=[
            MinValueValidator(MIN_INTERVAL_MINUTES),
            MaxValueValidator(MAX_INTERVAL_MINUTES),
        ],
        help_text=_("How often to check for new items."),
    )
    recheck_days = models.PositiveSmallIntegerField(
        _("re-check articles for … days"),
        default=DEFAULT_RECHECK_DAYS,
        validators=[MaxValueValidator(MAX_RECHECK_DAYS)],
        help_text=_(
            "Imported articles are checked once a day; a corrected text becomes a new version. "
            "0 turns this off."
        ),
    )
    next_poll_at = models.DateTimeField(_("next poll"), default=timezone.now)
    last_polled_at = models.DateTimeField(_("last poll"), null=True, blank=True)
    validators = models.JSONField(
        _("validators"),
        default=dict,
        blank=True,
        editable=False,
        help_text=_("ETag and Last-Modified of the last response."),
    )
    failures = models.PositiveIntegerField(
        _("failures"), default=0, help_text=_("Failed polls in a row.")
    )
    last_error = models.TextField(
        _("last error"), blank=True, help_text=_("Why the last poll failed; empty if it succeeded.")
    )
    added_by = build_creator_field(_("added by"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    # The fields that a poll saves, so that it does not overwrite concurrent edits.
    POLL_FIELDS = (
        *("title", "kind", "next_poll_at", "last_polled_at"),
        *("validators", "failures", "last_error", "updated_at"),
    )

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["title", "url"]
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        constraints = [
            models.CheckConstraint(
                condition=match_http_url("url") & ~models.Q(url=""), name="feed_url_is_http"
            ),
            models.CheckConstraint(
                condition=models.Q(poll_interval_minutes__gte=MIN_INTERVAL_MINUTES),
                name="feed_poll_interval_min",
            ),
            choices_constraint("kind", ["", *FeedKind]),
        ]

    def __str__(self) -> str:
        return self.title or self.url

    @property
    def poll_interval(self) -> timedelta:
        return timedelta(minutes=self.poll_interval_minutes)

    @property
    def backoff(self) -> Backoff:
        return Backoff(self.poll_interval, longest=MAX_RETRY_DELAY)

    def mark_polled(self, error: str = "", *, retry_after: timedelta = timedelta()) -> None:
        """Save the result of a poll and when to poll next.

        After an error, with backoff and not before `retry_after`, within limits.
        """
        self.last_polled_at = timezone.now()
        self.failures, self.last_error = self.failures + 1 if error else 0, error
        retry_delay = self.backoff.get_delay(self.failures, retry_after=retry_after)
        delay = retry_delay if error else self.poll_interval
        self.next_poll_at = self.last_polled_at + delay
        self.save(update_fields=self.POLL_FIELDS)

    def pause(self) -> None:
        self.is_active = False
        self.save(update_fields=["is_active", "updated_at"])

    def store_address(self, url: str) -> None:
        """Store the new address of a feed that has moved, unless it is that of another feed."""
        if len(url) <= MAX_URL_LENGTH and not Feed.objects.filter(url=url).exists():
            self.url = url
            self.save(update_fields=["url", "updated_at"])

    def update_settings(self, **values: Any) -> None:
        """Change settings and reschedule the next poll and the re-checks accordingly."""
        was_active, interval = self.is_active, self.poll_interval
        for name, value in values.items():
            setattr(self, name, value)
        if self.is_active and not was_active:
            self.next_poll_at = timezone.now()
        elif self.last_polled_at and self.poll_interval < interval and not self.failures:
            self.next_poll_at = self.last_polled_at + self.poll_interval
        self.save(update_fields=[*values, "next_poll_at", "updated_at"])
        if "recheck_days" in values:
            self.schedule_rechecks()

    def schedule_rechecks(self) -> None:
        """Schedule or cancel re-checks of imported articles after `recheck_days` changed."""
        now = timezone.now()
        imported = self.entries.in_state(EntryState.IMPORTED)
        is_recent = models.Q(imported_at__gt=now - timedelta(days=self.recheck_days))
        imported.filter(is_recent, next_fetch_at=None).update(next_fetch_at=now + RECHECK_INTERVAL)
        imported.exclude(is_recent).update(next_fetch_at=None)


class EntryState(models.TextChoices):
    IMPORTED = "imported", _("Imported")
    DUPLICATE = "duplicate", _("Already exists")
    PENDING = "pending", _("Pending")
    FAILED = "failed", _("Failed")


class FeedEntryQuerySet(LeaseQuerySet["FeedEntry"]):
    def due(self) -> "FeedEntryQuerySet":
        return self.unclaimed().filter(next_fetch_at__lte=timezone.now())

    def in_state(self, state: str) -> "FeedEntryQuerySet":
        conditions = {
            EntryState.IMPORTED: models.Q(article__isnull=False, imported_at__isnull=False),
            EntryState.DUPLICATE: models.Q(article__isnull=False, imported_at=None),
            EntryState.PENDING: models.Q(article=None, next_fetch_at__isnull=False),
            EntryState.FAILED: models.Q(article=None, next_fetch_at=None),
        }
        return self.filter(conditions[EntryState(state)])

    def claim_next(self) -> "FeedEntry | None":
        """Claim the next due entry, new ones first; return None if there is none."""
        due = self.due().select_related("article")
        new_first = models.F("article_id").asc(nulls_first=True)
        while entry := due.order_by(new_first, "pk").first():
            # Another poll may have been faster.
            if due.filter(pk=entry.pk).claim(FETCH_LEASE):
                return entry
        return None


class FeedEntry(Lease, PublicModel):
    """A URL that a feed has listed, and its article if there is one.

    `next_fetch_at` is null if the entry is not to be fetched again. `attempts` counts failures
    that may be temporary.
    """

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="entries", verbose_name=_("feed"))
    key = models.CharField(
        _("key"), max_length=2000, help_text=_("The same for all URLs of one page.")
    )
    guid = models.CharField(
        _("id in the feed"),
        max_length=MAX_GUID_LENGTH,
        blank=True,
        editable=False,
        help_text=_("RSS guid, Atom or JSON Feed id: the same when the URL changes."),
    )
    url = HttpURLField(_("URL"))
    title = models.CharField(
        _("title"),
        max_length=300,
        blank=True,
        help_text=_("In the feed; the article's may differ. Often empty for sitemaps."),
    )
    discovered_at = models.DateTimeField(
        _("discovered at"), auto_now_add=True, help_text=_("When the feed first listed it.")
    )
    source_updated_at = models.DateTimeField(
        _("updated at source"),
        null=True,
        blank=True,
        help_text=_("When the article was last updated, according to the feed."),
    )
    article = models.ForeignKey(
        "articles.Article",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("article"),
    )
    imported_at = models.DateTimeField(
        _("imported at"), null=True, blank=True, help_text=_("Empty if the article existed.")
    )
    fetched_at = models.DateTimeField(_("fetched at"), null=True, blank=True)
    next_fetch_at = models.DateTimeField(
        _("next fetch"),
        null=True,
        blank=True,
        default=timezone.now,
        help_text=_("When it is fetched, retried or re-checked next."),
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.TextField(
        _("last error"), blank=True, help_text=_("Why the last fetch failed.")
    )

    objects = FeedEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("feed entry")
        verbose_name_plural = _("feed entries")
        constraints = [models.UniqueConstraint(fields=["feed", "key"], name="feed_entry_is_one")]
        indexes = [
            models.Index(fields=["feed", "next_fetch_at"], name="feed_entry_next_fetch"),
            models.Index(fields=["feed", "guid"], name="feed_entry_guid"),
        ]

    def __str__(self) -> str:
        return self.title or self.url

    @property
    def state(self) -> EntryState:
        if self.article_id:
            return EntryState.IMPORTED if self.imported_at else EntryState.DUPLICATE
        return EntryState.PENDING if self.next_fetch_at else EntryState.FAILED

    def record_result(self, **values: Any) -> None:
        """Save the result of a fetch and release the lease; no-op if the entry was deleted.

        By default, it succeeded, and the article is fetched again when its next re-check is due.
        """
        values = {"fetched_at": timezone.now(), "last_error": "", **values}
        for name, value in values.items():
            setattr(self, name, value)
        values.setdefault("next_fetch_at", self.get_next_recheck())
        row = FeedEntry.objects.filter(pk=self.pk)
        row.update(lease_token=None, lease_expires_at=None, **values)

    def get_next_recheck(self) -> datetime | None:
        """Return when to check the article for corrections next; None after `recheck_days`."""
        if not self.imported_at or not self.feed.recheck_days:
            return None
        moment = timezone.now() + RECHECK_INTERVAL
        # An hour of grace, as a daily re-check is always a little late.
        until = self.imported_at + timedelta(days=self.feed.recheck_days, hours=1)
        return moment if moment <= until else None
