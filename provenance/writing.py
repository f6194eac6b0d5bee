"""Announce writes, keep other hosts from the file meanwhile, and repair what a crash left.

Lies below the use cases: tagging and untagging both replace files.
"""

import logging
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from provenance.announcing import amendment_in, announcement, lease_key_in, names_in
from provenance.carriers.sidecar import C2PA_SUFFIX, XMP_SUFFIX
from provenance.errors import LeaseHeldError, LeaseLostError, RegistryError, TaggingError
from provenance.faults import faultpoint
from provenance.leasing import HeldLease, LeaseKeeper
from provenance.media.amendment import Amendment
from provenance.media.in_place import amend_copy, take_back, write_in_place
from provenance.media.replacing import put_right, require_unchanged
from provenance.media.source import FileSource
from provenance.media.staging import Staging, find_stagings, is_staging_name
from provenance.path_text import shown
from provenance.processes import host_name
from provenance.registry.interface import Registry
from provenance.registry.lease import Lease
from provenance.registry.records import Sighting, WriteIntent

_logger = logging.getLogger(__name__)
_NAMES = 2
"""Names a write may leave: of the file that is made, and its second name."""
_SHORT = 16 * 1024 * 1024
"""Bytes of a file that is written long before a lease ends, so that nobody need renew it."""


def absolute(path: Path) -> str:
    """Return the absolute path as the registry files it; links in the way stay as written."""
    return os.path.abspath(path)  # noqa: PTH100  (Path.resolve would follow links)


class AnnouncedWrite:
    """A write that was announced, under the lease on its file, and a staging beside the file."""

    def __init__(
        self, registry: Registry, held: HeldLease, intent: WriteIntent, staging: Staging
    ) -> None:
        self.staging = staging
        self._registry = registry
        self._held = held
        self._intent = intent
        self._is_settled = False

    @contextmanager
    def publishing(
        self, sighting: Sighting | None = None, *, is_last: bool = False
    ) -> Iterator[None]:
        """Change the file or its sidecars inside, and record what is there now in the same step.

        The last step settles the write too. Raises LeaseLostError, before anything was changed,
        if another may work on the file by now.
        """
        lease = self._held.lease
        with self._held.publishing():
            yield
            if sighting is not None:
                self._registry.record_sighting(sighting, lease=lease)
            if is_last:
                self._settle(lease)
        self._is_settled = is_last

    def amend(
        self,
        original: FileSource,
        amendment: Amendment,
        sighting: Sighting | None = None,
        *,
        is_last: bool = False,
    ) -> None:
        """Write an amendment into the file, and record what is there now in the same step.

        Where storage can share, a clone takes the file's place; else it is written where it lies,
        after what it writes over was announced. See `publishing`; raises what `Staging.commit` and
        `write_in_place` raise, and the file is then as it was.
        """
        if self.staging.clone(original):
            amend_copy(self.staging.path, amendment)
            self.staging.commit(self.publishing(sighting, is_last=is_last))
            return
        lease = self._held.lease
        journal = replace(
            self._intent,
            intent_id=f"{self._intent.intent_id}/amendment",
            staging=announcement((), original, lease.path_digest, amendment),
        )
        with self._registry.transaction(lease):
            self._registry.begin_write(journal, lease=lease)
        try:
            faultpoint("inplace.after-journal")
            with self.publishing(sighting, is_last=is_last):
                write_in_place(original, amendment)
                self._registry.end_write(journal.intent_id, lease=lease)
        except BaseException:
            with suppress(RegistryError, OSError):  # what is still open is repaired later
                self._take_back(journal, original, amendment)
            raise

    def _take_back(self, journal: WriteIntent, original: FileSource, amendment: Amendment) -> None:
        """Undo an amendment, unless what it made was recorded after all."""
        with self._held.publishing():
            still_open = {intent.intent_id for intent in self._registry.open_writes()}
            if journal.intent_id in still_open:
                take_back(original.path, amendment, original.status.st_mtime_ns)
                self._registry.end_write(journal.intent_id, lease=self._held.lease)

    def close(self) -> None:
        """Clean up and settle the write, unless its last step has."""
        if not self._is_settled:
            with self._registry.transaction():
                self._settle()

    def _settle(self, lease: Lease | None = None) -> None:
        faultpoint("writing.before-settle")
        if _is_discarded(self.staging):
            self._registry.end_write(self._intent.intent_id, lease=lease)
        self._registry.drop_lease(self._held.lease)


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
def announced_write(
    original: FileSource,
    leases: LeaseKeeper,
    clock: Callable[[], datetime],
    *,
    remember: Callable[[Lease], None] | None = None,
) -> Iterator[AnnouncedWrite]:
    """Give a write that is announced, together with what is remembered, and settled afterwards.

    Sidecars of the original may be written too; what a crash leaves of them is found again.
    Raises LeaseHeldError if another works on the file, ChangedMeanwhileError if somebody did since
    the original was opened.
    """
    staging = Staging(original)
    registry = leases.registry
    intent = WriteIntent(
        intent_id=f"{leases.holder}/{uuid.uuid4()}",
        path=absolute(original.path),
        staging=announcement(staging.paths, original, leases.key_of(original.path)),
        begun_at=clock(),
    )
    faultpoint("writing.before-intent")
    with registry.transaction():
        held = leases.take(original.path)
        require_unchanged(original)
        if remember is not None:
            remember(held.lease)
        registry.begin_write(intent, lease=held.lease)
    faultpoint("writing.after-intent")
    write = AnnouncedWrite(registry, held, intent, staging)
    try:
        with held.kept() if original.size > _SHORT else nullcontext():
            yield write
    except BaseException:
        with suppress(RegistryError, OSError):  # what is still open is repaired later
            write.close()
        raise
    write.close()


