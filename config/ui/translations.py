from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import last_modified
from django.views.i18n import JavaScriptCatalog

_STARTED_AT = timezone.now()


@cache_control(max_age=3600)
@last_modified(lambda request: _STARTED_AT)
def javascript_catalog(request: HttpRequest) -> HttpResponseBase:
    """Serve `gettext`, `ngettext` and `interpolate` with their catalogue for our scripts."""
    # Django's own apps are left out: the admin loads its catalogue by itself.
    return JavaScriptCatalog.as_view(packages=["config.ui"])(request)
