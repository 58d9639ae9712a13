"""Errors of the write path. The UI, the API and the admin turn them into messages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid value: its path, such as `("spans", 0, "exact")`, and a message."""

    path: tuple[str | int, ...]
    message: str


class WriteError(Exception):
    """A rejected write. Nothing of it is stored."""


class InvalidInput(WriteError):
    """Some values are invalid; `errors` has a message for each."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = list(errors)
        super().__init__("; ".join(e.message for e in self.errors))

    @classmethod
    def for_field(cls, field: str, message: str) -> Self:
        return cls([FieldError((field,), message)])

    @classmethod
    def from_messages(
        cls, messages: Mapping[str, Iterable[str]], under: tuple[str | int, ...] = ()
    ) -> Self:
        """Build from the `message_dict` of Django's ValidationError."""
        return cls(
            FieldError((*under, field), message)
            for field, found in messages.items()
            for message in found
        )


class NotPermitted(WriteError):
    """The user lacks permission."""


class RevisionConflict(WriteError):
    """Someone else changed the annotation first; `current` is its new revision."""

    def __init__(self, current: Any) -> None:
        self.current = current
        message = _("This annotation was changed since you opened it. It is now at revision %s.")
        super().__init__(message % current.revision)


class StateConflict(WriteError):
    """The annotation's state does not allow this: retracted ones cannot be changed."""


class IdempotencyKeyReused(WriteError):
    """An idempotency key was reused for a different request."""

    def __init__(self) -> None:
        super().__init__(_("This idempotency key was already used for a different request."))
