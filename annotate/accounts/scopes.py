from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from annotate.accounts.models import ApiToken, Scope
from config.api.problems import Problem


class InsufficientScope(Problem):
    def __init__(self, scope: str) -> None:
        super().__init__(
            "insufficient-scope",
            "The token has insufficient scope",
            status=403,
            detail=f"This request needs a token with the scope “{scope}”. Create one at /tokens/.",
            scope=scope,
        )
        self.auth_header = f'Bearer error="insufficient_scope", scope="{scope}"'


class HasScope(BasePermission):
    """Requires the scope of the view from tokens. Sessions have all scopes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        required = get_required_scope(str(request.method), view)
        if isinstance(token, ApiToken) and required not in token.scope_list:
            raise InsufficientScope(required)
        return True


def get_required_scope(method: str, view: Any) -> str:
    """Return `read` for safe methods, and otherwise the view's `write_scope` (or `manage`)."""
    if method in SAFE_METHODS:
        return Scope.READ.value
    return str(getattr(view, "write_scope", Scope.MANAGE))
