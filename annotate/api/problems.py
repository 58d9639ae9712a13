"""How a refused write is told to a client."""

from collections.abc import Callable
from typing import Any

from annotate.refusals import (
    Invalid,
    KeyReused,
    NotPermitted,
    Refusal,
    RevisionConflict,
    WrongState,
)
from articles.api.problems import InvalidFields, Problem


def problem_of(refusal: Refusal, told: Callable[[Any], Any]) -> Problem:
    """Give the problem that stands for a refusal; `told` tells a record as it is read."""
    match refusal:
        case Invalid():
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
        case WrongState():
            return Problem(
                "wrong-state",
                "The annotation is not in that state",
                status=409,
                detail=str(refusal),
            )
        case KeyReused():
            return Problem(
                "idempotency-key-reused",
                "The idempotency key was used before",
                status=422,
                detail=str(refusal),
            )
    raise TypeError(f"{type(refusal).__name__} is not told to clients yet.") from refusal
