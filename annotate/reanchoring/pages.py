"""What waits for a person after a new version: the queue, and selecting a place by hand."""

import re
from itertools import zip_longest
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from annotate.models import (
    Annotation,
)
from annotate.projects.models import Project
from annotate.reanchoring import services as carry
from annotate.reanchoring.models import (
    UNFINISHED,
    Decision,
    Reanchoring,
    ReanchoringQuerySet,
    ReanchoringRun,
    RunState,
    on_their_way,
)
from annotate.workspace.forms import _PassagesField
from articles.models import Article, ArticleVersion
from articles.text.anchor import CONTEXT, Selector, Span
from articles.text.comparison import words_between
from config.errors import WriteError

PER_PAGE = 20
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
RECENT = 5


@login_required
def queue(request: HttpRequest) -> HttpResponse:
    """Show what waits: each old passage in its context, and where it may stand now."""
    mine = Reanchoring.objects.decidable_by(request.user)
    waiting = mine.waiting().for_reading().in_text_order()
    page = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    texts = _texts(rows)
    dropped = mine.filter(decision=Decision.DROPPED, decided_by=request.user.pk)
    context = {
        "page": page,
        # After a decision one goes on with the next.
        "rows": [
            (row, _passages(row, texts), following)
            for row, following in zip_longest(rows, rows[1:])
        ],
        "dropped": list(dropped.for_reading().order_by("-decided_at")[:RECENT]),
        "done": _done(mine),
        "on_their_way": _on_their_way(request.user),
    }
    return render(request, "reanchoring/reanchorings.html", context)


def carried_to(version: ArticleVersion, project: Project | None, user: Any) -> dict[str, Any]:
    """Tell of what was carried to a version in a project, as far as the person may see it."""
    if project is None or version.number == 1:
        return {}
    here = Reanchoring.objects.visible_to(user).filter(version=version, annotation__project=project)
    theirs = Annotation.objects.visible_to(user).filter(
        project=project, version__article=version.article_id
    )
    states = ReanchoringRun.objects.filter(version=version).values_list("state", flat=True)
    state = states.first()
    left = on_their_way(theirs).count() if state in UNFINISHED else 0
    return {
        **here.counts(user),
        "left": left,
        "has_failed": state == RunState.FAILED,
    }


