"""sd_notify as systemd hears it: datagrams on a real socket, named or abstract."""

import os
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.daemon.systemd import Notifier


@pytest.fixture(params=["named", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = str(tmp_path / "notify") if request.param == "named" else f"@provenance-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        line.settimeout(30)
        yield line, name


def test_every_message_arrives_as_systemd_reads_it(manager: tuple[socket.socket, str]) -> None:
    line, name = manager
    notifier = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000"})
    assert notifier.watchdog_seconds == 30
    notifier.ready("one\nline \udcff")
    assert line.recv(4096) == b"READY=1\nSTATUS=one line \\udcff"
    notifier.status("well")
    assert line.recv(4096) == b"STATUS=well"
    notifier.alive()
    assert line.recv(4096) == b"WATCHDOG=1"
    notifier.stopping()
    assert line.recv(4096) == b"STOPPING=1"
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.reloading()
    reloading, moment = line.recv(4096).split(b"\n")
    assert reloading == b"RELOADING=1"
    assert before <= int(moment.removeprefix(b"MONOTONIC_USEC="))


def test_without_a_manager_or_a_listening_one_nothing_happens(tmp_path: Path) -> None:
    for name in ("", "vsock:1:2", str(tmp_path / "nobody")):
        notifier = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "1"})
        notifier.ready("x")
        notifier.alive()


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, 0),
        ({"WATCHDOG_USEC": "2000000"}, 2),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": str(os.getpid())}, 2),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"}, 0),
        ({"WATCHDOG_USEC": "soon"}, 0),
    ],
)
def test_the_watchdog_is_fed_only_by_whom_it_asks(
    variables: dict[str, str], seconds: float
) -> None:
    assert Notifier(variables).watchdog_seconds == seconds
