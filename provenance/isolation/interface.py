"""The seam of isolation: run a named task on open files, within limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""What may cross to a task and back; bytes travel in files, or as base64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a worker process may use."""

    memory_bytes: int = 4 << 30
    """Address space, not memory in use: c2pa maps a lot and aborts where it gets none."""
    wall_seconds: float = 15.0
    """Longest time one task may take before its process is killed."""
    scratch: Path | None = None
    """Directory below which files may be opened and made; with None no file at all."""


class TaskRunner(Protocol):
    """Something that runs tasks named `package.module:function`, one at a time.

    The function takes `(arguments: dict[str, Any], files: list[BinaryIO])` and returns JSON. Its
    module must be among the modules the runner preloads. A module may have a function `preload()`
    that loads what will be out of reach once the process is locked down.
    """

    @property
    def protections(self) -> tuple[str, ...]:
        """Names of the protections that hold; empty before the first use."""
        ...

    def run(
        self,
        task: str,
        arguments: Mapping[str, Json],
        files: Sequence[int] = (),
        wall_seconds: float | None = None,
    ) -> Json:
        """Run a task and return its result.

        The descriptors stay open and are used from their start, with the access they were opened
        for; their offset is shared and is anywhere afterwards. A ProvenanceError of the task
        arrives as itself, its text cut at 500 characters. Raises IsolationError if the task fails
        in any other way, dies, or uses up its time or memory.
        """
        ...

    def close(self) -> None:
        """End the worker; the runner cannot be used afterwards."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
