"""The lockdown of a worker: after it, foreign bytes may take over the process and gain nothing."""

import ctypes
import resource
import signal
from collections.abc import Callable
from pathlib import Path

from provenance.isolation.landlock import restrict_to

_SET_PARENT_DEATH_SIGNAL = 1
_SET_NO_NEW_PRIVILEGES = 38
_NEW_USER_AND_NETWORK_NAMESPACE = 0x10000000 | 0x40000000
_OPEN_FILES = 64


def lock_down(
    memory_bytes: int,
    scratch: Path | None,
    *,
    die_with_parent: bool,
    set_limit: Callable[[int, tuple[int, int]], None] = resource.setrlimit,
) -> tuple[str, ...]:
    """Give up memory, network and files for good; return the names of what holds.

    Only `memory` and `no_new_privs` are certain; a kernel or container may lack the rest.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if die_with_parent:
        libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    # A user namespace of its own is what entitles a plain user to an empty network.
    without_network = libc.unshare(_NEW_USER_AND_NETWORK_NAMESPACE) == 0
    landlock = restrict_to(scratch)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_AS, memory_bytes),
    ):
        _lower(limit, value, set_limit)
    return ("memory", *(("network-namespace",) if without_network else ()), *landlock)


def _lower(limit: int, value: int, set_limit: Callable[[int, tuple[int, int]], None]) -> None:
    _, hard = resource.getrlimit(limit)
    lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
    set_limit(limit, (lowest, lowest))
