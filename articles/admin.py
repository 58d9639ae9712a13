"""Managing articles, their versions, authors and outlets."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from articles.ingest.store import ArticleDraft, IngestError, add_version, clean_text, store
from articles.models import (
    Article,
    ArticleVersion,
    Author,
    Authorship,
    BulkImport,
    Feed,
    ImportFault,
    Link,
    Outlet,
    Snapshot,
    Worker,
)
from articles.text.normalise import UnencodableText, normalise


class KeptAdmin(admin.ModelAdmin):
    """Rows that may be looked at, and neither added, changed nor deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class KeptInline(admin.TabularInline):
    """Rows of another that may be looked at only."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NormalisedForm(forms.ModelForm):
    """A form whose words are normalised as those of every other way in are."""

    def clean(self) -> dict[str, Any]:
        """Normalise what is text."""
        data = super().clean() or self.cleaned_data
        for name, value in data.items():
            if isinstance(value, str):
                try:
                    data[name] = normalise(value).strip()
                except UnencodableText as error:
                    self.add_error(name, str(error))
        return data


class NewArticleForm(NormalisedForm):
    """A new article with its text."""

    text = forms.CharField(
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "cols": 100, "dir": "auto"}),
        help_text="Headings, byline and disclosure are recognised by their lines.",
    )

    class Meta:
        model = Article
        fields = ["title", "text", "language", "outlet", "url", "published_at", "licence"]

    def clean_text(self) -> str:
        """Check the text as every way in does."""
        return _checked(self.cleaned_data["text"])


class KnownArticleForm(NormalisedForm):
    """What is known of an article, and its next version where there is one."""

    corrected_text = forms.CharField(
        strip=False,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "cols": 100, "dir": "auto"}),
        help_text="A version never changes: a corrected text becomes the next version.",
    )

    class Meta:
        model = Article
        fields = ["title", "language", "outlet", "url", "published_at", "licence"]

    def clean_corrected_text(self) -> str:
        """Check the text as every way in does."""
        raw = self.cleaned_data["corrected_text"]
        if not raw:
            return ""
        text = _checked(raw)
        current = self.instance.current_version
        if current and current.text == text:
            raise forms.ValidationError("The current version has this text already.")
        return text


def _checked(raw: str) -> str:
    try:
        return clean_text(raw)
    except IngestError as error:
        raise forms.ValidationError(error.errors["text"]) from None


class AuthorshipInline(admin.TabularInline):
    """The byline."""

    model = Authorship
    extra = 0
    autocomplete_fields = ["author"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Authorship]:
        return super().get_queryset(request).select_related("author")


class VersionInline(KeptInline):
    """The versions, without their texts."""

    model = ArticleVersion
    fields = ["number", "length", "sha256", "created_at"]
    readonly_fields = ["created_at"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArticleVersion]:
        return super().get_queryset(request).defer("text", "blocks").select_related("article")


class LinkInline(KeptInline):
    """The links that stood in the text."""

    model = Link
    fields = ["start", "end", "href"]


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    """Articles: added with a text, which is then kept."""

    list_display = ["title", "outlet", "language", "published_at", "version_number"]
    list_filter = ["language", ("outlet", admin.RelatedOnlyFieldListFilter), "published_at"]
    search_fields = ["title", "url", "authors__name"]
    date_hierarchy = "published_at"
    autocomplete_fields = ["outlet"]
    list_per_page = 50

    @admin.display(description="version", ordering="current_version__number")
    def version_number(self, article: Article) -> int | None:
        return article.current_version.number if article.current_version else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return (
            super()
            .get_queryset(request)
            .select_related("outlet", "current_version")
            .defer("current_version__text", "current_version__blocks")
        )

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = KnownArticleForm if obj else NewArticleForm
        return super().get_form(request, obj, change, **{**kwargs, "form": form})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        known = list(KnownArticleForm.Meta.fields)
        return [*known, "corrected_text"] if obj else list(NewArticleForm.Meta.fields)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return [AuthorshipInline, VersionInline] if obj else []

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        """Store a new article as every way in does; a corrected text as the next version."""
        if not change:
            stored = store(_draft(form.cleaned_data), by=request.user)
            obj.pk = stored.pk
            obj.refresh_from_db()
            return
        super().save_model(request, obj, form, change)
        if corrected := form.cleaned_data["corrected_text"]:
            add_version(obj, corrected)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Its versions are kept for good, and so is it.
        return False


def _draft(values: dict[str, Any]) -> ArticleDraft:
    outlet = values["outlet"].name if values["outlet"] else ""
    return ArticleDraft(**{**values, "outlet": outlet})


@admin.register(ArticleVersion)
class ArticleVersionAdmin(KeptAdmin):
    """Versions: read, never changed."""

    list_display = ["article", "number", "length", "created_at"]
    list_filter = ["created_at", "article__language"]
    search_fields = ["article__title", "sha256"]
    fields = ["article", "number", "length", "sha256", "created_at", "text", "blocks"]
    inlines = [LinkInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArticleVersion]:
        versions = super().get_queryset(request).select_related("article")
        shows_one = request.resolver_match and "object_id" in request.resolver_match.kwargs
        return versions if shows_one else versions.defer("text", "blocks")


@admin.register(Outlet)
class OutletAdmin(admin.ModelAdmin):
    """Outlets."""

    form = NormalisedForm
    list_display = ["name", "language", "country", "homepage"]
    list_filter = ["language", "country"]
    search_fields = ["name"]


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    """Authors as bylines give them."""

    form = NormalisedForm
    list_display = ["name", "affiliation"]
    search_fields = ["name", "affiliation"]


class FaultInline(KeptInline):
    """The rows that could not come in."""

    model = ImportFault
    fields = ["place", "reason"]


@admin.register(BulkImport)
class BulkImportAdmin(KeptAdmin):
    """How far imports have come."""

    list_display = [
        "name",
        "state",
        "is_dry_run",
        "started_by",
        "position",
        "stored",
        "known",
        "refused",
        "started_at",
        "moved_at",
        "finished_at",
    ]
    list_filter = ["state", "is_dry_run", "started_at"]
    list_select_related = ["started_by"]
    search_fields = ["name", "digest", "started_by__username"]
    inlines = [FaultInline]


@admin.register(Feed)
class FeedAdmin(admin.ModelAdmin):
    """Feeds and sitemaps: what is polled, when, and what went wrong."""

    list_display = ["__str__", "kind", "is_active", "minutes", "polled_at", "next_at", "failures"]
    list_filter = ["is_active", "kind", "failures"]
    search_fields = ["title", "url"]
    fields = [
        *("url", "title", "kind", "is_active", "minutes", "follow_days", "added_by"),
        *("next_at", "polled_at", "failures", "fault"),
    ]
    readonly_fields = ["kind", "added_by", "polled_at", "failures", "fault"]

    def save_model(self, request: HttpRequest, obj: Feed, form: Any, change: bool) -> None:
        """Note who added it; let its articles be followed as is set now."""
        if not change and isinstance(request.user, User):
            obj.added_by = request.user
        super().save_model(request, obj, form, change)
        if change and "follow_days" in form.changed_data:
            obj.follow_as_set()


@admin.register(Snapshot)
class SnapshotAdmin(KeptAdmin):
    """Pages as they were fetched."""

    list_display = ["url", "fetched_at", "status", "size", "version"]
    list_filter = ["status", "fetched_at"]
    search_fields = ["url", "sha256"]
    fields = ["url", "answered_url", "fetched_at", "status", "size", "sha256", "version", "headers"]
    list_select_related = ["version__article"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Snapshot]:
        return super().get_queryset(request).defer("compressed")


@admin.register(Worker)
class WorkerAdmin(KeptAdmin):
    """Workers, and whether they are heard of; what they do is under the task results."""

    list_display = ["name", "started_at", "seen_at", "is_alive"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        """Find out who is alive."""
        return Worker.objects.with_life()

    @admin.display(boolean=True)
    def is_alive(self, worker: Any) -> bool:
        """Tell whether it was heard of lately."""
        return bool(worker.is_alive)
