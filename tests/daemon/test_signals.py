"""Signals are heeded outside of the code they interrupt."""

import os
import signal
import threading

import pytest

from provenance.daemon.signals import heeding


def test_an_action_runs_in_another_thread_and_may_set_what_the_main_thread_waits_for() -> None:
    stop = threading.Event()
    threads = []

    def act() -> None:
        threads.append(threading.current_thread())
        stop.set()

    with heeding({signal.SIGUSR1: act}):
        os.kill(os.getpid(), signal.SIGUSR1)
        assert stop.wait(30)
    assert threads
    assert threads[0] is not threading.main_thread()


def test_a_signal_that_comes_while_a_lock_of_its_event_is_held_is_heeded_later() -> None:
    stop = threading.Event()
    with heeding({signal.SIGUSR1: stop.set}):
        with stop._cond:  # as `wait` holds it, for some instructions
            os.kill(os.getpid(), signal.SIGUSR1)
        assert stop.wait(30)


def test_afterwards_everything_is_as_before() -> None:
    before = signal.getsignal(signal.SIGUSR1), signal.set_wakeup_fd(-1)
    with heeding({signal.SIGUSR1: lambda: None}):
        assert signal.getsignal(signal.SIGUSR1) != before[0]
    assert (signal.getsignal(signal.SIGUSR1), signal.set_wakeup_fd(-1)) == before


def test_an_action_that_fails_does_not_deafen_us(caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()

    def fail() -> None:
        raise ZeroDivisionError

    with heeding({signal.SIGUSR1: fail, signal.SIGUSR2: stop.set}):
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR2)
        assert stop.wait(30)
    assert "a signal was not obeyed" in caplog.text
