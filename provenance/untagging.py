"""Take a tag back: to the exact bytes before tagging where possible, else without our carriers."""

import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from provenance.carriers.interface import Carrier, Draft
from provenance.carriers.sidecar import remove_c2pa_sidecar, remove_xmp_sidecar
from provenance.errors import CarrierError, NotWritableError, TaggingError
from provenance.examining import Examined, Examiner
from provenance.faults import faultpoint
from provenance.leasing import LeaseKeeper
from provenance.media.amendment import Amended, Amendment
from provenance.media.essence import identify_bytes
from provenance.media.interface import MediaFormat, Plan
from provenance.media.source import FileSource
from provenance.media.staging import Staging, require_writable
from provenance.media.undo import UndoRecord, plan_undo
from provenance.model.credential import EMBEDDED
from provenance.model.digest import Digest
from provenance.model.outcome import Action, TagOutcome
from provenance.path_text import shown
from provenance.references.interface import Package
from provenance.registry.interface import BlobStore, Registry
from provenance.registry.records import AssetStatus, Sighting
from provenance.writing import AnnouncedWrite, absolute, announced_write, refusals_named

_SIDECAR = "sidecar"


class Untagger:
    """Takes tags out of files; the registry goes on knowing the content."""

    def __init__(
        self,
        *,
        examiner: Examiner,
        carriers: Sequence[Carrier],
        registry: Registry,
        leases: LeaseKeeper,
        blobs: BlobStore,
        clock: Callable[[], datetime],
        embed_limit: int,
        package_of: Callable[[Path], Package | None] = lambda _: None,
    ) -> None:
        self._examiner = examiner
        self._carriers = carriers
        self._registry = registry
        self._leases = leases
        self._blobs = blobs
        self._clock = clock
        self._embed_limit = embed_limit
        self._package_of = package_of

    def untag(self, path: Path) -> TagOutcome:
        """Take our tag out of one file.

        Raises TaggingError if it carries no tag of ours, or none that can be taken out without
        harm; the file is then as it was.
        """
        with refusals_named(path), self._examiner.examine(path) as examined:
            if examined.tag is None:
                raise TaggingError(f"{shown(path)}: carries no tag of ours{self._hint(examined)}")
            self._require_unsealed(path)
            with announced_write(examined.source, self._leases, self._clock) as write:
                return self._untag(examined, write)

    def _untag(self, examined: Examined, write: AnnouncedWrite) -> TagOutcome:
        if _stands_inside(examined):
            require_writable(examined.source)  # first of all: what is refused changes nothing
        with write.publishing():
            removed = _remove_beside(examined)
        faultpoint("untagging.after-sidecars")
        if removed and not _stands_inside(examined):
            return _outcome(examined, Action.UNTAGGED, f"removed {', '.join(removed)}")
        if examined.fmt is None:
            raise TaggingError(f"{shown(examined.path)}: not a format that is written")
        amendment = self._way_back_in_place(examined, examined.fmt)
        if amendment or self._restore(examined, examined.fmt, write.staging):
            action, detail = Action.RESTORED, "back to the exact bytes before tagging"
        else:
            self._strip(examined, examined.fmt, write.staging)
            action = Action.UNTAGGED
            detail = "our tag was taken out; the exact bytes before tagging are not known"
        faultpoint("untagging.before-commit")
        if amendment:
            write.amend(examined.source, amendment, is_last=True)
        else:
            write.staging.commit(write.publishing(is_last=True))
        return _outcome(examined, action, detail)

    def _require_unsealed(self, path: Path) -> None:
        """Raise NotWritableError for a file of a sealed package."""
        package = self._package_of(path)
        if package:
            raise NotWritableError(
                f"{shown(path)}: belongs to the {package.name}, which another file in its place"
                " would break; nothing was changed"
            )

    def _hint(self, examined: Examined) -> str:
        """Return what helps with content that is known though it bears no tag."""
        known = self._registry.find_by_essence(examined.identity.essence_digest)
        if known is None or known.status is not AssetStatus.TEMPORARY:
            return ""
        file = shlex.quote(shown(examined.path))
        return (
            "; the registry knows its content as temporary. If that is wrong:"
            f" provenance untag {file} --withdraw --reason WHY"
        )

    def withdraw(self, asset_id: str, reason: str, frame: Digest | None = None) -> None:
        """Record that an asset, or one frame of it, is not temporary after all, and why.

        Raises RegistryError.
        """
        self._registry.withdraw_asset(asset_id, reason, frame)

    def _way_back_in_place(self, examined: Examined, fmt: MediaFormat) -> Amendment | None:
        """Return what makes a master the exact bytes before tagging; None where it must be copied.

        What it makes is digested before it is done.
        """
        is_master = examined.source.size > self._embed_limit
        record = self._undo_record(examined) if is_master else None
        if record is None:
            return None
        with suppress(CarrierError):  # tagged by an exchange: then its parts have moved
            old = Amended(examined.source).rewritten(_way_back(examined, fmt, record))
            if identify_bytes(old).file_digest == record.file_digest:
                return old.amendment
        return None

    def _restore(self, examined: Examined, fmt: MediaFormat, staging: Staging) -> bool:
        """Stage the exact bytes before tagging; return False where they cannot be derived."""
        record = self._undo_record(examined)
        if record is None:
            return False
        staging.write_plan(_way_back(examined, fmt, record), examined.source)
        with FileSource(staging.path) as staged:
            return identify_bytes(staged).file_digest == record.file_digest

    def _undo_record(self, examined: Examined) -> UndoRecord | None:
        data = self._undo_data(examined)
        return UndoRecord.from_bytes(data) if data is not None else None

    def _undo_data(self, examined: Examined) -> bytes | None:
        """Return the undo record kept for these very bytes, wherever they lay when tagged."""
        here = self._registry.find_sighting(absolute(examined.path))
        if here is not None and (data := self._undo_at(here, examined)) is not None:
            return data  # spares looking through the sightings of a whole image sequence
        tag = examined.tag
        sightings = self._registry.sightings_of(tag.asset_id) if tag else ()
        found = (self._undo_at(sighting, examined) for sighting in sightings)
        return next((data for data in found if data is not None), None)

    def _undo_at(self, sighting: Sighting, examined: Examined) -> bytes | None:
        is_same = sighting.file_digest == examined.identity.file_digest
        return self._blobs.get(sighting.undo) if is_same and sighting.undo else None

    def _strip(self, examined: Examined, fmt: MediaFormat, staging: Staging) -> None:
        """Take our carriers out one by one, the last written first, and compare the essence."""
        staging.copy(examined.source)
        draft = Draft(original=examined.source, fmt=fmt, reading=examined.reading, staging=staging)
        for carrier in reversed(self._carriers):
            if carrier.find_tag(examined.reading) is not None:
                carrier.remove(draft)
        with self._examiner.examine(staging.path) as staged:
            same = staged.identity.essence_digest == examined.identity.essence_digest
            if staged.tag is not None or not same:
                raise TaggingError(
                    f"{shown(examined.path)}: the tag could not be taken out cleanly; the file is"
                    " as it was"
                )


