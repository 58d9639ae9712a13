from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from articles.api.diff import DiffView
from articles.duplicates.api import CopiesView
from config.api.problems import plain_response
from config.api_urls import router
from config.ui.translations import javascript_catalog

admin.site.site_header = "Pressmark"
admin.site.site_title = _("Pressmark admin")

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(), name="api-docs"),
    path("api/v1/versions/<uuid:public_id>/diff/", DiffView.as_view(), name="version-diff"),
    path("api/v1/articles/<uuid:public_id>/copies/", CopiesView.as_view(), name="article-copies"),
    # Namespaced: pages have names such as article-list too.
    path("api/v1/", include((router.urls, "api"))),
    # Browsers request this for pages that name no icon: the admin and the API.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("ui/icon.svg"))),
    path("jsi18n/", javascript_catalog, name="javascript-catalog"),
    path("", include("articles.urls")),
    path("", include("articles.duplicates.urls")),
    path("", include("articles.feeds.urls")),
    path("", include("articles.imports.urls")),
    path("", include("annotate.accounts.urls")),
    path("", include("annotate.projects.urls")),
    path("", include("annotate.reanchoring.urls")),
    path("", include("annotate.registry.urls")),
    path("", include("annotate.search.urls")),
    path("", include("annotate.workspace.urls")),
]


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a problem document in the API and a page elsewhere."""
    if request.path.startswith("/api/"):
        return plain_response(request, "not-found", "There is nothing at this address", 404)
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    """Return a problem document in the API and a page elsewhere."""
    if request.path.startswith("/api/"):
        return plain_response(request, "server-error", "The server failed", 500)
    return defaults.server_error(request)
