"""Who a token speaks for."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from annotate.models import ApiToken


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer TOKEN` (RFC 6750)."""

    keyword = "Bearer"
    model = ApiToken

    def authenticate_credentials(self, key: str) -> tuple[Any, ApiToken]:
        """Find the token's user. Raises AuthenticationFailed."""
        try:
            token = ApiToken.objects.of(key)
        except ApiToken.DoesNotExist:
            raise AuthenticationFailed("This token is not valid. Make a new one.") from None
        if not token.user.is_active:
            raise AuthenticationFailed("The account of this token is not active.")
        return token.user, token


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema tells of it."""

    target_class = BearerAuthentication
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Give the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer"}
