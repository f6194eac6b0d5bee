"""Let time pass for who looks how old a file is."""

import time

import pytest

_NOW = time.time_ns
_HOUR = 3_600_000_000_000


def hours_later(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    """Have the clock show so many hours more: nothing then counts as just written."""
    monkeypatch.setattr(time, "time_ns", lambda: _NOW() + hours * _HOUR)
