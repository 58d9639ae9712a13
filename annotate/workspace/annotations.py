"""HTML fragments to read, create, revise, retract and restore annotations.

An error of the write path comes back in the form with everything that was typed. A successful
write returns the cards that changed and a status message.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View
from django.views.decorators.http import require_http_methods, require_safe

from annotate import services
from annotate.mentions import find_untagged_mentions, tag_mentions
from annotate.models import Annotation, Change, EntityTag, Kind
from annotate.projects.models import WRITERS, Project, Role
from annotate.undo import redo, undo
from annotate.workspace.forms import FORMS, AnnotationForm, SpansForm, StateChangeForm
from articles.models import ArticleVersion
from articles.text.anchor import Span
from config.errors import RevisionConflict, WriteError

CONTEXT_LENGTH = 40
HEADINGS = {
    Kind.CLAIM: (gettext_lazy("New claim"), gettext_lazy("Edit claim")),
    Kind.ENTITY_TAG: (gettext_lazy("New entity tag"), gettext_lazy("Edit entity tag")),
    Kind.SOURCE_LINK: (gettext_lazy("New source link"), gettext_lazy("Edit source link")),
    Kind.NOTE: (gettext_lazy("New note"), gettext_lazy("Edit note")),
}
CREATED = {
    Kind.CLAIM: gettext_lazy("Claim created."),
    Kind.ENTITY_TAG: gettext_lazy("Entity tag created."),
    Kind.SOURCE_LINK: gettext_lazy("Source link created."),
    Kind.NOTE: gettext_lazy("Note created."),
}


def require_same_user(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Reject a POST unless the user who opened the page is still signed in."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        username = request.user.get_username()
        is_same = request.headers.get("X-Expected-User", username) == username
        if request.method == "POST" and not (request.user.is_authenticated and is_same):
            message = _("Sign in again to save this.")
            return HttpResponse(message, status=401, content_type="text/plain")
        return view(request, *args, **kwargs)

    return wrapper


@require_safe
def read(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Redirect to the annotation in its article; for htmx, return its details."""
    annotation = _get_visible(request, public_id)
    if request.headers.get("HX-Request"):
        response = render(request, "workspace/detail.html", _get_detail(request, annotation))
    else:
        response = redirect(_get_workspace_url(annotation))
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "POST"])
@require_same_user
def create(request: HttpRequest, public_id: Any, kind: str) -> HttpResponse:
    if kind not in FORMS:
        raise Http404("There is no such kind of annotation.")
    versions = ArticleVersion.objects.select_related("article")
    version = get_object_or_404(versions, public_id=public_id)
    projects = Project.objects.visible_to(request.user).select_related("tag_set")
    project = get_object_or_404(projects, slug=request.GET.get("project", ""))
    options: dict[str, Any] = {"project": project, "version": version, "user": request.user}
    if request.method == "GET":
        return _render_form(request, FORMS[kind].for_new(request.GET, **options))
    return _save(request, FORMS[kind](request.POST, **options))


@require_http_methods(["GET", "POST"])
@require_same_user
def update(request: HttpRequest, public_id: Any) -> HttpResponse:
    annotation = _get_visible(request, public_id)
    options: dict[str, Any] = {
        "project": annotation.project,
        "version": ArticleVersion.objects.get(pk=annotation.version_id),
        "user": request.user,
        "instance": annotation,
    }
    if request.method == "GET":
        return _render_form(request, FORMS[annotation.kind].for_edit(**options))
    return _save(request, FORMS[annotation.kind](request.POST, **options))


@method_decorator(require_same_user, name="dispatch")
class StateChangeView(View):
    """Change an annotation without showing a form.

    On an error, return the annotation as it is now, with the error message.
    """

    form_class = StateChangeForm
    write: Any = None
    # The status message; by default the state of the annotation.
    message: Any = ""
    # Undo and redo are not changes to undo themselves.
    can_undo = True

    def change(self, annotation: Annotation, form: Any, **options: Any) -> Annotation:
        return cast("Annotation", self.write(annotation, **options))

    def post(self, request: HttpRequest, public_id: Any, **kwargs: Any) -> HttpResponse:
        annotation = _get_visible(request, public_id)
        form = self.form_class(request.POST)
        if not form.is_valid():
            return _render_error(request, annotation, form.error_message())
        options = {name: form.cleaned_data[name] for name in ("seen_revision", "idempotency_key")}
        try:
            changed = self.change(annotation, form, actor=request.user, **options)
        except WriteError as error:
            return _render_error(request, _get_visible(request, public_id), str(error))
        can_undo = self.can_undo and changed.revision != options["seen_revision"]
        message = str(self.message or f"{changed.get_state_display()}.")
        return _render_saved(request, [changed], message, can_undo=can_undo)


class SpansView(StateChangeView):
    """Change the passages of an annotation and nothing else."""

    form_class = SpansForm
    message = gettext_lazy("Passage changed.")

    def change(self, annotation: Annotation, form: Any, **options: Any) -> Annotation:
        return services.revise(annotation, {"spans": form.cleaned_data["spans"]}, **options)


