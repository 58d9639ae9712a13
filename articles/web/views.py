"""The page through which an article comes in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from articles.ingest.store import IngestError, store
from articles.web.forms import ArticleForm


@login_required
def new_article(request: HttpRequest) -> HttpResponse:
    """Bring an article in, or show the form with what is wrong beside each field."""
    form = ArticleForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            article = store(form.draft(), by=request.user)
        except IngestError as error:
            form.add_error(None, error.errors)
        else:
            return redirect("article", article.public_id)
    status = 422 if form.is_bound else 200
    return render(request, "articles/new.html", {"form": form}, status=status)
