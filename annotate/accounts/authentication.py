"""Who a token speaks for."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from annotate.accounts.models import ApiToken, Scope
from annotate.accounts.scopes import scope_of
from config.api.problems import Problem


class InvalidToken(Problem):
    """The request carries a token that is of no use."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid-token", "The token is not valid", status=401, detail=detail)
        self.auth_header = f'Bearer error="invalid_token", error_description="{detail}"'


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer TOKEN` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """Find the token's user; None where no token is sent. Raises InvalidToken."""
        if _key_of(request) is None:
            return None
        token = token_of(request._request)
        if token is None:
            raise InvalidToken("There is no such token. It may have been revoked: make a new one.")
        if token.is_expired:
            raise InvalidToken(
                f"This token expired on {token.expires_at:%Y-%m-%d}. Make a new one."
            )
        if not token.user.is_active:
            raise InvalidToken("The account of this token is not active.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Say how to sign in."""
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema tells of it, and of the scope that each request needs."""

    target_class = BearerAuthentication
    name = "bearerAuth"

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        """Give the scope: OpenAPI 3.1 lets schemes other than OAuth 2 name roles here."""
        return {self.name: [str(scope_of(auto_schema.method, auto_schema.view))]}

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Give the OpenAPI security scheme."""
        scopes = "\n".join(f"- `{scope}`: {scope.label}." for scope in Scope)
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal token, made at `/tokens/`. What it may be used for:\n\n"
            f"{scopes}\n\nEither of the other two includes reading.",
        }


def note_token_use(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Write down when a token was used, after the answer is sent: reading waits for no writer."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        token = token_of(request) if request.path_info.startswith("/api/") else None
        if token and not token.is_expired:
            response._resource_closers.append(token.note_use)  # type: ignore[attr-defined]
        return response

    return answer


def token_of(request: HttpRequest) -> ApiToken | None:
    """Find the token that a request carries, good or expired; the database is asked once."""
    if not hasattr(request, "_api_token"):
        request._api_token = _find(_key_of(request))  # type: ignore[attr-defined]
    token: ApiToken | None = request._api_token  # type: ignore[attr-defined]
    return token


def _find(key: str | None) -> ApiToken | None:
    try:
        return ApiToken.objects.of(key) if key else None
    except ApiToken.DoesNotExist:
        return None


def _key_of(request: HttpRequest | Request) -> str | None:
    """Read the key; None where the request is signed in another way, or not at all."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None
