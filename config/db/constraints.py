from collections.abc import Iterable
from typing import Any

from django.db import models


def choices_constraint(field: str, choices: Iterable[Any]) -> models.CheckConstraint:
    """Return a constraint that a column holds one of `choices`: an enum's members, or values."""
    values = [getattr(choice, "value", choice) for choice in choices]
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": values}),
        name=f"%(app_label)s_%(class)s_{field}_valid",
    )
