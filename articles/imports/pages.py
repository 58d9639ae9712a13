"""Pages through which many articles come in at once: uploading, looking at it, how far it is."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from articles.errors import IngestError
from articles.extraction.files import SUFFIXES
from articles.imports import services as uploaded
from articles.imports.models import Import, ImportState
from articles.imports.preview import Glance, glance
from articles.imports.rows import COLUMNS, DEFAULTS, MANY, Options, column_of
from config.db.languages import validate_language_tag
from config.http.uploads import get_upload_error

PER_PAGE = 20
FAULTS_PER_PAGE = 50
LABELS = {
    "title": "Title",
    "text": "Text",
    "url": "Address",
    "outlet": "Outlet",
    "authors": "Authors",
    "published_at": "Published",
    "language": "Language",
    "licence": "Licence",
    "blocks": "Blocks",
    "links": "Links",
}


class OptionsForm(forms.Form):
    """Which column has which field, and what rows have that say nothing."""

    language = forms.CharField(
        required=False,
        max_length=35,
        validators=[validate_language_tag],
        help_text="A tag such as en, ar or zh-Hant (BCP 47). Left empty, it is guessed.",
        widget=forms.TextInput(attrs={"autocapitalize": "off"}),
    )
    outlet = forms.CharField(
        required=False,
        max_length=200,
        help_text="Who published them.",
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    licence = forms.CharField(required=False, max_length=200, help_text="Such as CC-BY-4.0.")

    def __init__(self, data: Any, state: Import, seen: Glance) -> None:
        super().__init__(data, initial=state.defaults, label_suffix="")
        self.columns = seen.columns
        choices = [("", "None"), *((name, name[:80]) for name in seen.columns)]
        for name in COLUMNS if seen.columns else ():
            if name in ("blocks", "links") and not state.name.endswith((".jsonl", ".ndjson")):
                continue
            self.fields[f"column_{name}"] = forms.ChoiceField(
                choices=choices,
                required=False,
                label=LABELS[name],
                initial=seen.found[name],
                widget=forms.Select(attrs={"dir": "auto"}),
            )

    def mapped(self) -> list[forms.BoundField]:
        """Give the fields that say which column is which."""
        return [field for field in self if field.name.startswith("column_")]

    def shared(self) -> list[forms.BoundField]:
        """Give the fields for what rows have that say nothing."""
        return [field for field in self if field.name in DEFAULTS]

    def clean_column_text(self) -> str:
        """Ask for the text. Raises ValidationError."""
        if not self.cleaned_data["column_text"]:
            raise forms.ValidationError("No column has the text yet. Choose it.")
        return str(self.cleaned_data["column_text"])

    def options(self) -> Options:
        """Give what was chosen; columns that would be found by their names are not told."""
        values = self.cleaned_data
        chosen = {name: values[f"column_{name}"] for name in COLUMNS if f"column_{name}" in values}
        found = {name: column_of(name, self.columns, Options()) or "" for name in chosen}
        return Options(
            {name: column for name, column in chosen.items() if column != found[name]},
            {name: values[name] for name in DEFAULTS if values[name]},
        )


@login_required
def import_list(request: HttpRequest) -> HttpResponse:
    """List one's imports; an editor's list has those of all."""
    rows = Import.objects.visible_to(request.user).select_related("started_by")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "imports/import_list.html", {"page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Offer to upload, or keep what was uploaded to be looked at."""
    problem = ""
    if request.method == "POST":
        files = [*request.FILES.getlist("file"), *request.FILES.getlist("folder")]
        problem = get_upload_error(request)
        if not problem:
            try:
                state = uploaded.receive(files, Options(), by=request.user, any_columns=True)
                return redirect("import", state.public_id)
            except IngestError as error:
                problem = error.message
    context = {"problem": problem, "accept": ",".join([*MANY, *SUFFIXES]), "suffixes": SUFFIXES}
    return render(request, "imports/import_new.html", context, status=422 if problem else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show what would come in, or how far it has come; do what was asked for."""
    mine = Import.objects.visible_to(request.user).select_related("started_by")
    state = get_object_or_404(mine, public_id=public_id)
    if request.method == "POST" and (act := _ACTS.get(request.POST.get("act", ""))):
        try:
            return act(request, state)
        except IngestError as error:
            messages.error(request, error.message)
            return redirect("import", state.public_id)
    return _shown(request, state, request.POST if request.method == "POST" else None)


def _shown(request: HttpRequest, state: Import, data: Any = None) -> HttpResponse:
    """Show an import; while it is open, with its beginning as the options have it read."""
    form, seen, problem = None, None, ""
    if state.is_open:
        form, seen, state, problem = _looked_at(state, data)
    faults = Paginator(state.faults.all(), FAULTS_PER_PAGE)
    context = {
        "import": state,
        "form": form,
        "seen": seen,
        "problem": problem,
        "faults": faults.get_page(request.GET.get("page")),
        "can_resume": state.state in (ImportState.STOPPED, ImportState.FAILED)
        and state.pieces.exists(),
    }
    wrong = problem or (form and form.errors)
    return render(request, "imports/import.html", context, status=422 if wrong and data else 200)


def _looked_at(state: Import, data: Any) -> tuple[OptionsForm, Glance, Import, str]:
    """Look at the beginning of an upload; with what was chosen, where that can be used."""
    problem = ""
    seen = _glance(state)
    form = OptionsForm(data, state, seen)
    if data is not None and form.is_valid():
        try:
            state = uploaded.change_options(state, form.options())
        except IngestError as error:
            problem = error.message
        seen = _glance(state)
        form = OptionsForm(data, state, seen)
    return form, seen, state, problem


def _glance(state: Import) -> Glance:
    try:
        with uploaded.opened(state, head=True, any_columns=True) as source:
            return glance(source, Options(state.columns, state.defaults), total=state.total)
    except IngestError as error:
        return Glance(faults=[(state.name, error.message)])


# --- What can be done with one ------------------------------------------------------------


def _begin(request: HttpRequest, state: Import, *, is_dry_run: bool) -> HttpResponse:
    """Begin it as the form says, or show what is wrong with that."""
    if state.is_open:
        form, _, state, problem = _looked_at(state, request.POST)
        if problem or not form.is_valid():
            return _shown(request, state, request.POST)
    begun, was_there = uploaded.begin(state, is_dry_run=is_dry_run)
    if was_there:
        messages.info(request, "You brought in this file in the same way before: here it is.")
    return redirect("import", begun.public_id)


def _bring_in(request: HttpRequest, state: Import) -> HttpResponse:
    return _begin(request, state, is_dry_run=False)


def _check(request: HttpRequest, state: Import) -> HttpResponse:
    return _begin(request, state, is_dry_run=True)


def _stop(request: HttpRequest, state: Import) -> HttpResponse:
    uploaded.stop(state)
    messages.success(request, "It stops after the articles that are just coming in.")
    return redirect("import", state.public_id)


def _resume(request: HttpRequest, state: Import) -> HttpResponse:
    uploaded.resume(state)
    return redirect("import", state.public_id)


def _forget(request: HttpRequest, state: Import) -> HttpResponse:
    uploaded.forget(state)
    messages.success(request, f"“{state.name[:80]}” is forgotten. The articles stay.")
    return redirect("import-list")


_ACTS = {
    "bring_in": _bring_in,
    "check": _check,
    "stop": _stop,
    "resume": _resume,
    "forget": _forget,
}
