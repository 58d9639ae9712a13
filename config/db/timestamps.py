"""How a time is written down."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Write a time in UTC to the microsecond, as RFC 3339 has it; one without a zone is in UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
