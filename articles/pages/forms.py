from datetime import UTC
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.errors import IngestError
from articles.extraction.draft import MAX_TITLE, ArticleDraft
from articles.forms import MetadataForm, clean_article_text
from articles.pages.preview import (
    Extraction,
    build_preview,
    extract_file,
    extract_text,
    extract_url,
    load_extraction,
    sign_extraction,
)
from articles.text.blocks import split_blocks
from articles.text.byline import Credit
from articles.text.headline import propose_title


class ArticleForm(MetadataForm):
    """An article from a URL, a file or pasted text. URLs and files need a preview before saving."""

    fetch = forms.URLField(
        required=False,
        max_length=2000,
        label=gettext_lazy("From the web"),
        assume_scheme="https",
        help_text=gettext_lazy("The URL of an article. You see a preview before it is saved."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    file = forms.FileField(
        required=False,
        # Extraction reports empty files, with the same message as other imports.
        allow_empty_file=True,
        label=gettext_lazy("File"),
        help_text=gettext_lazy("One article: text, HTML, Markdown, Word, PDF or email."),
        widget=forms.ClearableFileInput(
            attrs={"accept": ".txt,.html,.htm,.md,.docx,.pdf,.eml,.warc,.warc.gz,text/plain"}
        ),
    )
    text = forms.CharField(
        required=False,
        strip=False,
        label=gettext_lazy("Or paste the text"),
        widget=forms.Textarea(attrs={"rows": 14, "dir": "auto"}),
    )
    title = forms.CharField(
        required=False,
        max_length=MAX_TITLE,
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("Leave empty to get a suggestion from the text."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    authors = forms.CharField(
        required=False,
        max_length=5000,
        label=gettext_lazy("Authors"),
        help_text=gettext_lazy(
            "One per line, with an optional affiliation after a comma. "
            "Leave empty to use the byline in the text."
        ),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    url = forms.URLField(
        required=False,
        max_length=2000,
        label=gettext_lazy("URL"),
        assume_scheme="https",
        help_text=gettext_lazy("The canonical URL of the article."),
    )
    published_at = forms.DateTimeField(
        required=False,
        label=gettext_lazy("Published (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    extraction = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = (
        *("fetch", "file", "text", "title", "authors"),
        *("language", "outlet", "url", "published_at", "licence"),
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        # A dict rather than a QueryDict, so that a preview can fill in fields.
        super().__init__(None if data is None else dict(data.items()), files, label_suffix="")
        self.preview: dict[str, Any] | None = None

    @property
    def source(self) -> str:
        """The field that contains the article; only for valid forms."""
        return next(name for name in ("fetch", "file", "text") if self.cleaned_data[name])

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > settings.MAX_PAGE_BYTES:
            limit = settings.MAX_PAGE_BYTES / 1e6
            raise forms.ValidationError(
                _("The file exceeds the limit of %(limit).1f MB.") % {"limit": limit}
            )
        return file

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        return clean_article_text(text) if text.strip() else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        sources = [name for name in ("fetch", "file", "text") if data.get(name)]
        if self.errors.keys() & {"fetch", "file", "text"}:
            return data
        if len(sources) > 1:
            self.add_error(sources[-1], _("Give only one of these: a URL, a file or the text."))
        elif not sources:
            self.add_error("text", _("The article has no text."))
        elif sources == ["text"] and "title" in data and not data["title"].strip():
            title = propose_title(data["text"], split_blocks(data["text"]))
            self.data = {**self.data, "title": title, "text": data["text"]}
            self.add_error("title", _("This title is a suggestion. Change it or keep it."))
        return data

    def extract(self) -> Extraction:
        """Fetch the URL, or read the file or the text. Raises IngestError for the source field."""
        data = self.cleaned_data
        try:
            if self.source == "fetch":
                return extract_url(data["fetch"])
            if self.source == "file":
                return extract_file(data["file"].name, data["file"].read())
            return extract_text(self.build_draft())
        except IngestError as error:
            raise IngestError({self.source: error.messages}) from None

    def show_preview(self, extraction: Extraction) -> None:
        """Fill in the fields from an extraction, except those that the user has filled in."""
        draft = extraction.page.draft
        self.preview = build_preview(extraction)
        self["text"].label = _("Text")
        published = draft.published_at
        values = {
            "title": draft.title,
            "authors": "\n".join(map(str, draft.authors or ())),
            "language": draft.language or "",
            "outlet": draft.outlet,
            "url": draft.url or "",
            "published_at": f"{published.astimezone(UTC):%Y-%m-%dT%H:%M}" if published else "",
            "licence": draft.licence,
        }
        given = {name: self.data[name] for name in values if self.data.get(name)}
        self.data = {**self.data, **values, **given, "text": draft.text, "fetch": ""}
        self.data["extraction"] = self.data.get("extraction") or sign_extraction(extraction)

    def build_draft(self) -> ArticleDraft:
        """Return the draft; an unchanged text keeps its extracted blocks and links."""
        values = self.cleaned_data
        extraction = self.load_extraction()
        return ArticleDraft(
            title=values["title"],
            text=values["text"],
            language=values["language"] or None,
            outlet=values["outlet"],
            url=values["url"] or None,
            authors=parse_authors(values["authors"]) or None,
            published_at=values["published_at"],
            licence=values["licence"],
            blocks=extraction.get("blocks"),
            links=extraction.get("links"),
        )

    def load_extraction(self) -> dict[str, Any]:
        return load_extraction(self.cleaned_data["extraction"], self.cleaned_data["text"])


def parse_authors(lines: str) -> list[Credit]:
    """Parse `name` or `name, affiliation` lines."""
    parts = [line.partition(",") for line in lines.splitlines()]
    return [Credit(name.strip(), post.strip()) for name, _comma, post in parts if name.strip()]
