"""Whether the loop moves: judged by its looks at the clock and the size of the file in hand."""

import threading

from provenance.daemon.pulse import Pulse

_LONG = 10_000.0


class Hours:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_silence_is_a_stall_and_a_look_at_the_clock_is_life() -> None:
    hours = Hours()
    pulse = Pulse(hours)
    assert pulse.is_beating
    hours.now += _LONG
    assert not pulse.is_beating
    for look in (pulse.monotonic, pulse.time, lambda: pulse.wait(threading.Event(), 0.0)):
        hours.now += _LONG
        assert not pulse.is_beating
        look()
        assert pulse.is_beating


def test_a_large_file_in_hand_explains_a_long_silence() -> None:
    hours = Hours()
    pulse = Pulse(hours)
    with pulse.busy(1):
        hours.now += _LONG
        assert not pulse.is_beating
    with pulse.busy(500 * 1024**3):
        hours.now += _LONG
        assert pulse.is_beating
        hours.now += 50 * _LONG
        assert not pulse.is_beating
    hours.now += _LONG
    assert not pulse.is_beating


def test_another_thread_that_looks_at_the_clock_is_no_sign_of_life() -> None:
    hours = Hours()
    pulse = Pulse(hours)
    hours.now += _LONG
    onlooker = threading.Thread(target=pulse.monotonic)
    onlooker.start()
    onlooker.join()
    assert not pulse.is_beating
