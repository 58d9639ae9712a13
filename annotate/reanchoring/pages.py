"""The list of annotations to review after an article was updated, and selecting by hand."""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotate.forms import SpansField
from annotate.models import Annotation
from annotate.projects.models import Project
from annotate.reanchoring import services
from annotate.reanchoring.models import (
    UNFINISHED,
    Decision,
    Reanchoring,
    ReanchoringQuerySet,
    ReanchoringRun,
    RunState,
    filter_unprocessed,
)
from articles.models import Article, ArticleVersion
from articles.text.anchor import CONTEXT, Selector, Span
from articles.text.comparison import Piece, compare_inline
from articles.text.reanchor import Candidate, Outcome, Status
from articles.text.sentences import widen_to_sentences
from config.errors import WriteError

PER_PAGE = 20
RECENT = 5
_SPANS_FIELD = SpansField(max_length=20_000)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@login_required
def show_list(request: HttpRequest) -> HttpResponse:
    decidable = Reanchoring.objects.decidable_by(request.user)
    to_review = decidable.needing_review().for_reading().order_by_position()
    page = Paginator(to_review, PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    texts = _get_texts(rows)
    rejected = decidable.filter(decision=Decision.REJECTED, decided_by=request.user.pk)
    context = {
        "page": page,
        # Each row with the next one, which is shown after a decision.
        "rows": [
            (row, _describe_passages(row, texts), next_row)
            for row, next_row in zip_longest(rows, rows[1:])
        ],
        "rejected": list(rejected.for_reading().order_by("-decided_at")[:RECENT]),
        "recent": _get_recent(decidable),
        "in_progress": _get_in_progress(request.user),
    }
    return render(request, "reanchoring/reanchoring_list.html", context)


def summarize(version: ArticleVersion, project: Project | None, user: Any) -> dict[str, Any]:
    """Count what `user` may see of the project's annotations that moved to `version`."""
    if project is None or version.number == 1:
        return {}
    rows = Reanchoring.objects.filter(target_version=version, annotation__project=project)
    annotations = Annotation.objects.visible_to(user).filter(
        project=project, version__article=version.article_id
    )
    state = ReanchoringRun.objects.filter(version=version).values_list("state", flat=True).first()
    return {
        **rows.visible_to(user).count_by_state(user),
        "in_progress": filter_unprocessed(annotations).count() if state in UNFINISHED else 0,
        "has_failed": state == RunState.FAILED,
    }


@login_required
def show_detail(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Let the user select the passage in the whole text of the new version."""
    reanchoring = _get_decidable(request, public_id)
    error = _accept_posted(request, reanchoring) if request.method == "POST" else ""
    if request.method == "POST" and not error:
        return _redirect_to_list(request)
    versions = ArticleVersion.objects.select_related("article")
    version = versions.get(pk=reanchoring.target_version_id)
    texts = _get_texts([reanchoring])
    context = {
        "reanchoring": reanchoring,
        "version": version,
        "blocks": [
            (block, version.text[block.start : block.end]) for block in version.get_blocks()
        ],
        "passages": _describe_passages(reanchoring, texts),
        "error": error,
        "quote": request.POST.get("quote", ""),
    }
    status = 422 if error else 200
    return render(request, "reanchoring/reanchoring_detail.html", context, status=status)


@require_POST
@login_required
def accept(request: HttpRequest, public_id: Any) -> HttpResponse:
    if error := _accept_posted(request, _get_decidable(request, public_id)):
        messages.error(request, error)
    return _redirect_to_list(request)


@require_POST
@login_required
def reject(request: HttpRequest, public_id: Any) -> HttpResponse:
    message = _("Rejected. The annotation stays on its version.")
    return _decide(request, public_id, services.reject, message)


@require_POST
@login_required
def reopen(request: HttpRequest, public_id: Any) -> HttpResponse:
    return _decide(request, public_id, services.reopen, _("Reopened."))


def _decide(
    request: HttpRequest, public_id: Any, decide: Callable[..., Any], message: str
) -> HttpResponse:
    try:
        decide(_get_decidable(request, public_id), actor=request.user)
        messages.success(request, message)
    except WriteError as error:
        messages.error(request, str(error))
    return _redirect_to_list(request)


def _accept_posted(request: HttpRequest, reanchoring: Reanchoring) -> str:
    """Accept the targets in the form; return an error message, or "" on success."""
    quote = request.POST.get("quote", "").strip()
    # There is one choice per passage.
    chosen = [str(value) for name, value in request.POST.items() if name.startswith("target-")]
    positions = " ".join([*chosen, request.POST.get("spans", "")])
    try:
        spans: Sequence[Selector] | None = None
        if quote:
            spans = (Selector(exact=quote),)
        elif positions.strip() or reanchoring.is_pending:
            spans = _SPANS_FIELD.clean(positions)
        annotation = services.accept(reanchoring, actor=request.user, spans=spans)
    except ValidationError:
        return _("Select the passage in the text, or enter its text.")
    except WriteError as error:
        return str(error)
    messages.success(request, _("Moved to “%(quote)s”.") % {"quote": annotation.quoted_text()[:80]})
    return ""


def _redirect_to_list(request: HttpRequest) -> HttpResponse:
    """Redirect to the list, at the row that followed the decided one."""
    page, next_id = (request.POST.get(name, "") for name in ("page", "next"))
    query = f"?{urlencode({'page': page})}" if page.isdigit() and page != "1" else ""
    fragment = f"#reanchoring-{next_id}" if _UUID.match(next_id) else ""
    return redirect(f"{reverse('reanchoring-list')}{query}{fragment}")


def _get_decidable(request: HttpRequest, public_id: Any) -> Reanchoring:
    decidable = Reanchoring.objects.decidable_by(request.user).for_reading()
    return get_object_or_404(decidable, public_id=public_id)


def _get_recent(decidable: ReanchoringQuerySet) -> list[dict[str, Any]]:
    rows = list(decidable.count_by_version()[:RECENT])
    versions = ArticleVersion.objects.select_related("article").defer("text", "blocks")
    found = versions.in_bulk([row["target_version"] for row in rows])
    return [{**row, "version": found[row["target_version"]]} for row in rows]


def _get_in_progress(user: Any) -> QuerySet[Article]:
    """Return articles with the number of the user's own annotations that have yet to move."""
    own = filter_unprocessed(Annotation.objects.filter(author=user.pk))
    return (
        Article.objects.filter(versions__annotations__in=own.values("pk"))
        .annotate(
            waiting=Count("versions__annotations", distinct=True),
            run_state=F("current_version__reanchoring_run__state"),
        )
        .order_by("pk")
    )


def _get_texts(rows: Iterable[Reanchoring]) -> dict[int, str]:
    """Return the texts of the old and new versions by key."""
    keys = {key for row in rows for key in (row.annotation.version_id, row.target_version_id)}
    return dict(ArticleVersion.objects.filter(pk__in=keys).values_list("pk", "text"))


def _describe_passages(reanchoring: Reanchoring, texts: dict[int, str]) -> list[dict[str, Any]]:
    """Return each old passage with its candidates in the new text."""
    old_text = texts[reanchoring.annotation.version_id]
    text = texts[reanchoring.target_version_id]
    pairs = zip(reanchoring.annotation.spans.all(), reanchoring.outcomes(), strict=False)
    return [
        {
            "old": span,
            "candidates": [_describe_candidate(span.exact, text, one) for one in outcome.options],
            "sentence": _compare_sentences(old_text, Span(span.start, span.end), text, outcome),
        }
        for span, outcome in pairs
    ]


def _compare_sentences(old_text: str, old: Span, text: str, outcome: Outcome) -> list[Piece]:
    """Compare the sentences of a passage of which only the context changed."""
    if outcome.status != Status.CONTEXT_CHANGED or outcome.span is None:
        return []
    before, after = widen_to_sentences(old_text, old), widen_to_sentences(text, outcome.span)
    return compare_inline(old_text[before.start : before.end], text[after.start : after.end])


def _describe_candidate(exact: str, text: str, candidate: Candidate) -> dict[str, Any]:
    start, end = candidate.start, candidate.end
    return {
        "span": f"{start}-{end}",
        "percent": int(100 * candidate.score),
        "before": text[max(0, start - 2 * CONTEXT) : start],
        "pieces": compare_inline(exact, text[start:end]),
        "after": text[end : end + 2 * CONTEXT],
    }
