"""How a refused write is told to a client."""

from collections.abc import Callable
from typing import Any

from rest_framework.response import Response

from config.api.problems import InvalidFields, Problem
from config.api.resources import Record, ResourceViewSet
from config.errors import (
    IdempotencyKeyReused,
    InvalidInput,
    NotPermitted,
    RevisionConflict,
    StateConflict,
    WriteError,
)


def problem_of(refusal: WriteError, told: Callable[[Any], Any]) -> Problem:
    """Give the problem that stands for a refusal; `told` tells a record as it is read."""
    match refusal:
        case InvalidInput():
            return InvalidFields((error.path, error.message) for error in refusal.errors)
        case NotPermitted():
            return Problem("not-permitted", "You may not do this", status=403, detail=str(refusal))
        case RevisionConflict():
            return Problem(
                "revision-conflict",
                "The annotation has changed",
                status=412,
                detail=str(refusal),
                current=told(refusal.current.record()),
            )
        case StateConflict():
            return Problem(
                "wrong-state",
                "The annotation is not in that state",
                status=409,
                detail=str(refusal),
            )
        case IdempotencyKeyReused():
            return Problem(
                "idempotency-key-reused",
                "The idempotency key was used before",
                status=422,
                detail=str(refusal),
            )
    raise TypeError(f"{type(refusal).__name__} is not told to clients yet.") from refusal


class PublicViewSet(ResourceViewSet):
    """A resource whose refusals become problems."""

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what the write path refused."""
        if isinstance(exc, WriteError):
            exc = problem_of(exc, self.told_now)
        return super().handle_exception(exc)

    def told_now(self, record: Record) -> Record:
        """Give what is there now to one who has not seen it."""
        return self.told(record, self.request)
