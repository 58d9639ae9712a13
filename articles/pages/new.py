import uuid

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from annotate.accounts.permissions import require_editor
from articles.errors import IngestError
from articles.models import Article, Snapshot
from articles.pages.forms import ArticleForm
from articles.services import append_draft, create_article


class NewArticleView(LoginRequiredMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(ArticleForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ArticleForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render(form)
        try:
            if form.source != "text" or "preview" in request.POST:
                form.show_preview(form.extract())
            else:
                return self.save(form)
        except IngestError as error:
            for name, messages in error.errors.items():
                form.add_error(name if name in form.fields else None, messages)
        return self.render(form)

    @transaction.atomic
    def save(self, form: ArticleForm) -> HttpResponse:
        """Create an article, or a version of the chosen one. Raises IngestError."""
        if version_of := self.request.POST.get("version_of", ""):
            article = self.get_editable_article(version_of)
            if append_draft(article, form.build_draft()) is None:
                raise IngestError({"text": [_("The text is the same as the current version.")]})
        else:
            article = create_article(form.build_draft(), created_by=self.request.user)
        if snapshot_id := form.load_extraction().get("snapshot"):
            snapshots = Snapshot.objects.filter(pk=snapshot_id, version=None)
            snapshots.update(version=article.current_version)
        return redirect("article", article.public_id)

    def get_editable_article(self, public_id: str) -> Article:
        """Raises IngestError, so that the form keeps what the user has filled in."""
        try:
            key = uuid.UUID(public_id)
        except ValueError:
            raise IngestError({"text": [_("This article no longer exists.")]}) from None
        articles = Article.objects.select_related("current_version")
        article = get_object_or_404(articles, public_id=key)
        try:
            require_editor(self.request.user, article)
        except PermissionDenied as error:
            raise IngestError({"text": [str(error)]}) from None
        return article

    def render(self, form: ArticleForm) -> HttpResponse:
        status = 422 if form.errors else 200
        return render(self.request, "articles/new.html", {"form": form}, status=status)
