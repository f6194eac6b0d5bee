"""Looking assets and their frames up and storing them, within a transaction of a SQL registry."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    RowMapping,
    Select,
    bindparam,
    delete,
    func,
    insert,
    null,
    select,
    union_all,
    update,
)

from provenance.errors import RegistryError
from provenance.model.digest import Digest, parse_digest
from provenance.model.known_essences import MOST_ATTESTED, KnownEssences, known_of
from provenance.registry.frames import as_frame, frame_row, is_made_like, withdrawn_row
from provenance.registry.records import AssetRecord, AssetStatus
from provenance.registry.rows import Row, asset_of, asset_row, path_digest
from provenance.registry.tables import (
    ASSET_ESSENCES,
    ASSETS,
    ATTESTATION_SUBJECTS,
    WITHDRAWN_FRAMES,
)
from provenance.registry.transactions import WriteTransaction

_OF_FRAME = ("essence_digest", "essence_length", "essence_lead")


def _assets() -> tuple[Select[tuple[Any, ...]], Select[tuple[Any, ...]]]:
    """Return the queries for all assets, each as it is and as those that have frames."""
    frame = ASSET_ESSENCES.c
    own = {f"frame_{name}": frame[name] for name in _OF_FRAME}
    own |= {"frame_of": frame.asset_id, "reason": WITHDRAWN_FRAMES.c.reason}
    as_it_is = select(ASSETS, *(null().label(name) for name in own))
    as_a_frame = (
        select(ASSETS, *(column.label(name) for name, column in own.items()))
        .select_from(ASSET_ESSENCES)
        .outerjoin(ASSETS, ASSETS.c.asset_id == frame.asset_id)
        .outerjoin(WITHDRAWN_FRAMES, WITHDRAWN_FRAMES.c.essence_digest == frame.essence_digest)
    )
    return as_it_is, as_a_frame


def _of_essence() -> CompoundSelect[tuple[Any, ...]]:
    """Return the query for the asset of an essence, itself and as one that has it for a frame."""
    asked: BindParameter[str] = bindparam("essence")
    as_it_is, as_a_frame = _assets()
    return union_all(
        as_it_is.where(ASSETS.c.essence_digest == asked),
        as_a_frame.where(ASSET_ESSENCES.c.essence_digest == asked),
    )


_OF_ESSENCE = _of_essence()
"""Made once: asked for each file that says something, and making it takes longer than asking."""


def asset_of_id(connection: Connection, asset_id: str) -> AssetRecord | None:
    """See `Registry.find_by_id`."""
    query = select(ASSETS).where(ASSETS.c.asset_id == asset_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else asset_of(row)


def all_assets(connection: Connection) -> tuple[AssetRecord, ...]:
    """See `Registry.assets`."""
    query = select(ASSETS).order_by(ASSETS.c.recorded_at, ASSETS.c.asset_id)
    return tuple(asset_of(row) for row in connection.execute(query).mappings())


def count_temporary(connection: Connection) -> int:
    """See `Registry.count_assets`."""
    query = select(func.count()).where(ASSETS.c.status == AssetStatus.TEMPORARY.value)
    return connection.execute(query).scalar_one()


def require_asset(connection: Connection, asset_id: str) -> AssetRecord:
    """Return the asset of this id; raises RegistryError if it is unknown."""
    record = asset_of_id(connection, asset_id)
    if record is None:
        raise RegistryError(f"no asset {asset_id} is recorded")
    return record


def asset_of_essence(connection: Connection, essence: Digest) -> AssetRecord | None:
    """Return the asset of this essence, of a frame as that frame has it, or None."""
    rows = connection.execute(_OF_ESSENCE, {"essence": essence}).mappings().all()
    return max(map(_found, rows), key=itemgetter(0), default=(False, None))[1]


def assets_by_essence(connection: Connection, at_most: int) -> dict[Digest, AssetRecord] | None:
    """See `Registry.assets_by_essence`."""
    numbers = (select(func.count()).select_from(it) for it in (ASSETS, ASSET_ESSENCES))
    if sum(connection.execute(number).scalar_one() for number in numbers) > at_most:
        return None
    rows = connection.execute(union_all(*_assets())).mappings()
    # Sorted, what an essence is as a frame comes last and counts.
    found = sorted(map(_found, rows), key=itemgetter(0))
    return {record.essence_digest: record for _, record in found}


def _found(row: RowMapping) -> tuple[bool, AssetRecord]:
    """Return whether a row is that of a frame, and its asset as that frame has it."""
    if row["frame_of"] is None:
        return False, asset_of(row)
    if row["asset_id"] is None:
        raise RegistryError(f"no asset {row['frame_of']} is recorded")
    own = {name: row[f"frame_{name}"] for name in _OF_FRAME}
    return True, as_frame(asset_of(row), own, withdrawn=row["reason"])


def known_essences(connection: Connection) -> KnownEssences:
    """See `Registry.known_essences`."""
    query = union_all(
        *(select(it.c.essence_length, it.c.essence_lead) for it in (ASSETS, ASSET_ESSENCES))
    )
    named = select(ATTESTATION_SUBJECTS.c.essence_digest).distinct().limit(MOST_ATTESTED + 1)
    attested = connection.execute(named).scalars()
    return known_of(connection.execute(query), map(parse_digest, attested.all()))


def frames_of(connection: Connection, asset_id: str) -> tuple[Digest, ...]:
    """Return the essences of an asset's frames, oldest first; empty if it is no sequence."""
    query = (
        select(ASSET_ESSENCES.c.essence_digest)
        .where(ASSET_ESSENCES.c.asset_id == asset_id)
        .order_by(ASSET_ESSENCES.c.sequence, ASSET_ESSENCES.c.essence_digest)
    )
    return tuple(map(parse_digest, connection.execute(query).scalars()))


