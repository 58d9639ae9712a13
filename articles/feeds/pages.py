from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from annotate.accounts.permissions import require_editor
from articles.errors import IngestError
from articles.feeds.formats import FeedLink, NotAFeed
from articles.feeds.models import EntryState, Feed
from articles.feeds.services import add_feed, poll_soon
from articles.forms import NormalisedForm

PER_PAGE = 25
ENTRIES_PER_PAGE = 50


class FeedSettingsForm(NormalisedForm):
    class Meta:
        model = Feed
        fields = ["title", "poll_interval_minutes", "recheck_days"]
        widgets = {"title": forms.TextInput(attrs={"dir": "auto"})}

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())


class AddFeedForm(forms.ModelForm):
    url = forms.URLField(
        max_length=2000,
        label=gettext_lazy("URL"),
        assume_scheme="https",
        help_text=gettext_lazy("Of a feed, a sitemap, or a page that links to its feeds."),
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )

    class Meta:
        model = Feed
        fields = ["poll_interval_minutes", "recheck_days"]

    def __init__(self, data: Any = None) -> None:
        if data is not None:
            # A button may submit one of the feeds that the page links to.
            data = {**data.dict(), "url": data.get("chosen") or data.get("url", "")}
        super().__init__(data, label_suffix="")
        self.links: list[tuple[FeedLink, str]] = []

    def add_feed(self, user: Any) -> Feed | None:
        """Fetch and add the feed; on failure, add form errors and return None."""
        try:
            return add_feed(by=user, **self.cleaned_data)
        except NotAFeed as error:
            self.links = [(link, link.url.partition("://")[2]) for link in error.links]
            choose = _("This is a page, not a feed. Choose one of its feeds:")
            self.add_error("url", choose if self.links else error.messages)
        except IngestError as error:
            self.add_error("url", error.messages)
        return None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def feed_list(request: HttpRequest) -> HttpResponse:
    form = AddFeedForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (feed := form.add_feed(request.user)):
        poll_soon(feed)
        messages.success(request, _("Feed added. Its articles are being imported."))
        return redirect("feed", feed.public_id)
    feeds = Feed.objects.with_counts().order_by("-is_active", "title", "url", "pk")
    page = Paginator(feeds, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [(feed, urlsplit(feed.url).hostname or feed.url) for feed in page.object_list],
        "now": timezone.now(),
    }
    return render(request, "feeds/feeds.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def feed_detail(request: HttpRequest, public_id: Any) -> HttpResponse:
    feed = _get_feed(public_id)
    initial = {name: getattr(feed, name) for name in FeedSettingsForm.base_fields}
    form = FeedSettingsForm(request.POST or None, initial=initial, label_suffix="")
    if request.method == "POST":
        require_editor(request.user, feed)
        if form.is_valid():
            feed.update_settings(**form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("feed", feed.public_id)
    state = request.GET.get("state", "")
    entries = feed.entries.select_related("article").order_by("-pk")
    if state in EntryState:
        entries = entries.in_state(state)
    context = {
        "feed": feed,
        "now": timezone.now(),
        "can_edit": feed.can_edit(request.user),
        "form": form,
        "page": Paginator(entries, ENTRIES_PER_PAGE).get_page(request.GET.get("page")),
        "state": state,
        "states": EntryState.choices,
    }
    return render(request, "feeds/feed.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def feed_poll(request: HttpRequest, public_id: Any) -> HttpResponse:
    feed = _get_own_feed(request, public_id)
    if feed.is_active:
        poll_soon(feed)
        messages.success(request, _("Polling the feed in the background."))
    else:
        messages.error(request, _("This feed is paused. Resume it first."))
    return redirect("feed", feed.public_id)


@require_POST
@login_required
def feed_pause(request: HttpRequest, public_id: Any) -> HttpResponse:
    feed = _get_own_feed(request, public_id)
    feed.update_settings(is_active=request.POST.get("active") == "1")
    messages.success(request, _("Feed resumed.") if feed.is_active else _("Feed paused."))
    return redirect("feed", feed.public_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def feed_delete(request: HttpRequest, public_id: Any) -> HttpResponse:
    feed = _get_own_feed(request, public_id)
    if request.method != "POST":
        return render(request, "feeds/feed_delete.html", {"feed": feed})
    feed.delete()
    messages.success(request, _("Deleted “%(feed)s”.") % {"feed": feed})
    return redirect("feed-list")


def _get_feed(public_id: Any) -> Feed:
    return get_object_or_404(Feed.objects.with_counts(), public_id=public_id)


def _get_own_feed(request: HttpRequest, public_id: Any) -> Feed:
    feed = _get_feed(public_id)
    require_editor(request.user, feed)
    return feed
