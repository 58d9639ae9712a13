from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Format a time as RFC 3339 in UTC with microseconds. Naive times are taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
