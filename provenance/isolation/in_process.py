"""The runner without isolation, for tests and for bytes that are trusted."""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from provenance.errors import IsolationError
from provenance.isolation.interface import Json
from provenance.isolation.reply import Reply
from provenance.isolation.task import perform, preload_modules

_LOGGER = logging.getLogger(__name__)


class UnsafeInProcessRunner:
    """A runner whose tasks run right here: no limits, and a crash is our own. See `TaskRunner`."""

    def __init__(self, *, preload: Sequence[str]) -> None:
        _LOGGER.warning("Files are parsed in this process, without isolation")
        preload_modules(preload)
        self._is_closed = False

    @property
    def protections(self) -> tuple[str, ...]:
        """See `TaskRunner.protections`; none ever holds."""
        return ()

    def run(
        self,
        task: str,
        arguments: Mapping[str, Json],
        files: Sequence[int] = (),
        wall_seconds: float | None = None,  # noqa: ARG002  # nobody could interrupt the task
    ) -> Json:
        """See `TaskRunner.run`; time and memory are not limited."""
        if self._is_closed:
            raise IsolationError("this runner is closed")
        # Through JSON both ways, so that nothing works here that would not in a worker.
        copied = json.loads(json.dumps(arguments))
        reply = perform(task, copied, [os.dup(descriptor) for descriptor in files])
        return Reply.decode(reply).unwrap(task)

    def close(self) -> None:
        """See `TaskRunner.close`."""
        self._is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
