"""The time of the machine."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time of the machine's clock, aware UTC."""
    return datetime.now(UTC)
