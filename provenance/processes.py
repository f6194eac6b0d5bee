"""Names of running processes, so that another can tell a dead one from one that lives."""

import os
import re
import socket
from pathlib import Path

from provenance.errors import ConfigError

HOST_VARIABLE = "PROVENANCE_HOST"
"""Names this host where the system's own name is not unique: in containers, for example."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def host_name() -> str:
    """Return the name of this host; raises ConfigError if the environment gives it a strange one.

    No two hosts that work on one production may have one name.
    """
    named = os.environ.get(HOST_VARIABLE)
    if named is None:
        return socket.gethostname()
    if not _NAME.fullmatch(named):
        raise ConfigError(
            f"{HOST_VARIABLE}={named!r} is no name of a host: 1 to 64 letters, digits, dots,"
            " hyphens and underscores"
        )
    return named


def process_name() -> str:
    """Return the name of this process: host, number and start, which no other ever has."""
    return f"{host_name()}/{os.getpid()}/{_started(os.getpid())}-{_namespace()}"


def is_dead(name: str) -> bool:
    """Return whether the process of this name is certainly no more; one elsewhere may live."""
    host, _, rest = name.partition("/")
    pid, _, start = rest.partition("/")
    started, _, namespace = start.partition("-")
    is_ours = host == host_name() and namespace in ("", _namespace())
    return is_ours and pid.isdecimal() and _started(int(pid)) != started


def _namespace() -> str:
    """Return which process numbers count here: a container has its own."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process began, in clock ticks since boot; empty if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
