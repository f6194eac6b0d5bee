"""How people are told times, everywhere alike."""

from datetime import UTC, datetime


def minute(moment: datetime) -> str:
    """Return a time as people read it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def end(moment: datetime | None) -> str:
    """Return the end of something that may have none."""
    return minute(moment) if moment else "no end date"
