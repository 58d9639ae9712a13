"""Fragments in which annotations are read, made, revised, retracted and restored.

They hold no rule of their own: what the write path refuses comes back in the form, with all
that was typed. Each write answers with the cards that it changed and a word about it."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotate import services as writes
from annotate import undo as undoing
from annotate.drafts import draft_of
from annotate.mentions import other_mentions, tag_all
from annotate.models import Annotation, Change, EntityTag, Kind
from annotate.projects.models import WRITERS, Project, Role
from annotate.workspace.forms import FORMS, AnnotationForm, SpansForm, TurnForm
from articles.models import ArticleVersion
from articles.text.anchor import Span
from config.errors import RevisionConflict, WriteError

View = Callable[..., HttpResponse]


def as_oneself(view: View) -> View:
    """Refuse to write for anyone but the person who typed it: a page can outlive its session."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        typed_by = request.headers.get("X-Typed-By", request.user.get_username())
        if request.method == "POST" and not (
            request.user.is_authenticated and request.user.get_username() == typed_by
        ):
            return HttpResponse(
                "Sign in again, then this is saved.", status=401, content_type="text/plain"
            )
        return view(request, *args, **kwargs)

    return checked


@require_safe
def read(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Lead to an annotation's place in its article; inside the workspace, show all of it."""
    annotation = _visible(request, public_id)
    if request.headers.get("HX-Request"):
        response = render(request, "workspace/detail.html", _detail(request, annotation))
    else:
        response = redirect(_place_of(annotation))
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "POST"])
@as_oneself
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
            asked=form.asked(),
        ),
    )


