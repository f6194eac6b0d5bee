"""Announce writes and clean up after writers that died.

Lies below the use cases: tagging and untagging both replace files.
"""

import json
import logging
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from provenance.carriers.sidecar import C2PA_SUFFIX, XMP_SUFFIX
from provenance.errors import TaggingError
from provenance.examining import shown
from provenance.faults import faultpoint
from provenance.media.replacing import OriginalState, put_right
from provenance.media.source import FileSource
from provenance.media.staging import Staging, find_stagings, is_staging_name
from provenance.registry.interface import Registry, WriteIntent

_logger = logging.getLogger(__name__)


def absolute(path: Path) -> str:
    """Return the absolute path as the registry files it; links in the way stay as written."""
    return os.path.abspath(path)  # noqa: PTH100  (Path.resolve would follow links)


@contextmanager
def refusals_named(path: Path) -> Iterator[None]:
    """Turn what the system refuses inside into a TaggingError that names the file."""
    try:
        yield
    except OSError as error:
        raise TaggingError(
            f"{shown(path)}: the storage refused: {error.strerror or error}; nothing is half"
            " written, so run it again once that is mended"
        ) from error


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
        staging=_announcement(staging, original),
        begun_at=clock(),
    )
    faultpoint("writing.before-intent")
    registry.begin_write(intent)
    faultpoint("writing.after-intent")
    try:
        yield staging
    finally:
        if _is_discarded(staging):
            faultpoint("writing.before-settle")
            registry.end_write(intent.intent_id)


def recover_writes(registry: Registry) -> tuple[Path, ...]:
    """Remove the staging files of writers that died; return the files they were writing.

    The files themselves are whole: either as they were, or tagged. What an editor saved while the
    writer died is brought back. Where storage refuses, the write stays announced for the next time.
    """
    concerned = []
    for intent in registry.open_writes():
        if _may_be_alive(intent.intent_id):
            continue
        try:
            faultpoint("recovery.before-clean")
            _clean(intent)
        except OSError as error:
            _logger.warning("%r: what a writer left cannot be removed: %s", intent.path, error)
            continue
        faultpoint("recovery.before-settle")
        registry.end_write(intent.intent_id)
        concerned.append(Path(intent.path))
    return tuple(concerned)


def _is_discarded(staging: Staging) -> bool:
    """Discard a staging; where storage refuses it stays announced, for start-up to find."""
    try:
        staging.discard()
    except OSError as error:
        _logger.warning("%r cannot be removed yet: %s", str(staging.path), error)
        return False
    return True


def _clean(intent: WriteIntent) -> None:
    """Remove what a write left: the files announced, and those of the file's sidecars."""
    path = Path(intent.path)
    names, before = _announced(intent.staging)
    for name in filter(is_staging_name, names):
        leftover = path.with_name(name)
        if before is None:
            leftover.unlink(missing_ok=True)
        else:
            put_right(leftover, path, before)
    for suffix in (XMP_SUFFIX, C2PA_SUFFIX):
        for leftover in find_stagings(Path(intent.path + suffix)):
            leftover.unlink(missing_ok=True)


def _announcement(staging: Staging, original: FileSource) -> str:
    """Return the names a write may leave, and how to tell the original among them."""
    names = [name.name for name in staging.paths]
    before = OriginalState.of(original.status)
    return json.dumps({"names": names, "original": [before.inode, before.size, before.mtime_ns]})


def _announced(text: str) -> tuple[tuple[str, ...], OriginalState | None]:
    """Return what was announced; earlier versions wrote two paths, one a line."""
    if not text.startswith("{"):
        return tuple(Path(line).name for line in text.split("\n")), None
    record = json.loads(text)
    inode, size, mtime_ns = record["original"]
    before = OriginalState(inode=inode, size=size, mtime_ns=mtime_ns)
    return tuple(record["names"]), before


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
