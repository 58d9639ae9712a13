from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from articles.errors import IngestError
from articles.models import Article
from articles.services import clean_text
from articles.text.normalise import UnencodableText, normalise
from config.db.languages import validate_language_tag


def clean_article_text(raw: str) -> str:
    try:
        return clean_text(raw)
    except IngestError as error:
        raise forms.ValidationError(error.messages) from None


class NormalisedForm(forms.ModelForm):
    """A model form that normalises and strips every string."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name, value in data.items():
            if isinstance(value, str):
                try:
                    data[name] = normalise(value).strip()
                except UnencodableText as error:
                    self.add_error(name, str(error))
        return data


class MetadataForm(forms.Form):
    """The metadata of an article that can also be given for all articles of an import."""

    language = forms.CharField(
        required=False,
        max_length=35,
        label=_("Language"),
        validators=[validate_language_tag],
        help_text=_("A BCP 47 tag such as en, ar or zh-Hant. Leave empty to detect the language."),
        widget=forms.TextInput(attrs={"list": "languages", "autocapitalize": "off"}),
    )
    outlet = forms.CharField(
        required=False,
        max_length=200,
        label=_("Outlet"),
        help_text=_("The publisher."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    licence = forms.CharField(
        required=False, max_length=200, label=_("Licence"), help_text=_("For example CC-BY-4.0.")
    )

    @property
    def languages(self) -> list[str]:
        return Article.objects.list_languages()
