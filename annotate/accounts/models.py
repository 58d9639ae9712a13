"""Keys with which a program speaks for a person."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.timezone import now

from articles.text.normalise import UnencodableText, normalise
from config.db.public_id import PublicModel

PREFIX = "pmk_"
# What may be shown of a key for ever: the prefix and four of its 43 characters.
HINT_LENGTH = len(PREFIX) + 4
# How exactly the last use is known; it is written no more often than that.
PRECISION = timedelta(minutes=1)


class Scope(models.TextChoices):
    """What a token may be used for. Either of the other two includes reading."""

    READ = "read", "Read what you may see"
    ANNOTATE = "annotate", "Annotate; add entities and sources"
    MANAGE = "manage", "Manage articles, projects and all the rest"

    @classmethod
    def written(cls, scopes: Iterable[str]) -> str:
        """Write scopes as in RFC 6749, in one order and with reading. Raises ValueError."""
        given = {cls(scope) for scope in scopes} | {cls.READ}
        return " ".join(scope for scope in cls if scope in given)


# The ways to write them: each is one row of this list, and nothing else is a token's scopes.
SCOPES = [
    Scope.written(chosen)
    for chosen in ([], [Scope.ANNOTATE], [Scope.MANAGE], [Scope.ANNOTATE, Scope.MANAGE])
]


class ApiTokenManager(models.Manager["ApiToken"]):
    """Makes tokens and finds them again."""

    def issue(
        self,
        user: Any,
        name: str = "",
        *,
        scopes: Iterable[str] = tuple(Scope),
        expires_at: datetime | None = None,
    ) -> str:
        """Make a token for a user and return its key; only the digest is kept.

        Raises ValidationError, by field, for a name that the user gave to another token or that
        cannot be one, and for a time that is over; ValueError for an unknown scope.
        """
        key = PREFIX + secrets.token_urlsafe(32)
        token = ApiToken(
            user=user,
            name=_clean_name(name),
            scopes=Scope.written(scopes),
            expires_at=expires_at,
            digest=ApiToken.digest_of(key),
            hint=key[:HINT_LENGTH],
        )
        if token.is_expired:
            raise ValidationError({"expires_at": "Choose a time that is to come."})
        token.clean_fields()
        try:
            with transaction.atomic():
                token.save()
        except IntegrityError:
            raise ValidationError({"name": "There is a token of this name already."}) from None
        return key

    def owned_by(self, user: Any) -> models.QuerySet["ApiToken"]:
        """Give a person's tokens, the newest first."""
        return self.filter(user=user)

    def of(self, key: str) -> "ApiToken":
        """Find the token with this key. Raises ApiToken.DoesNotExist."""
        return self.select_related("user").get(digest=ApiToken.digest_of(key))


class ApiToken(PublicModel):
    """A bearer token (RFC 6750). Its 256 random bits need no salt; only a digest is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(
        max_length=HINT_LENGTH, blank=True, editable=False, help_text="How its key begins."
    )
    scopes = models.CharField(max_length=40, choices=[(s, s) for s in SCOPES], default=SCOPES[-1])
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiTokenManager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], condition=~models.Q(name=""), name="token_name_is_one"
            ),
            models.CheckConstraint(
                condition=models.Q(scopes__in=SCOPES), name="token_scopes_are_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Token of {self.user} ({self.name or 'unnamed'})"

    @property
    def is_expired(self) -> bool:
        """Tell whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now()

    @property
    def scope_list(self) -> list[Scope]:
        """Give what it may be used for."""
        return [Scope(scope) for scope in self.scopes.split()]

    def note_use(self) -> None:
        """Write down that it was used now, unless that was done within the last minute."""
        moment = now()
        if self.last_used_at and moment - self.last_used_at < PRECISION:
            return
        due = models.Q(last_used_at=None) | models.Q(last_used_at__lte=moment - PRECISION)
        ApiToken.objects.filter(due, pk=self.pk).update(last_used_at=moment)

    @staticmethod
    def digest_of(key: str) -> str:
        """Give what is stored of a key."""
        return hashlib.sha256(key.encode()).hexdigest()


def _clean_name(name: str) -> str:
    """Put a name on one line, in the form of all text. Raises ValidationError."""
    try:
        return " ".join(normalise(name).split())
    except UnencodableText as error:
        raise ValidationError({"name": str(error)}) from None
