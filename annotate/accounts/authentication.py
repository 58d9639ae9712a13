from typing import Any

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from annotate.accounts.models import ApiToken, Scope
from annotate.accounts.scopes import get_required_scope
from config.api.problems import Problem


class InvalidToken(Problem):
    def __init__(self, detail: str) -> None:
        super().__init__("invalid-token", "The token is not valid", status=401, detail=detail)
        self.auth_header = f'Bearer error="invalid_token", error_description="{detail}"'


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer TOKEN` (RFC 6750), with the token that the middleware has found."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        if get_bearer_key(request._request) is None:
            return None
        # Set by api_token_middleware.
        token: ApiToken | None = request._request.api_token  # type: ignore[attr-defined]
        if token is None:
            raise InvalidToken("The token does not exist or was revoked. Create a new one.")
        if token.is_expired:
            raise InvalidToken(
                f"The token expired on {token.expires_at:%Y-%m-%d}. Create a new one."
            )
        if not token.user.is_active:
            raise InvalidToken("The account of this token is not active.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerAuthentication
    name = "bearerAuth"

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        """Name the scope: OpenAPI 3.1 allows roles for schemes other than OAuth 2 here."""
        return {self.name: [get_required_scope(auto_schema.method, auto_schema.view)]}

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        scopes = "\n".join(f"- `{scope}`: {scope.label}." for scope in Scope)
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal token, created at `/tokens/`. Its scopes:\n\n"
            f"{scopes}\n\n`annotate` and `manage` include `read`.",
        }


def get_bearer_key(request: HttpRequest) -> str | None:
    """Return the key in the Authorization header, or None if it has another scheme or none."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None
