"""The page through which an article comes in."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from articles.errors import IngestError
from articles.models import Article, Snapshot
from articles.pages.forms import ArticleForm
from articles.services import append_draft, create_article


@login_required
def new_article(request: HttpRequest) -> HttpResponse:
    """Bring an article in, or show the form with what is wrong beside each field.

    What was fetched or uploaded is shown first, with every field open to correction.
    """
    form = ArticleForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and form.preview is None:
        try:
            article = _saved(request, form)
        except IngestError as error:
            shown = {name if name in form.fields else None: m for name, m in error.errors.items()}
            for name, messages in shown.items():
                form.add_error(name, messages)
        else:
            return redirect("article", article.public_id)
    status = 200 if not form.is_bound or (form.preview and not form.errors) else 422
    return render(request, "articles/new.html", {"form": form}, status=status)


@transaction.atomic
def _saved(request: HttpRequest, form: ArticleForm) -> Article:
    """Save as a new article, or as the next version of the one that was chosen."""
    chosen = request.POST.get("version_of", "")
    if chosen:
        article = _chosen(request.user, chosen)
        if append_draft(article, form.draft()) is None:
            raise IngestError({"text": ["The current version has this text already."]})
    else:
        article = create_article(form.draft(), created_by=request.user)
    if key := form.snapshot():
        Snapshot.objects.filter(pk=key, version=None).update(version=article.current_version)
    return article


def _chosen(user: Any, chosen: str) -> Article:
    try:
        key = uuid.UUID(chosen)
    except ValueError:
        raise IngestError({"text": ["There is no such article any more."]}) from None
    article = get_object_or_404(Article.objects.select_related("current_version"), public_id=key)
    if not article.can_edit(user):
        raise IngestError(
            {"text": ["Only who brought an article in, or an editor, may add a version to it."]}
        )
    return article
