"""What a token may do: each view names the scope that writing through it needs."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from annotate.accounts.models import ApiToken, Scope
from config.api.problems import Problem


class InsufficientScope(Problem):
    """The token is good, and not for this."""

    def __init__(self, scope: str) -> None:
        super().__init__(
            "insufficient-scope",
            "The token may not be used for this",
            status=403,
            detail=f"This needs a token with the scope “{scope}”. Make one at /tokens/.",
            scope=scope,
        )
        self.auth_header = f'Bearer error="insufficient_scope", scope="{scope}"'


class HasScope(BasePermission):
    """A token may do what its scopes say; a person in a browser may do everything they may."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether the token suffices. Raises InsufficientScope."""
        token = request.auth
        needed = scope_of(str(request.method), view)
        if isinstance(token, ApiToken) and needed not in token.scope_list:
            raise InsufficientScope(needed)
        return True


def scope_of(method: str, view: Any) -> str:
    """Give the scope that a request needs: the view's `write_scope`, unless it only reads."""
    if method in SAFE_METHODS:
        return Scope.READ.value
    return str(getattr(view, "write_scope", Scope.MANAGE))