class RetractView(StateChangeView):
    write = staticmethod(services.retract)


class RestoreView(StateChangeView):
    write = staticmethod(services.restore)


class UndoView(StateChangeView):
    write = staticmethod(undo)
    message = gettext_lazy("Undone.")
    can_undo = False

    def change(self, annotation: Annotation, form: Any, **options: Any) -> Annotation:
        revisions = Change.objects.revisions().filter(annotation=annotation.pk)
        change = get_object_or_404(revisions, revision=self.kwargs["revision"])
        return cast("Annotation", self.write(change, **options))


class RedoView(UndoView):
    write = staticmethod(redo)
    message = gettext_lazy("Redone.")


@require_http_methods(["GET", "POST"])
@require_same_user
def mentions(request: HttpRequest, public_id: Any) -> HttpResponse:
    """List the untagged mentions of a tag's entity, or tag those that were selected."""
    tag = _get_visible(request, public_id)
    if tag.kind != Kind.ENTITY_TAG:
        raise Http404("Only entity tags have mentions.")
    content: EntityTag = tag.content  # type: ignore[assignment]
    version = ArticleVersion.objects.get(pk=tag.version_id)
    if request.method == "GET":
        spans = find_untagged_mentions(content, version, user=request.user)
        found = [_get_context(version.text, span) for span in spans]
        context = {"tag": tag, "content": content, "mentions": found}
        return render(request, "workspace/mentions.html", context)
    # Each selected mention is a value of its own.
    form = SpansForm({**request.POST.dict(), "spans": " ".join(request.POST.getlist("spans"))})
    if not form.is_valid():
        return _render_error(request, tag, form.error_message())
    try:
        created = tag_mentions(
            content,
            [Span(span.start, span.end) for span in form.cleaned_data["spans"]],
            version,
            actor=request.user,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except WriteError as error:
        return _render_error(request, tag, str(error))
    count = len(created)
    message = ngettext("%(count)s mention tagged.", "%(count)s mentions tagged.", count)
    return _render_saved(request, created, message % {"count": count}, can_undo=True)


def _save(request: HttpRequest, form: AnnotationForm) -> HttpResponse:
    if not form.is_valid():
        return _render_form(request, form, status=422)
    try:
        annotation = form.save()
    except WriteError as error:
        form.add_write_error(error)
        status = 409 if isinstance(error, RevisionConflict) else 422
        return _render_form(request, form, status=status)
    if form.instance is None:
        message = str(CREATED[Kind(annotation.kind)])
        return _render_saved(request, [annotation], message, can_undo=True)
    has_changed = annotation.revision != form.cleaned_data["seen_revision"]
    message = _("Saved.") if has_changed else _("No changes.")
    return _render_saved(request, [annotation], message, can_undo=has_changed)


def _render_form(request: HttpRequest, form: AnnotationForm, status: int = 200) -> HttpResponse:
    if not request.user.is_authenticated:
        return render(request, "workspace/sign_in_first.html", status=status)
    new_heading, edit_heading = HEADINGS[form.kind]
    context = {"form": form, "heading": edit_heading if form.instance else new_heading}
    return render(request, "workspace/editor.html", context, status=status)


def _render_saved(
    request: HttpRequest, annotations: list[Annotation], message: str, *, can_undo: bool
) -> HttpResponse:
    context = {"annotations": annotations, "message": message, "can_undo": can_undo}
    return render(request, "workspace/saved.html", context)


def _render_error(request: HttpRequest, annotation: Annotation, message: str) -> HttpResponse:
    context = {"annotations": [annotation], "message": message, "is_error": True}
    return render(request, "workspace/saved.html", context, status=409)


def _get_detail(request: HttpRequest, annotation: Annotation) -> dict[str, Any]:
    role = annotation.project.get_role(request.user)
    is_own = annotation.author_id == request.user.pk
    return {
        "annotation": annotation,
        "content": annotation.content,
        "can_annotate": role in WRITERS,
        "can_change": role == Role.MANAGER or (is_own and role in WRITERS),
        "related": Annotation.objects.visible_to(request.user).active().attached_to(annotation),
        "history": Change.objects.for_annotation(annotation),
    }


def _get_context(text: str, span: Span) -> dict[str, Any]:
    prefix = text[max(0, span.start - CONTEXT_LENGTH) : span.start].replace("\n", " ")
    suffix = text[span.end : span.end + CONTEXT_LENGTH].replace("\n", " ")
    return {"span": span, "prefix": prefix, "quote": text[span.start : span.end], "suffix": suffix}


def _get_visible(request: HttpRequest, public_id: Any) -> Annotation:
    visible = Annotation.objects.visible_to(request.user).for_reading()
    return get_object_or_404(visible, public_id=public_id)


def _get_workspace_url(annotation: Annotation) -> str:
    query: dict[str, Any] = {
        "project": annotation.project.slug,
        "version": annotation.version.number,
        "annotation": annotation.public_id,
    }
    return f"{reverse('article', args=[annotation.version.article.public_id])}?{urlencode(query)}"
