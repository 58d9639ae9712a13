"""Pages of feeds: adding one, what it brought, and how it is polled; and fetching again."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from articles.errors import IngestError
from articles.feeds.formats import NotAFeed, Offer
from articles.feeds.models import (
    FEWEST_MINUTES,
    FOLLOW_DAYS,
    MOST_FOLLOW_DAYS,
    MOST_MINUTES,
    EntryState,
    Feed,
)
from articles.feeds.services import add_feed, poll_soon
from articles.text.normalise import UnencodableText, normalise

PER_PAGE = 25
ENTRIES_PER_PAGE = 50


class SettingsForm(forms.Form):
    """How a feed is polled."""

    minutes = forms.IntegerField(
        min_value=FEWEST_MINUTES,
        max_value=MOST_MINUTES,
        initial=60,
        label="Every … minutes",
        help_text="It is asked so often what is new.",
    )
    follow_days = forms.IntegerField(
        min_value=0,
        max_value=MOST_FOLLOW_DAYS,
        initial=FOLLOW_DAYS,
        label="Follow for … days",
        help_text="For so long its articles are looked at again, once a day; a corrected text "
        "becomes a new version. 0 is never.",
    )


class TitledForm(SettingsForm):
    """How a known feed is polled, and called."""

    title = forms.CharField(
        max_length=300, required=False, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    field_order = ("title",)

    def clean_title(self) -> str:
        """Normalise it as all words from outside. Raises ValidationError."""
        try:
            return " ".join(normalise(self.cleaned_data["title"]).split())
        except UnencodableText as error:
            raise forms.ValidationError(str(error)) from None


class FeedForm(SettingsForm):
    """A feed to be added."""

    url = forms.URLField(
        max_length=2000,
        label="Address",
        assume_scheme="https",
        help_text="Of a feed, a sitemap, or a page that names its feeds.",
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )
    field_order = ("url",)

    def __init__(self, data: Any = None) -> None:
        given = None
        if data is not None:
            given = dict(data.items())
            # One of those that were offered.
            given["url"] = given.get("chosen") or given.get("url", "")
        super().__init__(given, label_suffix="")
        self.offers: list[tuple[Offer, str]] = []

    def add(self, user: Any) -> Feed | None:
        """Look at it and keep it; None, with errors in the form, where that cannot be."""
        try:
            return add_feed(by=user, **self.cleaned_data)
        except NotAFeed as error:
            self.offers = [(offer, _shown(offer.url)) for offer in error.offers]
            if self.offers:
                self.add_error("url", "This is a page, not a feed. Take one of those it names:")
            else:
                self.add_error("url", error.errors["url"])
        except IngestError as error:
            self.add_error("url", error.messages)
        return None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def feeds(request: HttpRequest) -> HttpResponse:
    """List the feeds, or add one."""
    form = FeedForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (feed := form.add(request.user)):
        poll_soon(feed)
        messages.success(request, "The feed is added. Its articles come in one after another.")
        return redirect("feed", feed.public_id)
    shown = Feed.objects.for_reading().order_by("-is_active", "title", "url", "pk")
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [(one, _host(one.url)) for one in page.object_list],
        "now": timezone.now(),
    }
    return render(request, "feeds/feeds.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def feed(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show a feed and what came of all that it named, or change how it is polled."""
    shown = _feed(public_id)
    may_change = shown.is_kept_by(request.user)
    values = {name: getattr(shown, name) for name in ("title", "minutes", "follow_days")}
    form = TitledForm(request.POST or None, initial=values, label_suffix="")
    if request.method == "POST":
        _require_keeper(request, shown)
        if form.is_valid():
            shown.set(**form.cleaned_data)
            messages.success(request, "Saved.")
            return redirect("feed", shown.public_id)
    state = request.GET.get("state", "")
    entries = shown.entries.select_related("article").order_by("-pk")
    if state in EntryState:
        entries = entries.in_state(state)
    page = Paginator(entries, ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "feed": shown,
        "now": timezone.now(),
        "may_change": may_change,
        "form": form,
        "page": page,
        "state": state,
        "states": EntryState.choices,
    }
    return render(request, "feeds/feed.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def poll(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Have a feed polled soon."""
    asked = _own(request, public_id)
    if asked.is_active:
        poll_soon(asked)
        messages.success(request, "It is polled now, in the background.")
    else:
        messages.error(request, "It is paused. Resume it first.")
    return redirect("feed", asked.public_id)


@require_POST
@login_required
def pause(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Pause a feed, or resume it."""
    turned = _own(request, public_id)
    turned.set(is_active=request.POST.get("active") == "1")
    said = "It is polled again." if turned.is_active else "Paused. Nothing more comes in."
    messages.success(request, said)
    return redirect("feed", turned.public_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Ask whether a feed shall go, and let it go."""
    going = _own(request, public_id)
    if request.method != "POST":
        return render(request, "feeds/feed_remove.html", {"feed": going})
    going.delete()
    messages.success(request, f"“{going}” is polled no longer.")
    return redirect("feed-list")


def _feed(public_id: Any) -> Feed:
    return get_object_or_404(Feed.objects.for_reading(), public_id=public_id)


def _own(request: HttpRequest, public_id: Any) -> Feed:
    found = _feed(public_id)
    _require_keeper(request, found)
    return found


def _require_keeper(request: HttpRequest, feed: Feed) -> None:
    if not feed.is_kept_by(request.user):
        raise PermissionDenied("Only who added a feed, or an editor, may change it.")


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _shown(url: str) -> str:
    """Give an address without its scheme, as people read it."""
    return url.partition("://")[2]
