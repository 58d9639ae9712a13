from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from articles.errors import IngestError
from articles.extraction.files import SUFFIXES
from articles.forms import MetadataForm
from articles.imports import services
from articles.imports.models import Import, Severity
from articles.imports.preview import ImportPreview, preview_source
from articles.imports.rows import COLUMNS, DEFAULT_FIELDS, SOURCE_SUFFIXES, Options, find_column
from articles.text.charset import name_encoding
from config.http.uploads import get_upload_error

PER_PAGE = 20
ERRORS_PER_PAGE = 50
LABELS = {
    "title": gettext_lazy("Title"),
    "text": gettext_lazy("Text"),
    "url": gettext_lazy("URL"),
    "outlet": gettext_lazy("Outlet"),
    "authors": gettext_lazy("Authors"),
    "published_at": gettext_lazy("Published"),
    "language": gettext_lazy("Language"),
    "licence": gettext_lazy("Licence"),
    "blocks": gettext_lazy("Blocks"),
    "links": gettext_lazy("Links"),
}


# A choice of the encodings that files have.
ENCODINGS = (
    *("utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("cp1257", "iso8859_2", "iso8859-15", "koi8-r", "mac_roman", "cp932", "euc_jp"),
    *("gb18030", "big5hkscs", "cp949"),
)


class OptionsForm(MetadataForm):
    """Default values, the encoding, and a choice of column for each field of a table."""

    def __init__(self, data: Any, state: Import, preview: ImportPreview) -> None:
        super().__init__(data, initial=state.options.get("defaults"), label_suffix="")
        self.columns = preview.columns
        detected = _("Detect")
        if preview.encoding and not state.options.get("encoding"):
            detected = f"{detected} ({name_encoding(preview.encoding)})"
        self.fields["encoding"] = forms.ChoiceField(
            choices=[("", detected), *((name, name_encoding(name)) for name in ENCODINGS)],
            required=False,
            label=_("Encoding"),
            help_text=_("Of text, CSV and HTML files. Change it if letters look wrong."),
            initial=state.options.get("encoding", ""),
        )
        choices = [("", _("None")), *((name, name[:80]) for name in preview.columns)]
        is_jsonl = state.name.endswith((".jsonl", ".ndjson"))
        for name in COLUMNS if preview.columns else ():
            if is_jsonl or name not in ("blocks", "links"):
                self.fields[f"column_{name}"] = forms.ChoiceField(
                    choices=choices,
                    required=name == "text",
                    error_messages={"required": _("Choose the column that contains the text.")},
                    label=LABELS[name],
                    initial=preview.mapping[name],
                    widget=forms.Select(attrs={"dir": "auto"}),
                )

    def column_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith("column_")]

    def default_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in (*DEFAULT_FIELDS, "encoding")]

    def get_options(self) -> Options:
        """Return the choices, without columns that are found by their names anyway."""
        values = self.cleaned_data
        chosen = {name: values[f"column_{name}"] for name in COLUMNS if f"column_{name}" in values}
        found = {name: find_column(name, self.columns, Options()) or "" for name in chosen}
        return Options(
            {name: column for name, column in chosen.items() if column != found[name]},
            {name: values[name] for name in DEFAULT_FIELDS if values[name]},
            values["encoding"],
        )


@login_required
def import_list(request: HttpRequest) -> HttpResponse:
    rows = Import.objects.visible_to(request.user).select_related("started_by")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "imports/import_list.html", {"page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    files = [*request.FILES.getlist("file"), *request.FILES.getlist("folder")]
    problem = get_upload_error(request)
    if request.method == "POST" and not problem:
        try:
            state = services.save_upload(files, by=request.user)
            return redirect("import", state.public_id)
        except IngestError as error:
            problem = error.message
    context = {
        "problem": problem,
        "accept": ",".join([*SOURCE_SUFFIXES, *SUFFIXES]),
        "suffixes": SUFFIXES,
    }
    return render(request, "imports/import_new.html", context, status=422 if problem else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_detail(request: HttpRequest, public_id: Any) -> HttpResponse:
    imports = Import.objects.visible_to(request.user).select_related("started_by")
    state = get_object_or_404(imports, public_id=public_id)
    name = request.POST.get("action", "")
    form, preview, problem = None, None, ""
    try:
        if action := _ACTIONS.get(name):
            return action(request, state)
        if state.is_editable:
            data = request.POST if request.method == "POST" else None
            form, preview, state, problem = _apply_options(state, data)
        is_invalid = bool(problem or (form and form.errors))
        if name in ("import", "validate") and not is_invalid:
            started, existed = services.start(state, is_dry_run=name == "validate")
            if existed:
                messages.info(request, _("You imported this file with the same options before."))
            return redirect("import", started.public_id)
    except IngestError as error:
        messages.error(request, error.message)
        return redirect("import", state.public_id)
    errors = Paginator(state.row_errors.filter(severity=Severity.ERROR), ERRORS_PER_PAGE)
    warnings = state.row_errors.filter(severity=Severity.WARNING)
    context = {
        "import": state,
        "form": form,
        "preview": preview,
        "problem": problem,
        "errors": errors.get_page(request.GET.get("page")),
        "warnings": warnings[:ERRORS_PER_PAGE],
        "can_resume": state.can_resume and state.chunks.exists(),
    }
    return render(request, "imports/import.html", context, status=422 if is_invalid else 200)


def _apply_options(state: Import, data: Any) -> tuple[OptionsForm, ImportPreview, Import, str]:
    """Save the submitted options if they are valid; return the form and its preview."""
    problem, preview = "", _preview(state)
    form = OptionsForm(data, state, preview)
    if form.is_valid():
        try:
            state = services.set_options(state, form.get_options())
        except IngestError as error:
            problem = error.message
        preview = _preview(state)
        form = OptionsForm(data, state, preview)
    return form, preview, state, problem


def _preview(state: Import) -> ImportPreview:
    try:
        with services.open_upload(state, for_preview=True) as source:
            return preview_source(source, Options(**state.options), total=state.total)
    except IngestError as error:
        return ImportPreview(errors=[(state.name, error.message)])


def _stop(request: HttpRequest, state: Import) -> HttpResponse:
    services.stop(state)
    messages.success(request, _("The import stops after its current batch."))
    return redirect("import", state.public_id)


def _resume(request: HttpRequest, state: Import) -> HttpResponse:
    services.resume(state)
    return redirect("import", state.public_id)


def _delete(request: HttpRequest, state: Import) -> HttpResponse:
    services.delete(state)
    message = _("Deleted the import “%(name)s”. Its articles are kept.")
    messages.success(request, message % {"name": state.name[:80]})
    return redirect("import-list")


_ACTIONS = {"stop": _stop, "resume": _resume, "delete": _delete}
