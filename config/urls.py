import sys

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from annotate.accounts.sign_in_limits import LimitedAdminForm
from config.api.problems import build_problem_response
from config.api_urls import router
from config.db.outages import is_outage
from config.outages import build_outage_response
from config.ui.translations import javascript_catalog

admin.site.site_header = "Pressmark"
admin.site.login_form = LimitedAdminForm
admin.site.site_title = _("Pressmark admin")

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(), name="api-docs"),
    # The namespace keeps names such as article-list apart from those of pages.
    path("api/v1/", include((router.urls, "api"))),
    # Browsers request this for pages without an icon of their own, such as the admin's.
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


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    # Django takes a session that it could not save for a deleted one.
    if is_outage(exception):
        return build_outage_response(request)
    return defaults.bad_request(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        return build_problem_response("not-found", "Not found", 404)
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    if is_outage(sys.exc_info()[1]):
        return build_outage_response(request)
    if request.path.startswith("/api/"):
        return build_problem_response("server-error", "Internal server error", 500)
    return defaults.server_error(request)
