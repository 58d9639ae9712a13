"""Where new articles are looked for."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from config.db.constraints import choices_constraint
from config.db.fields import HttpURLField, match_http_url
from config.db.public_id import PublicModel
from config.db.timestamps import rfc3339

# A feed that fails is asked again after twice as long, up to a day; so is an entry.
LONGEST_WAIT = timedelta(days=1)
FEWEST_MINUTES = 5
MOST_MINUTES = 7 * 24 * 60
FOLLOW_DAYS = 7
MOST_FOLLOW_DAYS = 365
# How often an article that is followed is looked at.
FOLLOW_EVERY = timedelta(days=1)
# Whoever takes an entry has so long to fetch it before another may.
TAKEN_FOR = timedelta(minutes=10)
# A task that was queued is waited for so long before another is.
QUEUED_FOR = timedelta(hours=12)

Record = dict[str, Any]


class FeedKind(models.TextChoices):
    """In which form a feed names its articles."""

    RSS = "rss", "RSS"
    ATOM = "atom", "Atom"
    JSON = "json", "JSON Feed"
    SITEMAP = "sitemap", "Sitemap"


class FeedQuerySet(models.QuerySet["Feed"]):
    """Ways to ask for feeds."""

    def due(self) -> Self:
        """Keep those whose time has come, or that of one of their entries; the first due first."""
        now = timezone.now()
        entries = FeedEntry.objects.filter(feed=models.OuterRef("pk")).due(now)
        return self.filter(
            models.Q(next_at__lte=now) | models.Exists(entries), is_active=True
        ).order_by("next_at")

    def unclaimed(self) -> Self:
        """Keep those for which no task is queued or under way."""
        over = timezone.now() - QUEUED_FOR
        return self.filter(models.Q(queued_at=None) | models.Q(queued_at__lte=over))

    def for_reading(self) -> Self:
        """Fetch what is shown of a feed, with the numbers of its entries."""
        own = FeedEntry.objects.filter(feed=models.OuterRef("pk"))
        return self.select_related("added_by").annotate(
            entry_count=_number_of(own),
            waiting_count=_number_of(own.in_state(EntryState.WAITING)),
            brought_count=_number_of(own.filter(brought_at__isnull=False)),
        )


def _number_of(rows: models.QuerySet[Any]) -> Any:
    counted = rows.order_by().values("feed").annotate(number=models.Count("pk")).values("number")
    return models.functions.Coalesce(
        models.Subquery(counted, output_field=models.IntegerField()), models.Value(0)
    )


class Feed(PublicModel):
    """A feed (RSS, Atom, JSON Feed) or a sitemap that is polled for new articles.

    `queued_at` is when the task was queued that looks after it; it names that task, so that
    there is one at a time.
    """

    url = HttpURLField("URL", unique=True)
    title = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=10, choices=FeedKind.choices, blank=True, editable=False)
    is_active = models.BooleanField("polled", default=True)
    minutes = models.PositiveIntegerField(default=60, help_text="Between two polls.")
    follow_days = models.PositiveSmallIntegerField(
        default=FOLLOW_DAYS,
        help_text="For so many days its articles are looked at again; 0 is never.",
    )
    next_at = models.DateTimeField(default=timezone.now)
    polled_at = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True, editable=False)
    validators = models.JSONField(
        default=dict, blank=True, editable=False, help_text="ETag and Last-Modified as last given."
    )
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    fault = models.TextField(blank=True, help_text="Why the last poll failed.")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # What a poll writes; the rest is for people to change meanwhile.
    POLLED = ("title", "kind", "next_at", "polled_at", "validators", "failures", "fault")

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["title", "url"]
        constraints = [
            models.CheckConstraint(
                condition=match_http_url("url") & ~models.Q(url=""), name="feed_url_is_http"
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=FEWEST_MINUTES),
                name="feed_is_not_polled_all_the_time",
            ),
            choices_constraint("kind", ["", *FeedKind.values]),
        ]

    def __str__(self) -> str:
        return self.title or self.url

    def succeed(self) -> None:
        """Note a poll that went well, and when the next one is."""
        self.polled_at = timezone.now()
        self.failures, self.fault = 0, ""
        self.next_at = self.polled_at + timedelta(minutes=self.minutes)
        self.save(update_fields=[*self.POLLED, "updated_at"])

    def fail(self, reason: str) -> None:
        """Note a poll that failed; the next one is the later the more failed in a row."""
        self.polled_at = timezone.now()
        self.failures, self.fault = self.failures + 1, reason
        self.next_at = self.polled_at + self.wait_after(self.failures)
        self.save(update_fields=[*self.POLLED, "updated_at"])

    def wait_after(self, failures: int) -> timedelta:
        """Give how long it is waited after so many failures in a row."""
        wait: timedelta = timedelta(minutes=self.minutes) * 2 ** min(failures, 10)
        return min(wait, LONGEST_WAIT)

    def is_kept_by(self, user: Any) -> bool:
        """Tell whether somebody may change it: who added it, or an editor."""
        return bool(user.is_staff or (user.pk and self.added_by_id == user.pk))

    def set(self, **values: Any) -> None:
        """Change how it is polled; one that is resumed is asked soon."""
        resumed = values.get("is_active", self.is_active) and not self.is_active
        hurried = values.get("minutes", self.minutes) < self.minutes and not self.failures
        for name, value in values.items():
            setattr(self, name, value)
        if resumed:
            self.next_at = timezone.now()
        elif hurried and self.polled_at:
            self.next_at = self.polled_at + timedelta(minutes=self.minutes)
        self.save(update_fields=[*values, "next_at", "updated_at"])
        if "follow_days" in values:
            self.follow_as_set()

    def follow_as_set(self) -> None:
        """Let the articles that came in be looked at for as many days as are set now."""
        now = timezone.now()
        brought = self.entries.filter(brought_at__isnull=False)
        recent = models.Q(brought_at__gt=now - timedelta(days=self.follow_days))
        brought.filter(recent, due_at=None).update(due_at=now + FOLLOW_EVERY)
        brought.exclude(recent).update(due_at=None)

    def record(self) -> Record:
        """Write it down, for the API; it was read with `for_reading`."""
        counted: Any = self
        return {
            "id": str(self.public_id),
            "title": self.title,
            "url": self.url,
            "kind": self.kind,
            "minutes": self.minutes,
            "follow_days": self.follow_days,
            "is_active": self.is_active,
            "next_at": rfc3339(self.next_at) if self.is_active else None,
            "polled_at": self.polled_at and rfc3339(self.polled_at),
            "failures": self.failures,
            "fault": self.fault,
            "entries": counted.entry_count,
            "waiting": counted.waiting_count,
            "brought": counted.brought_count,
            "added_by": self.added_by and self.added_by.get_username(),
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
        }


class EntryState(models.TextChoices):
    """What came of an address that a feed has named."""

    DONE = "done", "Here"
    WAITING = "waiting", "Waiting"
    FAILED = "failed", "Not fetched"


class FeedEntryQuerySet(models.QuerySet["FeedEntry"]):
    """Ways to ask for entries."""

    def due(self, now: datetime) -> Self:
        """Keep those that are to be fetched and that nobody is fetching."""
        free = models.Q(taken_until=None) | models.Q(taken_until__lte=now)
        return self.filter(free, due_at__lte=now)

    def in_state(self, state: str) -> Self:
        """Keep those of which this came."""
        match state:
            case EntryState.DONE:
                return self.filter(article__isnull=False)
            case EntryState.WAITING:
                return self.filter(article=None, due_at__isnull=False)
        return self.filter(article=None, due_at=None)

    def take(self) -> "FeedEntry | None":
        """Take the next that is due, the new ones first; nobody else is given it meanwhile."""
        now = timezone.now()
        due = self.due(now)
        new_first = models.F("article_id").asc(nulls_first=True)
        while entry := due.select_related("article").order_by(new_first, "pk").first():
            # Another poll may have been faster.
            if due.filter(pk=entry.pk).update(taken_until=now + TAKEN_FOR):
                return entry
        return None


class FeedEntry(PublicModel):
    """An address that a feed has named, and what came of it; none is brought in twice.

    `due_at` is when it is fetched next, for the first time or again: nothing where never.
    `attempts` counts the times that it could not be fetched for a reason that may pass.
    """

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="entries")
    key = models.CharField(max_length=2000, help_text="What is the same for one page's addresses.")
    url = HttpURLField("URL")
    title = models.CharField(max_length=300, blank=True, help_text="As the feed gives it.")
    seen_at = models.DateTimeField(auto_now_add=True)
    said_at = models.DateTimeField(
        null=True, blank=True, help_text="When the feed says that it was last changed."
    )
    article = models.ForeignKey(
        "articles.Article", models.CASCADE, null=True, blank=True, related_name="+"
    )
    brought_at = models.DateTimeField(
        null=True, blank=True, help_text="When the feed brought it in; nothing if it was here."
    )
    fetched_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    taken_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    fault = models.TextField(blank=True)

    objects = FeedEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "feed entries"
        constraints = [models.UniqueConstraint(fields=["feed", "key"], name="feed_entry_is_one")]
        indexes = [models.Index(fields=["feed", "due_at"], name="feed_entry_due")]

    def __str__(self) -> str:
        return self.title or self.url

    @property
    def state(self) -> EntryState:
        """What came of it."""
        if self.article_id:
            return EntryState.DONE
        return EntryState.WAITING if self.due_at else EntryState.FAILED

    def come_to(self, **values: Any) -> None:
        """Note what came of it, and let it go. One that was deleted meanwhile stays so."""
        for name, value in values.items():
            setattr(self, name, value)
        FeedEntry.objects.filter(pk=self.pk).update(taken_until=None, **values)

    def record(self) -> Record:
        """Write it down, for the API."""
        return {
            "id": str(self.public_id),
            "feed": str(self.feed.public_id),
            "url": self.url,
            "title": self.title,
            "state": str(self.state),
            "article": self.article and str(self.article.public_id),
            "brought_at": self.brought_at and rfc3339(self.brought_at),
            "fetched_at": self.fetched_at and rfc3339(self.fetched_at),
            "next_at": self.due_at and rfc3339(self.due_at),
            "attempts": self.attempts,
            "fault": self.fault,
            "created_at": rfc3339(self.seen_at),
        }
