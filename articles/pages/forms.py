"""The form through which an article comes in."""

from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.models import Article
from articles.models.article import MAX_TITLE
from articles.pages.preview import (
    Found,
    Preview,
    credits_of,
    find_at,
    find_draft,
    find_in,
    lines_of,
    opened,
    preview,
    sealed,
)
from articles.services import clean_text, too_large
from articles.text.blocks import split_blocks
from articles.text.headline import propose_title
from config.db.languages import validate_language_tag


class ArticleForm(forms.Form):
    """A text that is fetched, uploaded or pasted, and what is known of it.

    What was fetched or uploaded is shown before it is saved; so is a pasted text when asked for.
    """

    fetch = forms.URLField(
        required=False,
        max_length=2000,
        label="From the web",
        assume_scheme="https",
        help_text="The address of an article. You see what was found before it is saved.",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    file = forms.FileField(
        required=False,
        # An empty one is refused with the words that every way in has for it.
        allow_empty_file=True,
        label="Text file or document",
        help_text="One article: text (UTF-8), HTML, Markdown, Word, PDF or mail.",
        widget=forms.ClearableFileInput(
            attrs={"accept": ".txt,.html,.htm,.md,.docx,.pdf,.eml,text/plain"}
        ),
    )
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or paste the text",
        widget=forms.Textarea(attrs={"rows": 14, "dir": "auto"}),
    )
    title = forms.CharField(
        required=False,
        max_length=MAX_TITLE,
        help_text="Leave it empty to have one proposed from the text.",
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    authors = forms.CharField(
        required=False,
        max_length=5000,
        help_text="One a line; a post or institution after a comma. "
        "Left empty, they are read from the byline in the text.",
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    language = forms.CharField(
        required=False,
        max_length=35,
        validators=[validate_language_tag],
        help_text="A tag such as en, ar or zh-Hant (BCP 47). Left empty, it is guessed.",
        widget=forms.TextInput(attrs={"list": "languages", "autocapitalize": "off"}),
    )
    outlet = forms.CharField(required=False, max_length=200, help_text="Who published it.")
    url = forms.URLField(
        required=False,
        max_length=2000,
        label="Address",
        assume_scheme="https",
        help_text="The article's own address on the web.",
    )
    published_at = forms.DateTimeField(
        required=False,
        label="Published (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    licence = forms.CharField(required=False, max_length=200, help_text="Such as CC-BY-4.0.")
    found = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None) -> None:
        # As a plain dict, so that what was found can be put in before the form is shown again.
        super().__init__(None if data is None else dict(data.items()), files, label_suffix="")
        self.preview: Preview | None = None

    def clean(self) -> dict[str, Any]:
        """Take the text from the one place where it was given; propose a title for a pasted one."""
        data = super().clean() or self.cleaned_data
        fetch, uploaded, pasted = data.get("fetch"), data.get("file"), data.get("text", "")
        if {"file", "fetch"} & self.errors.keys():
            return data
        if sum([bool(fetch), bool(uploaded), bool(pasted.strip())]) > 1:
            self.add_error(
                "text" if pasted.strip() else "file",
                "Give one thing: an address, a file or the text.",
            )
            return data
        try:
            if fetch or uploaded:
                self.show(find_at(fetch) if fetch else self.look_into(uploaded))
                return data
            data["text"] = clean_text(pasted)
        except IngestError as error:
            self.add_error("fetch" if fetch else "file" if uploaded else "text", error.messages)
            return data
        if not data.get("title", "").strip() and "title" not in self.errors:
            self.propose_title(data["text"])
        elif "look" in self.data and not self.errors:
            self.show(find_draft(self.draft()))
        return data

    def look_into(self, file: Any) -> Found:
        """Read an uploaded file. Raises IngestError."""
        if file.size > settings.MAX_PAGE_BYTES:
            raise IngestError({"file": [too_large(file.size)]})
        return find_in(file.name, file.read())

    def show(self, found: Found) -> None:
        """Put what was found into the form to be looked at; what was filled in stays."""
        draft = found.draft
        self.preview = preview(found)
        self["text"].label = "Text"
        moment = draft.published_at
        values = {
            "title": draft.title,
            "authors": lines_of(draft.authors),
            "language": draft.language or "",
            "outlet": draft.outlet,
            "url": draft.url or "",
            "published_at": moment.strftime("%Y-%m-%dT%H:%M") if moment else "",
            "licence": draft.licence,
        }
        typed = {name: self.data[name] for name in values if self.data.get(name)}
        self.data = {**self.data, **values, **typed, "text": draft.text}
        self.data |= {"fetch": "", "found": self.data.get("found") or sealed(found)}

    def propose_title(self, text: str) -> None:
        """Put a title into the form to be looked at."""
        proposed = propose_title(text, split_blocks(text))
        self.data = {**self.data, "title": proposed, "text": text}
        self.add_error("title", "This title is proposed from the text. Change or keep it.")

    def draft(self) -> ArticleDraft:
        """Give what was filled in as a draft, with the blocks and links of a text left as found."""
        values = self.cleaned_data
        kept = opened(values.get("found", ""), values["text"])
        draft = ArticleDraft(
            title=values["title"],
            text=values["text"],
            language=values["language"] or None,
            outlet=values["outlet"],
            url=values["url"] or None,
            authors=credits_of(values["authors"]),
            published_at=values["published_at"],
            licence=values["licence"],
        )
        return replace(draft, blocks=kept.get("blocks"), links=kept.get("links"))

    def snapshot(self) -> int | None:
        """Give the key of the bytes that the text was found in; None where there are none."""
        kept = opened(self.cleaned_data.get("found", ""), self.cleaned_data["text"])
        return kept.get("snapshot")

    @staticmethod
    def languages() -> list[str]:
        """Give the languages that articles have already, to choose from."""
        return Article.objects.list_languages()
