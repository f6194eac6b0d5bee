"""Announce writes and clean up after writers that died.

Lies below the use cases: tagging and untagging both replace files.
"""

import os
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from provenance.carriers.sidecar import C2PA_SUFFIX, XMP_SUFFIX
from provenance.media.source import FileSource
from provenance.media.staging import Staging, find_stagings, is_staging_name
from provenance.registry.interface import Registry, WriteIntent


def absolute(path: Path) -> str:
    """Return the absolute path as the registry files it; links in the way stay as written."""
    return os.path.abspath(path)  # noqa: PTH100  (Path.resolve would follow links)


@contextmanager
def announced_staging(
    original: FileSource, registry: Registry, clock: Callable[[], datetime]
) -> Iterator[Staging]:
    """Yield a staging beside the original, announced before and settled and cleaned after.

    Sidecars of the original may be written meanwhile; what a crash leaves of them is found again.
    """
    staging = Staging(original)
    intent = WriteIntent(
        intent_id=f"{_writer()}/{uuid.uuid4()}",
        path=absolute(original.path),
        staging="\n".join(absolute(name) for name in staging.paths),
        begun_at=clock(),
    )
    registry.begin_write(intent)
    try:
        yield staging
    finally:
        staging.discard()
        registry.end_write(intent.intent_id)


def recover_writes(registry: Registry) -> tuple[Path, ...]:
    """Remove the staging files of writers that died; return the files they were writing.

    The files themselves are whole: either as they were, or tagged.
    """
    concerned = []
    for intent in registry.open_writes():
        if _may_be_alive(intent.intent_id):
            continue
        for staging in _left_by(intent):
            staging.unlink(missing_ok=True)
        registry.end_write(intent.intent_id)
        concerned.append(Path(intent.path))
    return tuple(concerned)


def _left_by(intent: WriteIntent) -> tuple[Path, ...]:
    """Return the staging files of a write: those announced, and those of the file's sidecars."""
    announced = (Path(name) for name in intent.staging.split("\n"))
    sidecars = (Path(intent.path + suffix) for suffix in (XMP_SUFFIX, C2PA_SUFFIX))
    return (
        *(path for path in announced if is_staging_name(path.name)),
        *(path for sidecar in sidecars for path in find_stagings(sidecar)),
    )


def _writer() -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def _may_be_alive(intent_id: str) -> bool:
    """Return whether the writer may still run; one on another host may."""
    host, pid, started, _ = intent_id.split("/", 3)
    return host != socket.gethostname() or _started(int(pid)) == started


def _started(pid: int) -> str:
    """Return when a process began, in clock ticks since boot; empty if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
