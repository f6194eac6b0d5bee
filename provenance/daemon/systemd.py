"""Tell systemd how the service is: sd_notify(3) over its datagram socket."""

import os
import socket
import time
from collections.abc import Mapping

_SOCKET = "NOTIFY_SOCKET"
_WATCHDOG = "WATCHDOG_USEC"
_WATCHDOG_PID = "WATCHDOG_PID"


class Notifier:
    """The line to the service manager; says nothing where there is none.

    A manager that does not listen harms nobody: what cannot be sent is dropped.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        variables = os.environ if environment is None else environment
        self._address = _address(variables.get(_SOCKET, ""))
        self.watchdog_seconds = _watchdog_seconds(variables)

    def ready(self, status: str) -> None:
        """Say that the service works, and how it is."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def status(self, status: str) -> None:
        """Say in one line how the service is."""
        self._send(f"STATUS={_line(status)}")

    def alive(self) -> None:
        """Say that the watchdog need not bite."""
        if self.watchdog_seconds:
            self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Say that the settings are read again; `ready` ends it."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={microseconds}")

    def stopping(self) -> None:
        """Say that the service is ending."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(0)
                line.sendto(message.encode("utf-8", "backslashreplace"), self._address)
        except OSError:
            return


def _address(named: str) -> str:
    """Return the socket's address; a leading `@` stands for the NUL of an abstract one."""
    if named.startswith("@"):
        return "\0" + named[1:]
    return named if named.startswith("/") else ""


def _watchdog_seconds(variables: Mapping[str, str]) -> float:
    """Return the time within which life is to be shown; 0 if nobody asks this process."""
    wanted = variables.get(_WATCHDOG, "")
    if variables.get(_WATCHDOG_PID, str(os.getpid())) != str(os.getpid()):
        return 0.0
    return int(wanted) / 1_000_000 if wanted.isascii() and wanted.isdigit() else 0.0


def _line(text: str) -> str:
    return " ".join(text.split())
