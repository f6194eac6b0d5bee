"""The worker: the process that preloads, locks itself down and serves tasks until it is killed."""

import json
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from provenance.errors import IsolationError
from provenance.isolation.framing import receive_frame, receive_frame_with_files, send_frame
from provenance.isolation.lockdown import lock_down
from provenance.isolation.reply import Reply
from provenance.isolation.task import perform, preload_modules

_GRACE_SECONDS = 5.0


def serve(
    connection: socket.socket,
    *,
    lock_down: Callable[..., tuple[str, ...]],
    set_alarm: Callable[[float], object],
) -> None:
    """Take the setup, say hello with the protections that hold, and perform tasks until the end."""
    hello = _set_up(json.loads(receive_frame(connection)), lock_down)
    send_frame(connection, hello.encode())
    while not hello.error:
        try:
            request, files = receive_frame_with_files(connection)
        except EOFError:
            return
        # The runner kills us long before; the alarm is for the day it is gone itself.
        fields = json.loads(request)
        set_alarm(fields["wall_seconds"] + _GRACE_SECONDS)
        send_frame(connection, _answer(fields, files))
        set_alarm(0)


def main(arguments: list[str]) -> None:
    """Serve on the inherited socket whose descriptor is the first argument."""
    with socket.socket(fileno=int(arguments[0])) as connection:
        serve(
            connection,
            lock_down=lock_down,
            set_alarm=lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds),
        )


def _set_up(setup: dict[str, Any], lock_down: Callable[..., tuple[str, ...]]) -> Reply:
    try:
        preload_modules(setup["preload"])
        protections = lock_down(
            setup["memory_bytes"],
            None if setup["scratch"] is None else Path(setup["scratch"]),
            die_with_parent=setup["die_with_parent"],
        )
    except Exception as error:  # noqa: BLE001  # the runner is told why there is no worker
        return Reply.of_error(error)
    return Reply(result=protections)


def _answer(request: dict[str, Any], files: list[int]) -> bytes:
    if len(files) != request["files"]:
        lost = f"only {len(files)} of {request['files']} files reached the worker"
        return Reply.of_error(IsolationError(lost)).encode()
    return perform(request["task"], request["arguments"], files)