def _way_back(examined: Examined, fmt: MediaFormat, record: UndoRecord) -> Plan:
    essence = fmt.exact_essence(examined.source, examined.reading.contents)
    return plan_undo(record, essence, examined.source.size)


def _stands_inside(examined: Examined) -> bool:
    """Return whether a carrier inside the file itself bears the tag."""
    inside = set(examined.carriers) - {_SIDECAR}
    credentials = examined.reading.credentials
    if credentials is not None and credentials.place != EMBEDDED:
        inside.discard("c2pa")
    return bool(inside)


def _remove_beside(examined: Examined) -> list[str]:
    """Remove sidecars that hold nothing but our tag, and return their names."""
    credentials = examined.reading.credentials
    ours = credentials is not None and all(m.tag is not None for m in credentials.manifests)
    removed = [remove_xmp_sidecar(examined.path)]
    if credentials is not None and credentials.place != EMBEDDED and ours:
        removed.append(remove_c2pa_sidecar(examined.path))
    if not any(removed) and not _stands_inside(examined):
        raise TaggingError(
            f"{shown(examined.path)}: the sidecar also holds others' metadata; remove our part by"
            " hand"
        )
    return [shown(path) for path in removed if path is not None]


def _outcome(examined: Examined, action: Action, detail: str) -> TagOutcome:
    asset_id = examined.tag.asset_id if examined.tag else ""
    return TagOutcome(path=examined.path, action=action, detail=detail, asset_id=asset_id)
