"""Responses while the database is unavailable. Pressmark recovers without a restart."""

from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.template import loader

from config.api.problems import build_unavailable_response
from config.types import GetResponse

# When clients should try again.
RETRY_SECONDS = 5


def build_outage_response(request: HttpRequest) -> HttpResponse:
    """Return a 503 that needs no database."""
    if request.path.startswith("/api/"):
        response: HttpResponse = build_unavailable_response()
    else:
        response = HttpResponse(loader.render_to_string("503.html"), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    response.is_outage = True  # type: ignore[attr-defined]
    return response


def retry_read_middleware(get_response: GetResponse) -> GetResponse:
    """Process a read once more if its connection to the database broke."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method in ("GET", "HEAD") and getattr(response, "is_outage", False):
            close_old_connections()
            if connection.connection is None:
                return get_response(request)
        return response

    return middleware
