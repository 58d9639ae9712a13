from django.http import HttpRequest, HttpResponse

from annotate.accounts.authentication import get_bearer_key
from annotate.accounts.models import ApiToken
from annotate.accounts.rate_limits import count_request
from config.types import GetResponse


def api_token_middleware(get_response: GetResponse) -> GetResponse:
    """Set `request.api_token` on API requests, limit their rate, and record the token's use.

    A DRF throttle would not count requests that are rejected before it runs, or match no URL.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return get_response(request)
        token = ApiToken.objects.find_by_key(get_bearer_key(request))
        request.api_token = token  # type: ignore[attr-defined]
        rate_limit = count_request(request, token)
        if rate_limit.is_exceeded:
            return rate_limit.make_error_response()
        response = get_response(request)
        rate_limit.add_headers(response)
        if token and not token.is_expired:
            # Runs after the response is sent, so that reads never wait for a writer.
            response._resource_closers.append(token.record_use)  # type: ignore[attr-defined]
        return response

    return middleware
