from dataclasses import replace

import pytest

from watchers.change import FileState
from watchers.settle import Moment, is_still, sight

WALL = 1_000_000.0
EMPTY_SECONDS = 600.0
OLD = int((WALL - 100) * 1e9)
FRESH = int((WALL - 1) * 1e9)
STATE = FileState(inode=7, size=10, mtime_ns=FRESH, ctime_ns=FRESH)


def at(seconds):
    return Moment(elapsed=seconds, wall=WALL + seconds)


def look(*looks, settle_seconds=5.0):
    """Return whether the file is still after these (second, state) looks."""
    sighting = None
    for second, state in looks:
        sighting = sight(sighting, state, at(second), settle_seconds=settle_seconds)
    return is_still(
        sighting, at(looks[-1][0]), settle_seconds=settle_seconds, empty_seconds=EMPTY_SECONDS
    )


def test_a_fresh_file_is_not_still_at_first_look():
    assert not look((0, STATE))


def test_a_file_unchanged_over_the_settle_time_is_still():
    assert look((0, STATE), (5, STATE))


def test_a_file_unchanged_for_less_than_the_settle_time_is_not_still():
    assert not look((0, STATE), (4.9, STATE))


@pytest.mark.parametrize("changed", ["inode", "size", "mtime_ns", "ctime_ns"])
def test_any_change_starts_the_settle_time_again(changed):
    other = replace(STATE, **{changed: getattr(STATE, changed) + 1})
    assert not look((0, STATE), (5, other))
    assert not look((0, STATE), (5, other), (9, other))
    assert look((0, STATE), (5, other), (10, other))


def test_a_file_that_is_old_at_first_look_is_still_at_once():
    assert look((0, replace(STATE, mtime_ns=OLD, ctime_ns=OLD)))


@pytest.mark.parametrize("fresh", ["mtime_ns", "ctime_ns"])
def test_both_times_must_be_old(fresh):
    state = replace(STATE, mtime_ns=OLD, ctime_ns=OLD)
    assert not look((0, replace(state, **{fresh: FRESH})))


def test_a_file_seen_changing_is_never_taken_for_old():
    aged = replace(STATE, mtime_ns=OLD, ctime_ns=OLD)
    assert not look((0, STATE), (1, aged))


def test_a_time_in_the_future_only_means_waiting():
    future = replace(STATE, mtime_ns=int((WALL + 1e6) * 1e9))
    assert not look((0, future))
    assert look((0, future), (5, future))


def test_an_empty_file_is_still_only_once_nobody_has_written_it_for_long():
    empty = replace(STATE, size=0, mtime_ns=OLD, ctime_ns=OLD)
    assert not look((0, empty), (499, empty))
    assert look((0, empty), (501, empty))
    ancient = int((WALL - 601) * 1e9)
    assert look((0, replace(STATE, size=0, mtime_ns=ancient, ctime_ns=ancient)))


def test_no_settle_time_still_takes_two_looks_at_a_file_from_the_future():
    future = replace(STATE, mtime_ns=int((WALL + 10) * 1e9))
    assert not look((0, future), settle_seconds=0.0)
    assert look((0, future), (0, future), settle_seconds=0.0)
