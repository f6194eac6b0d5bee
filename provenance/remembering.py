"""Remember in the registry what a file declares, so that a copy that lost it is still known."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from provenance import __version__
from provenance.media.frames import frame_of
from provenance.model.digest import Digest
from provenance.model.signal import Generator
from provenance.model.source_type import (
    GENERATIVE_TERMS,
    DigitalSourceType,
    parse_source_type,
)
from provenance.model.tag import DeclaredBy, ProvenanceTag
from provenance.registry.interface import Registry
from provenance.registry.lease import Lease
from provenance.registry.records import AssetRecord, AssetStatus, Sighting
from provenance.seen import Seen
from provenance.writing import absolute

_TOOL = f"provenance/{__version__}"


class Rememberer:
    """Keeps what files declare, by their content."""

    def __init__(self, registry: Registry, clock: Callable[[], datetime]) -> None:
        self._registry = registry
        self._clock = clock

    def declaration(
        self,
        examined: Seen,
        declared_by: DeclaredBy,
        *,
        reasons: Sequence[str] = (),
        source_type: DigitalSourceType | None = None,
        generator: Generator | None = None,
    ) -> ProvenanceTag:
        """Return the tag a file should bear; what is not given is what the file says of itself.

        A known essence keeps its asset id.
        """
        known = self._registry.find_by_essence(examined.identity.essence_digest)
        return ProvenanceTag(
            asset_id=known.asset_id if known else f"urn:uuid:{uuid.uuid4()}",
            source_type=source_type or _declared_source_type(examined),
            declared_by=declared_by,
            reasons=tuple(reasons) or tuple(dict.fromkeys(s.rule for s in examined.signals)),
            essence_digest=examined.identity.essence_digest,
            tagged_at=self._clock().replace(microsecond=0),
            tool=_TOOL,
            generator=generator or _declared_generator(examined),
        )

    def remember(
        self, examined: Seen, tag: ProvenanceTag, *, lease: Lease | None = None
    ) -> AssetRecord:
        """Store asset and sighting of a file under its own essence; return what is stored.

        A file that is named as a frame joins the asset of its sequence, if there is one.
        """
        record = self.record_of(examined, tag)
        sighting = self._sighting(examined, tag)
        frame = frame_of(Path(absolute(examined.path)))
        is_frame = frame is not None and frame.is_telling
        known = None if sighting else self._known(record.essence_digest)
        # What was recorded before there were leads gets its own; frames never do (`record_frames`).
        if known is not None and (known.essence_lead or is_frame):
            return known
        if frame is None or not is_frame:
            return self._registry.record_asset(record, sighting, lease=lease)
        sightings = () if sighting is None else (sighting,)
        return self._registry.record_frames(frame.place, (record,), sightings, lease=lease)[0]

    def record_of(self, examined: Seen, tag: ProvenanceTag) -> AssetRecord:
        """Return what is to be stored of a file that bears, or is to bear, this tag."""
        identity = examined.identity
        return AssetRecord(
            asset_id=tag.asset_id,
            essence_digest=identity.essence_digest,
            essence_length=identity.essence_length,
            essence_lead=identity.essence_lead,
            media_type=examined.media_type,
            source_type=tag.source_type,
            declared_by=tag.declared_by,
            reasons=tag.reasons,
            recorded_at=self._clock(),
            generator=tag.generator,
        )

    def _sighting(self, examined: Seen, tag: ProvenanceTag) -> Sighting | None:
        """Return where the file was seen, unless that is known: it may lead back by its undo."""
        path, digest = absolute(examined.path), examined.identity.file_digest
        earlier = self._registry.find_sighting(path)
        if earlier is not None and earlier.file_digest == digest:
            return None
        return Sighting(
            asset_id=tag.asset_id,
            path=path,
            file_digest=digest,
            carriers=examined.carriers,
            seen_at=self._clock(),
        )

    def is_its_own(self, examined: Seen, tag: ProvenanceTag) -> bool:
        """Return whether the tag was written for this essence, under an id no other asset has."""
        essence = examined.identity.essence_digest
        if tag.essence_digest != essence:
            return False
        if self._registry.find_by_id(tag.asset_id) is None:
            return True
        known = self._registry.find_by_essence(essence)
        return known is not None and known.asset_id == tag.asset_id

    def _known(self, essence: Digest) -> AssetRecord | None:
        """Return an asset of which there is nothing to write: writers wait for each other."""
        known = self._registry.find_by_essence(essence)
        return known if known and known.status is AssetStatus.TEMPORARY else None

    def remember_declared(self, examined: Seen) -> AssetRecord:
        """Remember a file by its own tag, or else by what it declares of itself.

        The id of a tag counts only for the essence it was written for, and while nobody has it.
        """
        tag = examined.tag
        if tag is None:
            return self.remember(examined, self.declaration(examined, DeclaredBy.SIGNAL))
        if not self.is_its_own(examined, tag):
            tag = self.declaration(
                examined,
                tag.declared_by,
                reasons=tag.reasons,
                source_type=tag.source_type,
                generator=tag.generator,
            )
        return self.remember(examined, tag)

    def remember_stated(self, examined: Seen, reason: str) -> AssetRecord:
        """Remember a file that a person calls AI media; what it says of itself comes first."""
        if examined.tag is not None or examined.declares_ai:
            return self.remember_declared(examined)
        return self.remember(
            examined, self.declaration(examined, DeclaredBy.PERSON, reasons=(reason,))
        )


def _declared_source_type(examined: Seen) -> DigitalSourceType:
    for signal in examined.signals:
        term = parse_source_type(signal.value)
        if term in GENERATIVE_TERMS and term is not None:
            return term
    return DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA


def _declared_generator(examined: Seen) -> Generator | None:
    found = (signal.generator for signal in examined.signals if signal.generator)
    return next(found, None)