def recover_writes(leases: LeaseKeeper) -> tuple[Path, ...]:
    """Remove the staging files of writers that died; return the files they were writing.

    The files themselves are whole: either as they were, or tagged. What an editor saved while the
    writer died is brought back. Where storage refuses, the write stays announced for the next time.
    A writer is dead if its process is, or if its lease has ended; one that slept publishes nothing.
    """
    repaired = (_repair(intent, leases) for intent in leases.registry.open_writes())
    return tuple(path for path in repaired if path is not None)


def _repair(intent: WriteIntent, leases: LeaseKeeper) -> Path | None:
    """Repair one write if its writer is gone; return the file as it is called here."""
    path = _place_here(intent, leases)
    if path is None:
        return None
    try:
        with leases.hold(path) as held, held.publishing():
            if intent not in leases.registry.open_writes():
                return None
            faultpoint("recovery.before-clean")
            _clean(intent, path)
            faultpoint("recovery.before-settle")
            leases.registry.end_write(intent.intent_id, lease=held.lease)
    except (LeaseHeldError, LeaseLostError):
        return None
    except OSError as error:
        _logger.warning("%r: what a writer left cannot be removed: %s", str(path), error)
        return None
    return path


def _place_here(intent: WriteIntent, leases: LeaseKeeper) -> Path | None:
    """Return the file of a write as it is called on this host; None if it is not seen here.

    Another host may have the share elsewhere: then the longest end of the path that names the file
    or what is left beside it, in a zone of ours, is it.
    """
    path = Path(intent.path)
    if intent.intent_id.partition("/")[0] == host_name() or _is_seen(intent, path):
        return path
    key = lease_key_in(intent.staging)
    ends = [Path(*path.parts[start:]) for start in range(1, len(path.parts))]
    places = (zone / end for end in ends for zone in leases.zones)
    # Another file may end alike, below another folder: of that one the writer had no lease.
    ours = (place for place in places if key in ("", leases.key_of(place)))
    return next((place for place in ours if _is_seen(intent, place)), None)


def _is_seen(intent: WriteIntent, path: Path) -> bool:
    names, _ = names_in(intent.staging)
    return any(os.path.lexists(path.with_name(name)) for name in (path.name, *names))


def _is_discarded(staging: Staging) -> bool:
    """Discard a staging; where storage refuses it stays announced, to be found again."""
    try:
        staging.discard()
    except OSError as error:
        _logger.warning("%r cannot be removed yet: %s", str(staging.path), error)
        return False
    return True


def _clean(intent: WriteIntent, path: Path) -> None:
    """Remove what a write left: the files announced, and those of the file's sidecars."""
    names, before = names_in(intent.staging)
    amendment = amendment_in(intent.staging)
    if amendment is not None and before is not None:
        take_back(path, amendment, before.mtime_ns)
    leftovers = [path.with_name(name) for name in filter(is_staging_name, names)]
    if before is not None and len(leftovers) == _NAMES:
        put_right(leftovers[0], leftovers[1], path, before)
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    for suffix in (XMP_SUFFIX, C2PA_SUFFIX):
        for leftover in find_stagings(path.with_name(path.name + suffix)):
            leftover.unlink(missing_ok=True)
