"""Named points in the code at which a crash or a failing system call can be had on purpose.

`PROVENANCE_FAULTS` names them: `NAME:ACTION[:WHEN]`, several separated by commas, `*` for all. An
action is `kill`, `stop`, `sleep=SECONDS` or the name of an error number such as `ENOSPC`; `WHEN`
is the how-manieth passing (`3`) or a probability with a point in it (`0.01`), else every passing.
Nothing happens unless it is set; only tests set it.
"""

import errno
import os
import signal
import threading
import time
from dataclasses import dataclass

from provenance.errors import ConfigError

VARIABLE = "PROVENANCE_FAULTS"
FAULT_POINTS = (
    "staging.before-open",
    "staging.after-write",
    "staging.before-advance",
    "staging.before-attributes",
    "staging.before-sync",
    "staging.before-exchange",
    "staging.before-look",
    "staging.before-undo",
    "staging.after-undo",
    "staging.before-link",
    "staging.before-plain-replace",
    "staging.before-drop",
    "staging.before-folder-sync",
    "staging.before-discard",
    "inplace.after-journal",
    "inplace.before-open",
    "inplace.before-write",
    "inplace.before-patch",
    "inplace.before-cut",
    "inplace.before-sync",
    "inplace.after-sync",
    "inplace.before-undo",
    "beside.before-open",
    "beside.before-replace",
    "beside.after-replace",
    "sidecar.before-remove",
    "sidecar.before-remove-store",
    "writing.before-intent",
    "writing.after-intent",
    "writing.before-settle",
    "recovery.before-clean",
    "recovery.before-settle",
    "tagging.after-remember",
    "tagging.after-compose",
    "tagging.before-commit",
    "tagging.after-commit",
    "tagging.before-scratch",
    "untagging.after-sidecars",
    "untagging.before-commit",
    "quarantine.before-record",
    "quarantine.before-rename",
    "quarantine.after-move",
    "quarantine.before-forget",
    "registry.before-commit",
    "registry.after-commit",
    "durable.before-replace",
    "durable.after-replace",
    "cluster.before-tell",
)
"""Every point there is; a name that is not here is an error wherever it stands."""
_EVERY_POINT = "*"
_SLEEP = "sleep="


@dataclass(slots=True, kw_only=True)
class _Fault:
    """What is to happen at one point, and how often it was passed."""

    action: str
    passing: int | None = None
    probability: float = 1.0
    passed: int = 0

    def is_due(self) -> bool:
        self.passed += 1
        if self.passing is not None:
            return self.passed == self.passing
        if self.probability >= 1:
            return True
        import random  # noqa: PLC0415  (slow to import, and only for tests)

        return random.random() < self.probability  # noqa: S311  (chance)


_armed: dict[str, _Fault] = {}


def arm(text: str) -> None:
    """Have the faults happen that the text names; none if it is empty.

    Raises ConfigError for a name that is no fault point, or an action or time that is none.
    """
    _armed.clear()
    for words in filter(None, text.split(",")):
        name, _, rest = words.partition(":")
        action, _, when = rest.partition(":")
        if name not in (*FAULT_POINTS, _EVERY_POINT):
            raise ConfigError(f"{VARIABLE}: {name!r} is no fault point")
        for point in FAULT_POINTS if name == _EVERY_POINT else (name,):
            _armed[point] = _fault(action, when)


def faultpoint(name: str) -> None:
    """Let happen what was asked for at this point; raises OSError if that is an error number."""
    if _armed:
        _pass(name)


def _pass(name: str) -> None:
    if name not in FAULT_POINTS:
        raise ValueError(f"{name!r} is not on the list of fault points")
    fault = _armed.get(name)
    if fault is not None and fault.is_due():
        _act(fault.action)


def _act(action: str) -> None:
    if action in ("kill", "stop"):
        # To this thread: another might take a signal to the process while this one goes on.
        number = signal.SIGKILL if action == "kill" else signal.SIGSTOP
        signal.pthread_kill(threading.get_ident(), number)
    elif action.startswith(_SLEEP):
        time.sleep(float(action.removeprefix(_SLEEP)))
    else:
        code = getattr(errno, action)
        raise OSError(code, os.strerror(code))


def _fault(action: str, when: str) -> _Fault:
    try:
        if action.startswith(_SLEEP):
            float(action.removeprefix(_SLEEP))
        elif action not in ("kill", "stop"):
            int(getattr(errno, action))
        if "." in when:
            return _Fault(action=action, probability=float(when))
        return _Fault(action=action, passing=int(when) if when else None)
    except (AttributeError, TypeError, ValueError) as error:
        raise ConfigError(f"{VARIABLE}: {action}:{when} is no action and time") from error
