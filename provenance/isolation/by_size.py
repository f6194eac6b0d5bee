"""A runner that has two others: what a small file makes a parser take, it may be refused."""

import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from provenance.isolation.interface import Json, TaskRunner

SMALL_FILE = 32 << 20
"""Bytes of a file for which the `small` runner's memory suffices, read whole and copied."""


class RunnerBySize:
    """Gives tasks on small files to one runner and the rest to another; closes neither.

    A native parser takes as much memory as the file it reads; of a small file, more is an attack.
    See `TaskRunner`.
    """

    def __init__(self, *, small: TaskRunner, large: TaskRunner) -> None:
        self._small = small
        self._large = large

    @property
    def protections(self) -> tuple[str, ...]:
        """See `TaskRunner.protections`; those of both are the same, but only one may have begun."""
        return self._small.protections or self._large.protections

    def run(
        self,
        task: str,
        arguments: Mapping[str, Json],
        files: Sequence[int] = (),
        wall_seconds: float | None = None,
    ) -> Json:
        """See `TaskRunner.run`."""
        size = sum(os.fstat(descriptor).st_size for descriptor in files)
        runner = self._small if size <= SMALL_FILE else self._large
        return runner.run(task, arguments, files, wall_seconds)

    def close(self) -> None:
        """Leave both open: they are not its own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
