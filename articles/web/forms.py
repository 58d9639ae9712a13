"""The form through which an article comes in."""

from typing import Any

from django import forms

from articles.ingest.store import ArticleDraft, IngestError, clean_text
from articles.ingest.text_file import read_text_file
from articles.models import Article
from articles.models.article import MAX_TITLE
from articles.models.language import UNDETERMINED, validate_language_tag
from articles.text.blocks import split_blocks
from articles.text.headline import propose_title


class ArticleForm(forms.Form):
    """A text, pasted or uploaded, and what is known of it."""

    file = forms.FileField(
        required=False,
        # An empty one is refused with the words that every way in has for it.
        allow_empty_file=True,
        label="Text file",
        help_text="UTF-8 plain text, one article.",
        widget=forms.ClearableFileInput(attrs={"accept": ".txt,text/plain"}),
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
    language = forms.CharField(
        required=False,
        max_length=35,
        validators=[validate_language_tag],
        help_text="A BCP 47 tag such as en, ar or zh-Hant.",
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

    def __init__(self, data: Any = None, files: Any = None) -> None:
        # As a plain dict, so that a proposal can be put in before the form is shown again.
        super().__init__(None if data is None else dict(data.items()), files, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """Read the text from where it was given, and propose a title where there is none."""
        data = super().clean() or self.cleaned_data
        uploaded, pasted = data.get("file"), data.get("text", "")
        if "file" in self.errors:
            return data
        if uploaded and pasted.strip():
            self.add_error("text", "Give a file or paste the text, not both.")
            return data
        try:
            raw = read_text_file(uploaded) if uploaded else pasted
            data["text"] = clean_text(raw, field_name="file" if uploaded else "text")
        except IngestError as error:
            self.add_error(None, error.errors)
            return data
        if not data.get("title", "").strip() and "title" not in self.errors:
            self.propose_title(data["text"])
        return data

    def propose_title(self, text: str) -> None:
        """Put a title into the form to be looked at, and the text of a file with it."""
        proposed = propose_title(text, split_blocks(text))
        self.data = {**self.data, "title": proposed, "text": text}
        self.add_error("title", "This title is proposed from the text. Change or keep it.")

    def draft(self) -> ArticleDraft:
        """Give what was filled in as a draft."""
        values = {k: v for k, v in self.cleaned_data.items() if k != "file"}
        return ArticleDraft(
            **{
                **values,
                "language": values["language"] or UNDETERMINED,
                "url": values["url"] or None,
            }
        )

    @staticmethod
    def languages() -> list[str]:
        """Give the languages that articles have already, to choose from."""
        return Article.objects.languages()
