import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.text.normalise import UnencodableText, normalise_input
from config.db.constraints import choices_constraint
from config.db.public_id import PublicModel

PREFIX = "pmk_"
# The prefix and 4 of the 43 random characters, which identify a token in lists.
KEY_PREFIX_LENGTH = len(PREFIX) + 4
# `last_used_at` is written at most once in this time.
LAST_USED_PRECISION = timedelta(minutes=1)


class Scope(models.TextChoices):
    READ = "read", _("Read what you can see")
    ANNOTATE = "annotate", _("Annotate, and add entities and sources")
    MANAGE = "manage", _("Manage articles, projects and everything else")

    @classmethod
    def serialize(cls, scopes: Iterable[str]) -> str:
        """Return a scope list as in RFC 6749, ordered and with `read`. Raises ValueError."""
        given = {cls(scope) for scope in scopes} | {cls.READ}
        return " ".join(scope for scope in cls if scope in given)


SCOPE_LISTS = [
    Scope.serialize(scopes)
    for scopes in ([], [Scope.ANNOTATE], [Scope.MANAGE], [Scope.ANNOTATE, Scope.MANAGE])
]


class ApiTokenManager(models.Manager["ApiToken"]):
    def issue(
        self,
        user: Any,
        name: str = "",
        *,
        scopes: Iterable[str] = tuple(Scope),
        expires_at: datetime | None = None,
    ) -> str:
        """Create a token and return its key, which is not stored.

        Raises ValidationError with errors by field: `name` is invalid or used by another token
        of the user, or `expires_at` is past. Raises ValueError for an unknown scope.
        """
        key = PREFIX + secrets.token_urlsafe(32)
        token = ApiToken(
            user=user,
            name=_clean_name(name),
            scopes=Scope.serialize(scopes),
            expires_at=expires_at,
            digest=ApiToken.hash_key(key),
            key_prefix=key[:KEY_PREFIX_LENGTH],
        )
        if token.is_expired:
            raise ValidationError({"expires_at": gettext("Choose a time in the future.")})
        token.clean_fields()
        try:
            with transaction.atomic():
                token.save()
        except IntegrityError:
            raise ValidationError(
                {"name": gettext("You already have a token with this name.")}
            ) from None
        return key

    def find_by_key(self, key: str | None) -> "ApiToken | None":
        """Return the token and its user, even if it has expired."""
        tokens = self.select_related("user")
        return tokens.filter(digest=ApiToken.hash_key(key)).first() if key else None


class ApiToken(PublicModel):
    """A bearer token (RFC 6750). Only a digest is stored: 256 random bits need no salt."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=100, blank=True)
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    key_prefix = models.CharField(
        _("key prefix"), max_length=KEY_PREFIX_LENGTH, blank=True, editable=False
    )
    scopes = models.CharField(
        _("scopes"),
        max_length=40,
        choices=[(scopes, scopes) for scopes in SCOPE_LISTS],
        default=SCOPE_LISTS[-1],
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)

    objects = ApiTokenManager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], condition=~models.Q(name=""), name="token_name_unique"
            ),
            choices_constraint("scopes", SCOPE_LISTS),
        ]

    def __str__(self) -> str:
        if self.name:
            return gettext("Token “%(name)s” of %(user)s") % {"name": self.name, "user": self.user}
        return gettext("Token of %(user)s") % {"user": self.user}

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= now()

    @property
    def scope_list(self) -> list[Scope]:
        return [Scope(scope) for scope in self.scopes.split()]

    def record_use(self) -> None:
        """Set `last_used_at`, unless it is less than LAST_USED_PRECISION old."""
        moment = now()
        is_recent = models.Q(last_used_at__gt=moment - LAST_USED_PRECISION)
        if self.last_used_at is None or moment - self.last_used_at >= LAST_USED_PRECISION:
            ApiToken.objects.filter(~is_recent, pk=self.pk).update(last_used_at=moment)

    @staticmethod
    def hash_key(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()


def _clean_name(name: str) -> str:
    """Normalise the text and collapse whitespace. Raises ValidationError."""
    try:
        return " ".join(normalise_input(name).split())
    except UnencodableText as error:
        raise ValidationError({"name": str(error)}) from None