@login_required
def select(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Offer the whole new text to select in, or carry the annotation to what was selected."""
    reanchoring = _decidable(request, public_id)
    problem = ""
    if request.method == "POST":
        problem = _accepted(request, reanchoring)
        if not problem:
            return _back(request)
    version = ArticleVersion.objects.select_related("article").get(pk=reanchoring.version_id)
    context = {
        "reanchoring": reanchoring,
        "version": version,
        "blocks": [
            (block, version.text[block.start : block.end]) for block in version.block_list()
        ],
        "passages": _passages(reanchoring, _texts([reanchoring])),
        "problem": problem,
        "words": request.POST.get("words", ""),
    }
    return render(request, "reanchoring/reanchoring.html", context, status=422 if problem else 200)


@require_POST
@login_required
def accept(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Carry the annotation to the places that were chosen."""
    problem = _accepted(request, _decidable(request, public_id))
    if problem:
        messages.error(request, problem)
    return _back(request)


@require_POST
@login_required
def drop(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Leave the annotation on its old version alone."""
    return _turned(request, public_id, carry.drop, "Dropped. It stays on its old version.")


@require_POST
@login_required
def reopen(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Take up again what was dropped."""
    return _turned(request, public_id, carry.reopen, "It waits again.")


def _done(mine: ReanchoringQuerySet) -> list[dict[str, Any]]:
    """Tell what became of annotations in the versions where something was done last."""
    rows = list(mine.by_version()[:RECENT])
    versions = ArticleVersion.objects.select_related("article").defer("text", "blocks")
    found = versions.in_bulk([row["version"] for row in rows])
    return [{**row, "version": found[row["version"]]} for row in rows]


def _on_their_way(user: Any) -> list[dict[str, Any]]:
    """Count the person's own annotations that a run has yet to look at, by article."""
    own = on_their_way(Annotation.objects.filter(author=user.pk))
    run = "version__article__current_version__reanchoring_run__state"
    rows = own.values("version__article", run_state=F(run)).annotate(
        number=Count("pk", distinct=True)
    )
    rows = list(rows.order_by("version__article"))
    articles = Article.objects.in_bulk([row["version__article"] for row in rows])
    return [
        {
            "article": articles[row["version__article"]],
            "number": row["number"],
            "has_failed": row["run_state"] == RunState.FAILED,
        }
        for row in rows
    ]


def _turned(request: HttpRequest, public_id: Any, turn: Any, said: str) -> HttpResponse:
    try:
        turn(_decidable(request, public_id), actor=request.user)
        messages.success(request, said)
    except WriteError as refusal:
        messages.error(request, str(refusal))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """Lead back to the queue, to the card that was the next one."""
    page, then = (request.POST.get(name, "") for name in ("page", "then"))
    query = f"?{urlencode({'page': page})}" if page.isdigit() and page != "1" else ""
    named = f"#c-{then}" if _UUID.match(then) else ""
    return redirect(f"{reverse('reanchorings')}{query}{named}")


def _decidable(request: HttpRequest, public_id: Any) -> Reanchoring:
    """Find one that the person may decide; of others it is not told that they exist."""
    mine = Reanchoring.objects.decidable_by(request.user).for_reading()
    return get_object_or_404(mine, public_id=public_id)


def _accepted(request: HttpRequest, reanchoring: Reanchoring) -> str:
    """Carry the annotation as the form says; give what is wrong where that cannot be."""
    words = request.POST.get("words", "").strip()
    # Each passage has its own choice among the proposed places.
    chosen = [str(place) for name, place in request.POST.items() if name.startswith("place-")]
    form = PlacesForm({"spans": " ".join([*chosen, request.POST.get("spans", "")])})
    if words:
        spans: list[Selector] = [Selector(exact=words)]
    elif form.is_valid():
        spans = list(form.cleaned_data["spans"])
    else:
        return "Select the words, or write them down as they stand in the new text."
    try:
        carried = carry.accept(reanchoring, actor=request.user, spans=spans)
    except WriteError as refusal:
        return str(refusal)
    messages.success(request, f"Carried to “{carried.words()[:80]}”.")
    return ""


def _texts(rows: list[Reanchoring]) -> dict[int, str]:
    """Give the texts of the new versions, by their keys."""
    keys = {row.version_id for row in rows}
    return dict(ArticleVersion.objects.filter(pk__in=keys).values_list("pk", "text"))


def _passages(reanchoring: Reanchoring, texts: dict[int, str]) -> list[dict[str, Any]]:
    """Set each old passage beside the places where it may stand now."""
    text = texts[reanchoring.version_id]
    found = []
    for span, outcome in zip(
        reanchoring.annotation.spans.all(), reanchoring.outcomes(), strict=False
    ):
        places = [(outcome.span, 1.0)] if outcome.span else []
        places += [(candidate.span, candidate.score) for candidate in outcome.candidates]
        found.append(
            {
                "old": span,
                "status": outcome.status,
                "places": [_place(span.exact, text, place, score) for place, score in places],
            }
        )
    return found


def _place(exact: str, text: str, span: Span, score: float) -> dict[str, Any]:
    words = text[span.start : span.end]
    return {
        "span": span,
        "percent": int(100 * score),
        "before": text[max(0, span.start - 2 * CONTEXT) : span.start],
        "pieces": words_between(exact, words),
        "after": text[span.end : span.end + 2 * CONTEXT],
    }


class PlacesForm(forms.Form):
    """Where the passages of an annotation stand in a new version."""

    spans = _PassagesField(max_length=20_000)
