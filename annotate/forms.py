"""Form fields that several features share."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from articles.text.anchor import Selector

SPANS_PATTERN = re.compile(r"(?:\d{1,9}-\d{1,9}(?: |$))*\Z")


class SpansField(forms.CharField):
    """Spans as the scripts send them: `12-45 60-70`, in code points."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> tuple[Selector, ...]:
        written = str(super().clean(value)).strip()
        if not SPANS_PATTERN.match(written):
            raise forms.ValidationError(_("Select the passage again."))
        pairs = (span.split("-") for span in written.split())
        return tuple(Selector(start=int(start), end=int(end)) for start, end in pairs)
