from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.extraction.draft import ArticleDraft
from articles.forms import NormalisedForm, clean_article_text
from articles.models import Article, ArticleVersion, Author, Authorship, Link, Outlet, Snapshot
from articles.services import add_version, create_article
from config.ui.admin import ReadOnlyAdmin, ReadOnlyInline, VisibleAdmin


class AddArticleForm(NormalisedForm):
    text = forms.CharField(
        label=gettext_lazy("Text"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "cols": 100, "dir": "auto"}),
        help_text=gettext_lazy("Headings, byline and disclosure are recognised by their lines."),
    )

    class Meta:
        model = Article
        fields = ["title", "text", "language", "outlet", "url", "published_at", "licence"]

    def clean_text(self) -> str:
        return clean_article_text(self.cleaned_data["text"])


class ChangeArticleForm(NormalisedForm):
    corrected_text = forms.CharField(
        label=gettext_lazy("Corrected text"),
        strip=False,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "cols": 100, "dir": "auto"}),
        help_text=gettext_lazy("Saved as the next version; existing versions never change."),
    )

    class Meta:
        model = Article
        fields = ["title", "language", "outlet", "url", "published_at", "licence"]

    def clean_corrected_text(self) -> str:
        raw = self.cleaned_data["corrected_text"]
        if not raw:
            return ""
        text = clean_article_text(raw)
        current = self.instance.current_version
        if current and current.text == text:
            raise forms.ValidationError(_("The text is the same as the current version."))
        return text


class AuthorshipInline(admin.TabularInline):
    model = Authorship
    extra = 0
    autocomplete_fields = ["author"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Authorship]:
        return super().get_queryset(request).select_related("author")


class VersionInline(ReadOnlyInline):
    model = ArticleVersion
    fields = ["number", "length", "sha256", "created_at"]
    readonly_fields = ["created_at"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArticleVersion]:
        return super().get_queryset(request).defer("text", "blocks").select_related("article")


class LinkInline(ReadOnlyInline):
    model = Link
    fields = ["start", "end", "href"]


@admin.register(Article)
class ArticleAdmin(VisibleAdmin):
    list_display = ["title", "outlet", "language", "published_at", "version_number"]
    list_filter = ["language", ("outlet", admin.RelatedOnlyFieldListFilter), "published_at"]
    search_fields = ["title", "url", "authors__name"]
    date_hierarchy = "published_at"
    autocomplete_fields = ["outlet"]
    list_per_page = 50

    @admin.display(description=gettext_lazy("version"), ordering="current_version__number")
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
        form = ChangeArticleForm if obj else AddArticleForm
        return super().get_form(request, obj, change, **{**kwargs, "form": form})

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return [AuthorshipInline, VersionInline] if obj else []

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        """Create articles and versions through articles.services."""
        if not change:
            values = form.cleaned_data
            outlet = values["outlet"].name if values["outlet"] else ""
            draft = ArticleDraft(**{**values, "outlet": outlet})
            obj.pk = create_article(draft, created_by=request.user).pk
            obj.refresh_from_db()
            return
        super().save_model(request, obj, form, change)
        if corrected := form.cleaned_data["corrected_text"]:
            add_version(obj, corrected)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Versions cannot be deleted, so neither can their articles.
        return False


@admin.register(ArticleVersion)
class ArticleVersionAdmin(ReadOnlyAdmin):
    list_display = ["article", "number", "length", "created_at"]
    list_filter = ["created_at", "article__language"]
    search_fields = ["article__title", "sha256"]
    fields = ["article", "number", "length", "sha256", "created_at", "text", "blocks"]
    inlines = [LinkInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArticleVersion]:
        versions = super().get_queryset(request).select_related("article")
        is_detail = request.resolver_match and "object_id" in request.resolver_match.kwargs
        return versions if is_detail else versions.defer("text", "blocks")


@admin.register(Outlet)
class OutletAdmin(VisibleAdmin):
    form = NormalisedForm
    list_display = ["name", "language", "country", "homepage"]
    list_filter = ["language", "country"]
    search_fields = ["name"]


@admin.register(Author)
class AuthorAdmin(VisibleAdmin):
    form = NormalisedForm
    list_display = ["name", "affiliation"]
    search_fields = ["name", "affiliation"]


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = ["url", "fetched_at", "status", "size", "version"]
    list_filter = ["status", "fetched_at"]
    search_fields = ["url", "sha256"]
    fields = ["url", "final_url", "fetched_at", "status", "size", "sha256", "version", "headers"]
    list_select_related = ["version__article"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Snapshot]:
        return super().get_queryset(request).defer("compressed")
