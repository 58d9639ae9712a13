"""Keys with which a program speaks for a person."""

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.db import models

PREFIX = "pmk_"


class ApiTokenManager(models.Manager["ApiToken"]):
    """Makes tokens and finds them again."""

    def issue(self, user: Any, name: str = "") -> str:
        """Make a token for a user and return it; only its digest is kept."""
        key = PREFIX + secrets.token_urlsafe(32)
        self.create(user=user, name=name, digest=ApiToken.digest_of(key))
        return key

    def of(self, key: str) -> "ApiToken":
        """Find the token with this key. Raises ApiToken.DoesNotExist."""
        return self.select_related("user").get(digest=ApiToken.digest_of(key))


class ApiToken(models.Model):
    """A bearer token (RFC 6750). Its 256 random bits need no salt; only a digest is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ApiTokenManager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"Token of {self.user} ({self.name or 'unnamed'})"

    @staticmethod
    def digest_of(key: str) -> str:
        """Give what is stored of a key."""
        return hashlib.sha256(key.encode()).hexdigest()