def store_asset(transaction: WriteTransaction, record: AssetRecord) -> AssetRecord:
    """Store the asset unless its essence is known; return what is stored."""
    known = asset_of_essence(transaction.connection, record.essence_digest)
    if known is not None:
        return _renewed(transaction, _led(transaction, known, record))
    _add(transaction, record)
    return record


def store_frames(
    transaction: WriteTransaction, place: str, records: Sequence[AssetRecord]
) -> tuple[AssetRecord, ...]:
    """Store frames under the asset of their sequence; return what is stored of each."""
    stored: dict[Digest, AssetRecord] = {}
    rows: dict[str, list[Row]] = {}
    homes = _temporary_at(transaction.connection, place)
    for record in records:
        essence = record.essence_digest
        known = stored.get(essence) or asset_of_essence(transaction.connection, essence)
        if known is not None:
            stored[essence] = _renewed(transaction, _led(transaction, known, record))
            continue
        home = next((one for one in homes if is_made_like(record, one)), None)
        row = frame_row((home or record).asset_id, record, "" if home else place)
        if home is None:
            _add(transaction, record)
            homes.append(home := record)
        stored[essence] = as_frame(home, row)
        rows.setdefault(home.asset_id, []).append(row)
    for asset_id, added in rows.items():
        _add_frames(transaction, asset_id, added)
    return tuple(stored[record.essence_digest] for record in records)


def withdraw(
    transaction: WriteTransaction, asset_id: str, reason: str, frame: Digest | None
) -> None:
    """Withdraw an asset; with one frame of several, only that."""
    connection = transaction.connection
    asset = require_asset(connection, asset_id)
    frames = frames_of(connection, asset_id)
    if frame is None or len(frames) <= 1:
        set_status(transaction, asset, AssetStatus.WITHDRAWN, reason=reason)
        return
    known = asset_of_essence(connection, frame)
    if known is None or known.asset_id != asset_id:
        raise RegistryError(f"asset {asset_id} has no such frame")
    if known.status is AssetStatus.TEMPORARY:
        row = withdrawn_row(asset_id, frame, reason)
        action = "frame-withdrawn"
        transaction.insert(WITHDRAWN_FRAMES, row, record_id=frame, action=action, about=asset_id)
    query = select(func.count()).where(WITHDRAWN_FRAMES.c.asset_id == asset_id)
    if connection.execute(query).scalar_one() == len(frames):
        set_status(transaction, asset, AssetStatus.WITHDRAWN, reason=reason)


