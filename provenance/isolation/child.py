"""The child: a worker process as its parent holds it, from start to end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import provenance
from provenance.errors import IsolationError
from provenance.isolation.framing import receive_frame, send_frame
from provenance.isolation.interface import Limits
from provenance.isolation.reply import Reply

_START_SECONDS = 60.0
_EXIT_SECONDS = 1.0

# `-m` would look in the working directory, and `-I` takes PYTHONPATH and it away: so the parent
# says where its own modules come from.
_BOOTSTRAP = """
import json, sys
sys.path.extend(entry for entry in json.loads(sys.argv[1]) if entry not in sys.path)
from provenance.isolation.worker import main
main(sys.argv[2:])
"""


class Child:
    """A worker process; started at once, ended by `end`, garbage collection or exit.

    Raises IsolationError if it cannot be started.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and code
                    [sys.executable, "-I", "-c", _BOOTSTRAP, _import_path(), str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    env=_environment(limits.scratch),
                    start_new_session=True,  # an interrupt at the terminal is for the parent
                )
            except OSError as error:
                ours.close()
                raise IsolationError(f"no worker can be started: {error}") from error
        self._connection = ours
        self._is_in_step = True
        self._tasks = 0
        self._finalizer = weakref.finalize(self, _end, self._process, ours)

    @property
    def is_usable(self) -> bool:
        """Whether it lives and waits for a task."""
        return self._is_in_step and self._process.poll() is None

    @property
    def tasks(self) -> int:
        """How many tasks it has served."""
        return self._tasks

    def set_up(self, preload: Sequence[str]) -> tuple[str, ...]:
        """Have it preload and lock itself down; return the protections that hold.

        Raises IsolationError if it cannot; it is of no use then.
        """
        scratch = self._limits.scratch
        setup = {
            "preload": list(preload),
            "memory_bytes": self._limits.memory_bytes,
            "scratch": None if scratch is None else str(scratch.absolute()),
            # The kernel means the thread that started it; only the main thread stays long enough.
            "die_with_parent": threading.current_thread() is threading.main_thread(),
        }
        try:
            hello = self.ask(json.dumps(setup).encode(), (), _START_SECONDS)
            protections = cast("list[str]", hello.unwrap("the worker's start"))
        except (EOFError, OSError) as error:
            raise IsolationError(f"the worker did not start: it {self.cause_of_death()}") from error
        finally:
            self._tasks = 0
        return tuple(protections)

    def ask(self, request: bytes, files: Sequence[int], seconds: float) -> Reply:
        """Send a request and wait for its reply.

        Raises TimeoutError if it takes too long, EOFError or ConnectionError if the process died;
        whatever is raised, the child is not usable any more.
        """
        self._is_in_step = False
        deadline = time.monotonic() + seconds
        send_frame(self._connection, request, files, deadline=deadline)
        reply = Reply.decode(receive_frame(self._connection, deadline=deadline))
        self._tasks += 1
        self._is_in_step = not reply.ran_out_of_memory
        return reply

    def cause_of_death(self) -> str:
        """Say how it ended, which it must be about to do if it has not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._process.wait(_EXIT_SECONDS)
            return f"died (signal {-status})" if status < 0 else f"ended (status {status})"
        return "closed its connection"

    def end(self) -> None:
        """Kill and reap it; nothing happens the second time."""
        self._finalizer()

    def disown(self) -> None:
        """Let go of it without harm, in a fork of the process it belongs to."""
        self._finalizer.detach()
        self._connection.close()
        self._process.returncode = -signal.SIGKILL  # not ours to wait for


def _end(process: subprocess.Popen[bytes], connection: socket.socket) -> None:
    connection.close()
    process.kill()
    process.wait()


def _import_path() -> str:
    home = str(Path(provenance.__file__).parent.parent)
    return json.dumps([*(entry for entry in sys.path if Path(entry).is_absolute()), home])


def _environment(scratch: Path | None) -> dict[str, str]:
    # Not our own: it may hold passwords, and foreign bytes may come to read it.
    environment = {"LANG": "C.UTF-8"}
    if "LD_LIBRARY_PATH" in os.environ:
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    if scratch is not None:
        environment["TMPDIR"] = str(scratch.absolute())
    return environment
