"""Managing articles, their versions, authors and outlets."""

from typing import Any

from django import forms

from articles.text.normalise import UnencodableText, normalise


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
