"""What tests of the daemon's parts share: a state with something in every field."""

from datetime import UTC, datetime, timedelta

import pytest

from provenance.daemon.state import Condition, Failure, WatchState, ZoneState

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def state() -> WatchState:
    """Return a watch that is well."""
    return WatchState(
        host="edit-07",
        pid=123,
        tool="provenance 0",
        started_at=NOW - timedelta(days=3),
        heartbeat_at=NOW - timedelta(seconds=4),
        heartbeat_seconds=5.0,
        listening="127.0.0.1:9464",
        zones=(
            ZoneState(
                path="/srv/show/generated",
                role="generated",
                source_kind="native",
                queue=3,
                lag_seconds=12.5,
                reconciled_at=NOW - timedelta(seconds=100),
                counts={"tagged": 7},
            ),
            ZoneState(
                path="/srv/show/deliverables",
                role="deliverable",
                condition=Condition.OK,
                reconciled_at=NOW - timedelta(seconds=100),
                counts={"quarantined": 2, "passed": 40},
            ),
        ),
        error_counts={"disk-full": 4},
        failures=(
            Failure(
                path="/srv/show/generated/a.png",
                kind="disk-full",
                message="no room",
                remedy="make room",
                failed_at=NOW - timedelta(seconds=50),
            ),
        ),
    )
