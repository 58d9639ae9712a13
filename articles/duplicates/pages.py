"""The page that tells where else an article's words stand."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from articles.duplicates.services import twins_of
from articles.models import Article


def copies(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show the other articles with these words, or nearly, and what differs."""
    article = get_object_or_404(Article.objects.for_reading(), public_id=public_id)
    return render(
        request, "duplicates/copies.html", {"article": article, "twins": twins_of(article)}
    )
