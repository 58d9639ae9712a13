"""Why a write is refused. The UI, the API and the admin turn these into messages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from annotate.models import Annotation


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one value: its path, such as `("spans", 0, "exact")`, and the fix."""

    path: tuple[str | int, ...]
    message: str


class WriteError(Exception):
    """A write that was refused; nothing of it is stored."""


class InvalidInput(WriteError):
    """Some values cannot be accepted; `errors` says which and why."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = list(errors)
        super().__init__("; ".join(e.message for e in self.errors))

    @classmethod
    def for_field(cls, field: str, message: str) -> Self:
        """Refuse one field."""
        return cls([FieldError((field,), message)])

    @classmethod
    def from_messages(
        cls, messages: Mapping[str, Iterable[str]], under: tuple[str | int, ...] = ()
    ) -> Self:
        """Refuse fields as Django's validation names them."""
        return cls(
            FieldError((*under, field), message)
            for field, found in messages.items()
            for message in found
        )


class NotPermitted(WriteError):
    """The person may not do this here."""


class RevisionConflict(WriteError):
    """Someone changed the annotation since the writer saw it; `current` is what is there now."""

    def __init__(self, current: "Annotation") -> None:
        self.current = current
        super().__init__(
            f"This annotation was changed since you read it: it is at revision {current.revision}. "
            "Look at what is there now and write again naming that revision."
        )


class StateConflict(WriteError):
    """A retracted annotation cannot be changed, nor an active one restored."""


class IdempotencyKeyReused(WriteError):
    """An idempotency key came back with another request."""

    def __init__(self) -> None:
        super().__init__(
            "This idempotency key was used for a different request. Use a new key for a new one."
        )
