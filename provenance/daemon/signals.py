"""Act on signals outside of the code they interrupt."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

_logger = logging.getLogger(__name__)
_END = 0
"""No signal has this number."""


@contextmanager
def heeding(actions: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Call an action when its signal comes, until the block ends; for the main thread.

    A Python handler runs between any two steps of the main thread, even while that holds the
    lock of the very event the handler wants to set. Here a thread of their own runs the actions,
    one after the other, and the handlers do nothing.
    """
    ours, theirs = socket.socketpair()
    theirs.settimeout(0)
    heeder = threading.Thread(target=_heed, args=(ours, actions), name="signals", daemon=True)
    heeder.start()
    kept_descriptor = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    kept = {number: signal.signal(number, lambda *_: None) for number in actions}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(kept_descriptor)
        theirs.settimeout(None)
        theirs.send(bytes([_END]))
        heeder.join()
        ours.close()
        theirs.close()


def has_terminal() -> bool:
    """Return whether somebody's terminal controls this process."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _heed(line: socket.socket, actions: Mapping[signal.Signals, Callable[[], None]]) -> None:
    while True:
        for number in line.recv(64):
            if number == _END:
                return
            _act(actions.get(signal.Signals(number)))


def _act(action: Callable[[], None] | None) -> None:
    try:
        if action:
            action()
    except Exception:  # the next signal may be the one that ends us
        _logger.exception("a signal was not obeyed")
