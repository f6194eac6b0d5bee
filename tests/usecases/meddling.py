"""Collaborators that do something at the wrong moment; each keeps the contract of its seam."""

import resource
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from provenance.carriers.interface import Draft
from provenance.errors import CarrierError, DamagedMediaError, IsolationError
from provenance.isolation.interface import Json, TaskRunner
from provenance.media.interface import MediaFormat
from provenance.media.source import FileSource
from provenance.model.reading import Reading
from provenance.model.tag import ProvenanceTag


@dataclass(slots=True, kw_only=True)
class MeddlingRunner:
    """Runs tasks as another runner does, and something else before those of one name."""

    runner: TaskRunner
    task: str
    before: Callable[[], object]

    @property
    def protections(self) -> tuple[str, ...]:
        return self.runner.protections

    def run(
        self,
        task: str,
        arguments: Mapping[str, Json],
        files: Sequence[int] = (),
        wall_seconds: float | None = None,
    ) -> Json:
        if task.endswith(f":{self.task}"):
            self.before()
        return self.runner.run(task, arguments, files, wall_seconds)

    def close(self) -> None:
        """Leave the other open: it is not ours."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(slots=True, kw_only=True)
class StrictRunner:
    """Runs tasks as another runner does, but takes no C2PA store when asked to validate it."""

    runner: TaskRunner

    @property
    def protections(self) -> tuple[str, ...]:
        return self.runner.protections

    def run(
        self,
        task: str,
        arguments: Mapping[str, Json],
        files: Sequence[int] = (),
        wall_seconds: float | None = None,
    ) -> Json:
        if task.endswith(":read_store") and arguments["validate"]:
            raise DamagedMediaError("claim missing hard binding")
        return self.runner.run(task, arguments, files, wall_seconds)

    def close(self) -> None:
        """Leave the other open: it is not ours."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def give_up() -> None:
    """End as a worker does that died."""
    raise IsolationError("the worker died (signal 6)")


@contextmanager
def no_room(size: int) -> Iterator[None]:
    """Let no file grow beyond some bytes: the system's own "no room"."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@dataclass(slots=True, kw_only=True)
class SpoilingCarrier:
    """Writes what no carrier should."""

    spoil: Callable[[bytes], bytes]
    name: str = "spoiling"

    def can_bear(self, fmt: MediaFormat) -> bool:
        del fmt
        return True

    def find_tag(self, reading: Reading) -> ProvenanceTag | None:
        del reading
        return None

    def write(self, draft: Draft, tag: ProvenanceTag) -> None:
        del tag
        with FileSource(draft.staging.path) as staged:
            data = staged.pread(0, staged.size)
            draft.staging.write_plan((self.spoil(data),), staged)

    def remove(self, draft: Draft) -> None:
        raise CarrierError(f"{Path(draft.original.path).name}: nothing to remove")
