"""Fragments in which annotations are read, made, revised, retracted and restored.

They hold no rule of their own: what the write path refuses comes back in the form, with all
that was typed.
"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate import writes
from annotate.models import WRITERS, Annotation, Project, Role
from annotate.refusals import Refusal, RevisionConflict
from annotate.web.forms import FORMS, AnnotationForm
from articles.models import ArticleVersion


@require_safe
def read(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Lead to an annotation's place in its article; inside the workspace, show all of it."""
    annotation = _visible(request, public_id)
    if request.headers.get("HX-Request"):
        response = render(request, "annotate/detail.html", _detail(request, annotation))
    else:
        response = redirect(_place_of(annotation))
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, public_id: Any, kind: str) -> HttpResponse:
    """Offer the form of a kind, or make the annotation that was filled in."""
    if kind not in FORMS:
        raise Http404("There is no such kind of annotation.")
    version = get_object_or_404(
        ArticleVersion.objects.select_related("article"), public_id=public_id
    )
    project = get_object_or_404(
        Project.objects.visible_to(request.user).select_related("tag_set"),
        slug=request.GET.get("project", ""),
    )
    if request.method == "GET":
        form = FORMS[kind].for_new(project, version, request.user, request.GET)
        return _editor(request, form)
    form = FORMS[kind](request.POST, project=project, version=version, user=request.user)
    return _carried_out(
        request,
        form,
        lambda: writes.create(
            form.draft(),
            project=project,
            version=version,
            actor=request.user,
            idempotency_key=form.cleaned_data["idempotency_key"],
        ),
    )


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Offer the form with what an annotation says, or revise it."""
    annotation = _visible(request, public_id)
    made_for: dict[str, Any] = {
        "project": annotation.project,
        "version": ArticleVersion.objects.get(pk=annotation.version_id),
        "user": request.user,
        "instance": annotation,
    }
    if request.method == "GET":
        return _editor(request, FORMS[annotation.kind].for_edit(**made_for))
    form = FORMS[annotation.kind](request.POST, **made_for)
    return _carried_out(
        request,
        form,
        lambda: writes.revise(
            annotation,
            form.draft(),
            seen_revision=form.cleaned_data["seen_revision"] or 0,
            actor=request.user,
            idempotency_key=form.cleaned_data["idempotency_key"],
        ),
    )


@require_POST
def retract(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Take an annotation back."""
    return _turned(request, public_id, writes.retract)


@require_POST
def restore(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Make a retracted annotation stand again."""
    return _turned(request, public_id, writes.restore)


def _carried_out(
    request: HttpRequest, form: AnnotationForm, write: Callable[[], Annotation]
) -> HttpResponse:
    """Write what the form says; or show it again with what is wrong."""
    if not form.is_valid():
        return _editor(request, form, status=422)
    try:
        annotation = write()
    except Refusal as refusal:
        form.refuse(refusal)
        status = 409 if isinstance(refusal, RevisionConflict) else 422
        return _editor(request, form, status=status)
    said = "Saved." if form.instance else f"{annotation.get_kind_display()} made."
    return _answer(request, annotation, said, is_new=form.instance is None)


def _turned(request: HttpRequest, public_id: Any, turn: Callable[..., Annotation]) -> HttpResponse:
    """Retract or restore; a refusal shows the annotation as it is now, and why."""
    annotation = _visible(request, public_id)
    seen = request.POST.get("seen_revision", "")
    try:
        annotation = turn(
            annotation, seen_revision=int(seen) if seen.isdecimal() else 0, actor=request.user
        )
    except Refusal as refusal:
        current = _visible(request, public_id)
        return _answer(request, current, str(refusal), is_refused=True)
    return _answer(request, annotation, f"{annotation.get_state_display()}.", can_undo=True)


def _editor(request: HttpRequest, form: AnnotationForm, status: int = 200) -> HttpResponse:
    may = request.user.is_authenticated
    template = "annotate/editor.html" if may or form.is_bound else "annotate/sign_in_first.html"
    return render(request, template, {"form": form}, status=status)


def _answer(
    request: HttpRequest,
    annotation: Annotation,
    said: str,
    *,
    is_new: bool = False,
    can_undo: bool = False,
    is_refused: bool = False,
) -> HttpResponse:
    """Give the card of an annotation for the list, and say what was done."""
    context = {
        "annotation": annotation,
        "content": annotation.content,
        "said": said,
        "is_new": is_new,
        "can_undo": can_undo,
        "is_refused": is_refused,
    }
    return render(request, "annotate/saved.html", context)


def _detail(request: HttpRequest, annotation: Annotation) -> dict[str, Any]:
    role = annotation.project.role_of(request.user)
    mine = annotation.author_id == request.user.pk
    return {
        "annotation": annotation,
        "content": annotation.content,
        "may_annotate": role in WRITERS,
        "may_change": role == Role.MANAGER or (mine and role in WRITERS),
        "around": Annotation.objects.visible_to(request.user).active().around(annotation),
        "changes": annotation.changes.select_related("actor").order_by("revision"),
    }


def _visible(request: HttpRequest, public_id: Any) -> Annotation:
    visible = Annotation.objects.visible_to(request.user).for_reading()
    return get_object_or_404(visible, public_id=public_id)


def _place_of(annotation: Annotation) -> str:
    query: dict[str, Any] = {
        "project": annotation.project.slug,
        "version": annotation.version.number,
        "annotation": annotation.public_id,
    }
    return f"{reverse('article', args=[annotation.version.article.public_id])}?{urlencode(query)}"