def set_status(
    transaction: WriteTransaction, known: AssetRecord, status: AssetStatus, *, reason: str
) -> AssetRecord:
    """Give a known asset another status."""
    record = replace(known, status=status, withdrawn_reason=reason)
    return _rewrite(transaction, record, f"asset-{status}")


def _led(transaction: WriteTransaction, known: AssetRecord, record: AssetRecord) -> AssetRecord:
    """Fill in the lead of an asset that was recorded without; not of a frame."""
    if known.essence_lead or not record.essence_lead:
        return known
    frame = select(ASSET_ESSENCES.c.asset_id).where(
        ASSET_ESSENCES.c.essence_digest == known.essence_digest
    )
    if transaction.connection.execute(frame).first() is not None:
        return known
    led = replace(known, essence_lead=record.essence_lead)
    return _rewrite(transaction, led, "asset-lead")


def _rewrite(transaction: WriteTransaction, record: AssetRecord, action: str) -> AssetRecord:
    """Store an asset in place of what was stored under its id."""
    row = asset_row(record)
    transaction.connection.execute(
        update(ASSETS)
        .where(ASSETS.c.asset_id == record.asset_id)
        .values(**row, sequence=transaction.head.sequence + 1)
    )
    transaction.chain(action, record.asset_id, row)
    return record


def _renewed(transaction: WriteTransaction, known: AssetRecord) -> AssetRecord:
    """Make what was withdrawn temporary again: the frame if it was one, and its asset."""
    if known.status is AssetStatus.TEMPORARY:
        return known
    essence = known.essence_digest
    frame = delete(WITHDRAWN_FRAMES).where(WITHDRAWN_FRAMES.c.essence_digest == essence)
    if transaction.connection.execute(frame).rowcount:
        transaction.chain("frame-temporary", essence, {}, about=known.asset_id)
    asset = require_asset(transaction.connection, known.asset_id)
    if asset.status is not AssetStatus.TEMPORARY:
        asset = set_status(transaction, asset, AssetStatus.TEMPORARY, reason="")
    return as_frame(asset, frame_row(asset.asset_id, known))


def _add(transaction: WriteTransaction, record: AssetRecord) -> None:
    if asset_of_id(transaction.connection, record.asset_id) is not None:
        raise RegistryError(f"asset id {record.asset_id} belongs to another essence")
    transaction.insert(ASSETS, asset_row(record), record_id=record.asset_id, action="record-asset")


def _add_frames(transaction: WriteTransaction, asset_id: str, rows: Sequence[Row]) -> None:
    """Store frames as one entry of the journal."""
    ordered = sorted(rows, key=lambda row: str(row["essence_digest"]))
    sequence = transaction.head.sequence + 1
    numbered = [{"essence_lead": None, **row, "sequence": sequence} for row in ordered]
    transaction.connection.execute(insert(ASSET_ESSENCES), numbered)
    transaction.chain("record-frames", asset_id, {"frames": ordered})


def _temporary_at(connection: Connection, place: str) -> list[AssetRecord]:
    """Return the temporary assets of a sequence's place, newest first."""
    there = select(ASSET_ESSENCES.c.asset_id).where(
        ASSET_ESSENCES.c.place_digest == path_digest(place)
    )
    query = (
        select(ASSETS)
        .where(ASSETS.c.asset_id.in_(there), ASSETS.c.status == AssetStatus.TEMPORARY.value)
        .order_by(ASSETS.c.sequence.desc())
    )
    return [asset_of(row) for row in connection.execute(query).mappings()]
