"""The real runner: a worker process, started when needed and killed when it misbehaves."""

import json
import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from provenance.errors import IsolationError
from provenance.isolation.child import Child
from provenance.isolation.interface import Json, Limits


class WorkerProcess:
    """A runner whose tasks run in one process that has neither network nor files.

    Safe to share between threads, which take turns. See `TaskRunner`.
    """

    def __init__(
        self,
        *,
        preload: Sequence[str],
        limits: Limits | None = None,
        tasks_per_worker: int = 500,
    ) -> None:
        self._preload = tuple(preload)
        self._limits = limits or Limits()
        self._tasks_per_worker = tasks_per_worker
        self._is_closed = False
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._protections: tuple[str, ...] = ()
        disown = weakref.WeakMethod(self._disown)
        os.register_at_fork(after_in_child=lambda: (method := disown()) and method())

    @property
    def protections(self) -> tuple[str, ...]:
        """See `TaskRunner.protections`."""
        return self._protections

    def run(
        self,
        task: str,
        arguments: Mapping[str, Json],
        files: Sequence[int] = (),
        wall_seconds: float | None = None,
    ) -> Json:
        """See `TaskRunner.run`; a worker that dies is replaced at the next call."""
        seconds = self._limits.wall_seconds if wall_seconds is None else wall_seconds
        request = {
            "task": task,
            "arguments": arguments,
            "files": len(files),
            "wall_seconds": seconds,
        }
        encoded = json.dumps(request).encode()
        with self._lock:
            child = self._usable_child()
            try:
                reply = child.ask(encoded, files, seconds)
            except TimeoutError:
                raise IsolationError(f"{task} ran out of time ({seconds:g} s)") from None
            except (EOFError, ConnectionError):
                raise IsolationError(
                    f"{task} failed: the worker {child.cause_of_death()}"
                ) from None
            except OSError as error:
                raise IsolationError(f"{task} could not be handed over: {error}") from error
            finally:
                if not child.is_usable or child.tasks >= self._tasks_per_worker:
                    child.end()
        return reply.unwrap(task)

    def close(self) -> None:
        """See `TaskRunner.close`."""
        with self._lock:
            self._is_closed = True
            if self._child is not None:
                self._child.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _usable_child(self) -> Child:
        if self._is_closed:
            raise IsolationError("this runner is closed")
        if self._child is not None and self._child.is_usable:
            return self._child
        if self._child is not None:
            self._child.end()
        self._child = child = Child(self._limits)
        try:
            self._protections = child.set_up(self._preload)
        except BaseException:
            child.end()
            raise
        return child

    def _disown(self) -> None:
        # In a fork: neither talk to the parent's worker nor wait for a lock that another of the
        # parent's threads held.
        self._lock = threading.Lock()
        if self._child is not None:
            self._child.disown()
            self._child = None
