"""Assets and their frames in memory; whoever calls holds the registry's lock."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain

from provenance.errors import RegistryError
from provenance.model.digest import Digest
from provenance.model.known_essences import KnownEssences, known_of
from provenance.registry.frames import as_frame, frame_row, is_made_like, withdrawn_row
from provenance.registry.records import AssetRecord, AssetStatus
from provenance.registry.rows import Row, asset_row, lead_of


class MemoryAssets:
    """Every asset of a registry in memory; `chain` is told of what is written."""

    def __init__(self, chain: Callable[..., None]) -> None:
        self._chain = chain
        self._assets: dict[str, AssetRecord] = {}
        self._frames: dict[Digest, Row] = {}
        self._withdrawn: dict[Digest, Row] = {}

    def __copy__(self) -> "MemoryAssets":
        other = MemoryAssets(self._chain)
        other._assets = dict(self._assets)
        other._frames = dict(self._frames)
        other._withdrawn = dict(self._withdrawn)
        return other

    def by_essence(self, essence: Digest) -> AssetRecord | None:
        """See `Registry.find_by_essence`."""
        row = self._frames.get(essence)
        if row is None:
            matches = (a for a in self._assets.values() if a.essence_digest == essence)
            return next(matches, None)
        reason = self._withdrawn.get(essence, {}).get("reason")
        asset = self._assets[row["asset_id"]]
        return as_frame(asset, row, withdrawn=reason)

    def by_essences(self, at_most: int) -> dict[Digest, AssetRecord] | None:
        """See `Registry.assets_by_essence`."""
        if len(self._assets) + len(self._frames) > at_most:
            return None
        own = {one.essence_digest: one for one in self._assets.values()}
        frames = {one: self.by_essence(one) for one in self._frames}
        return own | {one: found for one, found in frames.items() if found is not None}

    def by_id(self, asset_id: str) -> AssetRecord | None:
        """See `Registry.find_by_id`."""
        return self._assets.get(asset_id)

    def require(self, asset_id: str) -> AssetRecord:
        """Return the asset of this id; raises RegistryError if it is unknown."""
        known = self._assets.get(asset_id)
        if known is None:
            raise RegistryError(f"no asset {asset_id} is recorded")
        return known

    def all(self) -> tuple[AssetRecord, ...]:
        """See `Registry.assets`."""
        return tuple(sorted(self._assets.values(), key=lambda one: (one.recorded_at, one.asset_id)))

    def known(self, attested: Iterable[Digest]) -> KnownEssences:
        """See `Registry.known_essences`."""
        assets = ((one.essence_length, one.essence_lead) for one in self._assets.values())
        frames = ((row["essence_length"], lead_of(row)) for row in self._frames.values())
        return known_of(chain(assets, frames), attested)

    def frames_of(self, asset_id: str) -> tuple[Digest, ...]:
        """See `Registry.frames_of`."""
        return tuple(one for one, row in self._frames.items() if row["asset_id"] == asset_id)

    def store(self, record: AssetRecord) -> AssetRecord:
        """Store the asset unless its essence is known; return what is stored."""
        known = self.by_essence(record.essence_digest)
        if known is not None:
            return self._renewed(self._led(known, record))
        self._add(record)
        return record

    def store_frames(self, place: str, records: Sequence[AssetRecord]) -> tuple[AssetRecord, ...]:
        """Store frames under the asset of their sequence; return what is stored of each."""
        added: dict[str, list[Row]] = {}
        for record in records:
            known = self.by_essence(record.essence_digest)
            if known is not None:
                self._renewed(self._led(known, record))
            else:
                home = self._home(record, place)
                if home is None:
                    self._add(record)
                row = frame_row((home or record).asset_id, record, "" if home else place)
                self._frames[record.essence_digest] = row
                added.setdefault(row["asset_id"], []).append(row)
        for asset_id, rows in added.items():
            ordered = sorted(rows, key=lambda row: str(row["essence_digest"]))
            self._chain("record-frames", asset_id, {"frames": ordered})
        found = (self.by_essence(record.essence_digest) for record in records)
        return tuple(one for one in found if one is not None)

    def withdraw(self, asset_id: str, reason: str, frame: Digest | None) -> None:
        """See `Registry.withdraw_asset`."""
        asset = self.require(asset_id)
        frames = self.frames_of(asset_id)
        if frame is None or len(frames) <= 1:
            self._set_status(asset, AssetStatus.WITHDRAWN, reason)
            return
        known = self.by_essence(frame)
        if known is None or known.asset_id != asset_id:
            raise RegistryError(f"asset {asset_id} has no such frame")
        if known.status is AssetStatus.TEMPORARY:
            self._withdrawn[frame] = row = withdrawn_row(asset_id, frame, reason)
            self._chain("frame-withdrawn", frame, row, about=asset_id)
        gone = sum(row["asset_id"] == asset_id for row in self._withdrawn.values())
        if gone == len(frames):
            self._set_status(asset, AssetStatus.WITHDRAWN, reason)

    def _home(self, record: AssetRecord, place: str) -> AssetRecord | None:
        """Return the newest temporary asset of the place that was made like this, or None."""
        at = frame_row("", record, place)["place_digest"]
        there = {row["asset_id"] for row in self._frames.values() if row["place_digest"] == at}
        for asset in reversed(self._assets.values()):
            is_temporary = asset.status is AssetStatus.TEMPORARY
            if asset.asset_id in there and is_temporary and is_made_like(record, asset):
                return asset
        return None

    def _renewed(self, known: AssetRecord) -> AssetRecord:
        if known.status is AssetStatus.TEMPORARY:
            return known
        if self._withdrawn.pop(known.essence_digest, None) is not None:
            self._chain("frame-temporary", known.essence_digest, {}, about=known.asset_id)
        asset = self._assets[known.asset_id]
        if asset.status is not AssetStatus.TEMPORARY:
            asset = self._set_status(asset, AssetStatus.TEMPORARY, "")
        return as_frame(asset, frame_row(asset.asset_id, known))

    def _led(self, known: AssetRecord, record: AssetRecord) -> AssetRecord:
        """Fill in the lead of an asset that was recorded without; not of a frame."""
        if known.essence_lead or not record.essence_lead or known.essence_digest in self._frames:
            return known
        return self._rewrite(replace(known, essence_lead=record.essence_lead), "asset-lead")

    def _add(self, record: AssetRecord) -> None:
        if record.asset_id in self._assets:
            raise RegistryError(f"asset id {record.asset_id} belongs to another essence")
        self._assets[record.asset_id] = record
        self._chain("record-asset", record.asset_id, asset_row(record))

    def _set_status(self, asset: AssetRecord, status: AssetStatus, reason: str) -> AssetRecord:
        changed = replace(asset, status=status, withdrawn_reason=reason)
        return self._rewrite(changed, f"asset-{status}")

    def _rewrite(self, changed: AssetRecord, action: str) -> AssetRecord:
        # Removed first, so that dictionary order is the order of the last writes.
        del self._assets[changed.asset_id]
        self._assets[changed.asset_id] = changed
        self._chain(action, changed.asset_id, asset_row(changed))
        return changed