@require_http_methods(["GET", "POST"])
@as_oneself
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
@as_oneself
def respan(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Change what passages an annotation is about, and nothing else that it says."""
    form = SpansForm(request.POST)

    def turn(annotation: Annotation, **seen: Any) -> Annotation:
        spans = form.cleaned_data["spans"]
        draft = replace(draft_of(annotation), spans=spans)
        asked = [(span.start, span.end) for span in spans]
        return writes.revise(annotation, draft, asked=asked, **seen)

    return _turned(request, public_id, form, turn, said="Passage changed.")


@require_POST
@as_oneself
def retract(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Take an annotation back."""
    return _turned(request, public_id, TurnForm(request.POST), writes.retract)


@require_POST
@as_oneself
def restore(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Make a retracted annotation stand again."""
    return _turned(request, public_id, TurnForm(request.POST), writes.restore)


@require_POST
@as_oneself
def undo(request: HttpRequest, public_id: Any, revision: int) -> HttpResponse:
    """Take back what one change did."""
    return _turned_change(request, public_id, revision, undoing.undo, "Undone.")


@require_POST
@as_oneself
def redo(request: HttpRequest, public_id: Any, revision: int) -> HttpResponse:
    """Do again what one change did."""
    return _turned_change(request, public_id, revision, undoing.redo, "Done again.")


@require_http_methods(["GET", "POST"])
@as_oneself
def mentions(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Offer the other mentions of what a tag names, or tag those that were accepted."""
    tag = _visible(request, public_id)
    if tag.kind != Kind.ENTITY_TAG:
        raise Http404("Only what an entity tag names has mentions.")
    content: EntityTag = tag.content  # type: ignore[assignment]
    version = ArticleVersion.objects.get(pk=tag.version_id)
    if request.method == "GET":
        found = other_mentions(content, version, seen_by=request.user)
        context = {"tag": tag, "content": content, "mentions": _in_context(version.text, found)}
        return render(request, "workspace/mentions.html", context)
    # Each accepted mention is a value of its own.
    form = SpansForm({**request.POST.dict(), "spans": " ".join(request.POST.getlist("spans"))})
    if not form.is_valid():
        return _refused(request, tag, form.complaint())
    spans = [Span(s.start, s.end) for s in form.cleaned_data["spans"]]
    try:
        made = tag_all(
            content,
            spans,
            version,
            actor=request.user,
            key=form.cleaned_data["idempotency_key"],
        )
    except WriteError as refusal:
        return _refused(request, tag, str(refusal))
    said = f"{len(made)} mention{'' if len(made) == 1 else 's'} tagged."
    return _answer(request, made, said, changed=True)


def _carried_out(
    request: HttpRequest, form: AnnotationForm, write: Callable[[], Annotation]
) -> HttpResponse:
    """Write what the form says; or show it again with what is wrong."""
    if not form.is_valid():
        return _editor(request, form, status=422)
    try:
        annotation = write()
    except WriteError as refusal:
        form.refuse(refusal)
        status = 409 if isinstance(refusal, RevisionConflict) else 422
        return _editor(request, form, status=status)
    if form.instance is None:
        return _answer(
            request, [annotation], f"{annotation.get_kind_display()} made.", changed=True
        )
    changed = annotation.revision != form.cleaned_data["seen_revision"]
    return _answer(request, [annotation], "Saved." if changed else "Unchanged.", changed=changed)


def _turned_change(
    request: HttpRequest, public_id: Any, revision: int, turn: Callable[..., Any], said: str
) -> HttpResponse:
    annotation = _visible(request, public_id)
    revisions = Change.objects.revisions().filter(annotation=annotation.pk)
    change = get_object_or_404(revisions, revision=revision)
    return _turned(
        request,
        public_id,
        TurnForm(request.POST),
        lambda _, **seen: turn(change, **seen),
        said=said,
        is_logged=False,
    )


def _turned(
    request: HttpRequest,
    public_id: Any,
    form: TurnForm,
    turn: Callable[..., Annotation],
    said: str = "",
    *,
    is_logged: bool = True,
) -> HttpResponse:
    """Write what needs no form; a refusal shows the annotation as it is now, and why.

    What undoes or redoes a change is not `is_logged` as one more change to undo.
    """
    annotation = _visible(request, public_id)
    if not form.is_valid():
        return _refused(request, annotation, form.complaint())
    seen = form.cleaned_data["seen_revision"]
    try:
        annotation = turn(
            annotation,
            seen_revision=seen,
            actor=request.user,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except WriteError as refusal:
        return _refused(request, _visible(request, public_id), str(refusal))
    changed = is_logged and annotation.revision != seen
    said = said or f"{annotation.get_state_display()}."
    return _answer(request, [annotation], said, changed=changed)


def _editor(request: HttpRequest, form: AnnotationForm, status: int = 200) -> HttpResponse:
    may = request.user.is_authenticated
    template = "workspace/editor.html" if may else "workspace/sign_in_first.html"
    return render(request, template, {"form": form}, status=status)


def _answer(
    request: HttpRequest, annotations: list[Annotation], said: str, *, changed: bool
) -> HttpResponse:
    """Give the cards for the list, and say what was done; `changed` says that it can be undone."""
    context = {"annotations": annotations, "said": said, "changed": changed}
    return render(request, "workspace/saved.html", context)


def _refused(request: HttpRequest, annotation: Annotation, why: str) -> HttpResponse:
    context = {"annotations": [annotation], "said": why, "is_refused": True}
    return render(request, "workspace/saved.html", context, status=409)


def _detail(request: HttpRequest, annotation: Annotation) -> dict[str, Any]:
    role = annotation.project.get_role(request.user)
    mine = annotation.author_id == request.user.pk
    return {
        "annotation": annotation,
        "content": annotation.content,
        "may_annotate": role in WRITERS,
        "may_change": role == Role.MANAGER or (mine and role in WRITERS),
        "around": Annotation.objects.visible_to(request.user).active().around(annotation),
        "history": [
            (change, change.differences()) for change in Change.objects.history_of(annotation)
        ],
    }


def _in_context(text: str, spans: list[Span]) -> list[tuple[Span, str, str, str]]:
    """Set the words of each span between what stands before and after them."""
    around = 40
    return [
        (
            span,
            text[max(0, span.start - around) : span.start].replace("\n", " "),
            text[span.start : span.end],
            text[span.end : span.end + around].replace("\n", " "),
        )
        for span in spans
    ]


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
