from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotate.accounts.permissions import require_editor
from articles.errors import IngestError
from articles.fetch import fetch_update
from articles.models import Article


@require_POST
@login_required
def fetch(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Fetch an article again; a changed text becomes its next version."""
    articles = Article.objects.select_related("current_version")
    article = get_object_or_404(articles, public_id=public_id)
    require_editor(request.user, article)
    try:
        version = fetch_update(article)
    except IngestError as error:
        message = _("The article could not be fetched. %(reason)s") % {"reason": error.message}
        messages.error(request, message)
    else:
        if version:
            message = format_html(
                '{} <a href="{}">{}</a>',
                _("The text has changed. Version %(number)d was saved.")
                % {"number": version.number},
                reverse("version-comparison", args=[version.public_id]),
                _("Show changes"),
            )
            messages.success(request, message)
        else:
            messages.success(request, _("The text is unchanged."))
    return redirect("article", article.public_id)
