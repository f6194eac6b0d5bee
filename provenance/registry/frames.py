"""Frames of image sequences, which share an asset: how they are recorded, whatever keeps them."""

from dataclasses import replace

from sqlalchemy import RowMapping

from provenance.model.digest import Digest, parse_digest
from provenance.registry.records import AssetRecord, AssetStatus
from provenance.registry.rows import Row, lead_of, lead_row, path_digest


def as_frame(
    asset: AssetRecord, row: RowMapping | Row, *, withdrawn: str | None = None
) -> AssetRecord:
    """Return an asset as the frame of this row has it; `withdrawn` says why that frame was."""
    record = replace(
        asset,
        essence_digest=parse_digest(row["essence_digest"]),
        essence_length=row["essence_length"],
        essence_lead=lead_of(row),
    )
    if withdrawn is None or asset.status is AssetStatus.WITHDRAWN:
        return record
    return replace(record, status=AssetStatus.WITHDRAWN, withdrawn_reason=withdrawn)


def is_made_like(record: AssetRecord, other: AssetRecord) -> bool:
    """Return whether two frames were made in one way, as those of one sequence are."""
    return _making(record) == _making(other)


def _making(record: AssetRecord) -> tuple[object, ...]:
    return (record.media_type, record.source_type, record.declared_by, record.generator)


def frame_row(asset_id: str, record: AssetRecord, place: str = "") -> Row:
    """Return the row of a frame of an asset; with its place if it founds the asset."""
    return {
        "essence_digest": record.essence_digest,
        "asset_id": asset_id,
        "essence_length": record.essence_length,
        **lead_row(record),
        "place_digest": path_digest(place) if place else None,
    }


def withdrawn_row(asset_id: str, essence: Digest, reason: str) -> Row:
    """Return the row that says why one frame of an asset was withdrawn."""
    return {"essence_digest": essence, "asset_id": asset_id, "reason": reason}
