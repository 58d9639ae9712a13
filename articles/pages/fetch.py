"""Pages of feeds: adding one, what it brought, and how it is polled; and fetching again."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from articles.errors import IngestError
from articles.fetch import fetch_update
from articles.models import Article


@require_POST
@login_required
def fetch(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Fetch an article again; a corrected text becomes its next version."""
    article = get_object_or_404(
        Article.objects.select_related("current_version"), public_id=public_id
    )
    if not article.can_edit(request.user):
        raise PermissionDenied("Only who brought an article in, or an editor, may fetch it again.")
    try:
        version = fetch_update(article)
    except IngestError as error:
        messages.error(request, f"It was not fetched. {error.message}")
    else:
        if version:
            address = reverse("version-comparison", args=[version.public_id])
            said = 'The text was changed: this is version {}. <a href="{}">See what changed</a>'
            messages.success(request, format_html(said, version.number, address))
        else:
            messages.success(request, "The text is as it was.")
    return redirect("article", article.public_id)
