"""How a watch is judged by what it said last."""

from dataclasses import replace
from datetime import datetime, timedelta

from provenance.daemon.health import Vitality, judge
from provenance.daemon.state import Condition, WatchState


def test_a_watch_that_works_is_well_however_much_waits(state: WatchState, now: datetime) -> None:
    health = judge(state, now)
    assert (health.vitality, health.reasons) == (Vitality.OK, ())


def test_until_everything_was_looked_at_it_is_starting_and_well(
    state: WatchState, now: datetime
) -> None:
    zones = tuple(replace(zone, reconciled_at=None, is_source_alive=False) for zone in state.zones)
    health = judge(replace(state, zones=zones), now)
    assert health.vitality is Vitality.STARTING
    assert health.vitality.is_well


def test_trouble_with_a_zone_or_the_registry_is_degraded_and_says_which(
    state: WatchState, now: datetime
) -> None:
    first, second = state.zones
    troubled = replace(
        state,
        registry_trouble="no route to host",
        zones=(
            replace(first, condition=Condition.LOST, trouble="went away"),
            replace(second, is_source_alive=False),
        ),
    )
    health = judge(troubled, now)
    assert health.vitality is Vitality.DEGRADED
    assert not health.vitality.is_well
    assert health.vitality.is_working
    assert health.reasons == (
        "the registry does not answer: no route to host",
        "/srv/show/generated: the zone is lost: went away",
        "/srv/show/deliverables: changes are only noticed when everything is looked at",
    )


def test_one_that_makes_no_progress_is_not_working(state: WatchState, now: datetime) -> None:
    vitality = judge(replace(state, is_stalled=True, registry_trouble="away"), now).vitality
    assert vitality is Vitality.STALLED
    assert not vitality.is_working


def test_a_stale_heartbeat_is_not_running_since(state: WatchState, now: datetime) -> None:
    late = replace(state, heartbeat_at=now - timedelta(seconds=61))
    health = judge(late, now)
    assert health.vitality is Vitality.GONE
    assert health.reasons == ("not running since 2027-03-01 11:58:59 UTC",)
    assert judge(replace(late, heartbeat_seconds=30.0), now).vitality is Vitality.OK
    assert judge(state, now, has_process=False).vitality is Vitality.GONE


def test_a_clock_that_is_ahead_does_no_harm(state: WatchState, now: datetime) -> None:
    ahead = replace(state, heartbeat_at=now + timedelta(hours=1))
    assert judge(ahead, now).vitality is Vitality.OK


def test_one_that_was_told_to_stop_is_stopped_whatever_else(
    state: WatchState, now: datetime
) -> None:
    stopped = replace(state, stopped_at=now, is_stalled=True)
    assert judge(stopped, now + timedelta(days=9)).vitality is Vitality.STOPPED
