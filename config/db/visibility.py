from typing import Any

from django.db.models import QuerySet


def filter_visible(rows: QuerySet[Any], user: Any) -> QuerySet[Any]:
    """Filter by the queryset's `visible_to`. Models without one are visible to all."""
    return rows.visible_to(user) if hasattr(rows, "visible_to") else rows
