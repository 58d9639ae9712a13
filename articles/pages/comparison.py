from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from articles.models import ArticleVersion
from articles.text.comparison import compare


def comparison(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Compare a version with the previous one, or with the one whose number is `from`."""
    version = get_object_or_404(
        ArticleVersion.objects.select_related("article"), public_id=public_id
    )
    number = request.GET.get("from", str(version.number - 1))
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise Http404("There is no such version.")
    other = get_object_or_404(version.article.versions, number=int(number))
    old, new = sorted((other, version), key=lambda one: one.number)
    sections = compare(old.text, new.text)
    context = {
        "article": version.article,
        "old": old,
        "new": new,
        "sections": sections,
        "is_changed": any(line.is_changed for section in sections for line in section.lines),
        "versions": list(version.article.versions.defer("text", "blocks").order_by("number")),
    }
    return render(request, "articles/comparison.html", context)
