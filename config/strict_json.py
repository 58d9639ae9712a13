"""JSON in which a repeated key is an error. Python alone keeps the last value."""

import json
from collections.abc import Callable, Sequence
from typing import Any


def load_json(text: str, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """Parse JSON. Raises ValueError, or RecursionError for excessive nesting."""
    return json.loads(text, object_pairs_hook=_build_object, parse_constant=parse_constant)


def _build_object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"“{repeated[:100]}” is given twice in the same object.")
    return values
