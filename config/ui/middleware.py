from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from config.types import GetResponse


def never_cache_pages_middleware(get_response: GetResponse) -> GetResponse:
    """Let the Back button show the present state of a page instead of a stored copy."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response

    return middleware
