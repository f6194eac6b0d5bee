"""Remember in the registry what a file declares, so that a copy that lost it is still known."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from provenance import __version__
from provenance.examining import Examined
from provenance.model.digest import Digest
from provenance.model.signal import Generator
from provenance.model.source_type import (
    GENERATIVE_TERMS,
    DigitalSourceType,
    parse_source_type,
)
from provenance.model.tag import DeclaredBy, ProvenanceTag
from provenance.registry.interface import AssetRecord, AssetStatus, Registry, Sighting
from provenance.registry.lease import Lease
from provenance.writing import absolute

_TOOL = f"provenance/{__version__}"


class Rememberer:
    """Keeps what files declare, by their content."""

    def __init__(self, registry: Registry, clock: Callable[[], datetime]) -> None:
        self._registry = registry
        self._clock = clock

    def declaration(
        self,
        examined: Examined,
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
        self, examined: Examined, tag: ProvenanceTag, *, lease: Lease | None = None
    ) -> AssetRecord:
        """Store asset and sighting of a file under its own essence; return what is stored."""
        identity = examined.identity
        record = AssetRecord(
            asset_id=tag.asset_id,
            essence_digest=identity.essence_digest,
            essence_length=identity.essence_length,
            media_type=examined.fmt.media_type if examined.fmt else "application/octet-stream",
            source_type=tag.source_type,
            declared_by=tag.declared_by,
            reasons=tag.reasons,
            recorded_at=self._clock(),
            generator=tag.generator,
        )
        earlier = self._registry.find_sighting(absolute(examined.path))
        if earlier is not None and earlier.file_digest == identity.file_digest:
            # What is there may lead back by its undo.
            return self._known(identity.essence_digest) or self._registry.record_asset(
                record, lease=lease
            )
        sighting = Sighting(
            asset_id=tag.asset_id,
            path=absolute(examined.path),
            file_digest=identity.file_digest,
            carriers=examined.carriers,
            seen_at=self._clock(),
        )
        return self._registry.record_asset(record, sighting, lease=lease)

    def _known(self, essence: Digest) -> AssetRecord | None:
        """Return an asset of which there is nothing to write: writers wait for each other."""
        known = self._registry.find_by_essence(essence)
        return known if known and known.status is AssetStatus.TEMPORARY else None

    def remember_declared(self, examined: Examined) -> AssetRecord:
        """Remember a file by its own tag, or else by what it declares of itself.

        The id of a tag counts only for the essence it was written for, and while nobody has it.
        """
        tag = examined.tag
        if tag is None:
            return self.remember(examined, self.declaration(examined, DeclaredBy.SIGNAL))
        is_copy = tag.essence_digest != examined.identity.essence_digest
        if is_copy or self._registry.find_by_id(tag.asset_id) is not None:
            tag = self.declaration(
                examined,
                tag.declared_by,
                reasons=tag.reasons,
                source_type=tag.source_type,
                generator=tag.generator,
            )
        return self.remember(examined, tag)

    def remember_stated(self, examined: Examined, reason: str) -> AssetRecord:
        """Remember a file that a person calls AI media; what it says of itself comes first."""
        if examined.tag is not None or examined.declares_ai:
            return self.remember_declared(examined)
        return self.remember(
            examined, self.declaration(examined, DeclaredBy.PERSON, reasons=(reason,))
        )


def _declared_source_type(examined: Examined) -> DigitalSourceType:
    for signal in examined.signals:
        term = parse_source_type(signal.value)
        if term in GENERATIVE_TERMS and term is not None:
            return term
    return DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA


def _declared_generator(examined: Examined) -> Generator | None:
    found = (signal.generator for signal in examined.signals if signal.generator)
    return next(found, None)
