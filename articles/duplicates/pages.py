from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from articles.duplicates.services import get_duplicates
from articles.models import Article


def article_duplicates(request: HttpRequest, public_id: Any) -> HttpResponse:
    article = get_object_or_404(Article.objects.for_reading(), public_id=public_id)
    context = {"article": article, "duplicates": get_duplicates(article)}
    return render(request, "duplicates/duplicates.html", context)
