from typing import Any

from django import forms

from articles.text.normalise import UnencodableText, normalise


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
