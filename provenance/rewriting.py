"""Tag a file by writing it anew: a tagged copy beside it takes its place."""

from collections.abc import Callable
from datetime import datetime

from provenance.composing import Composer, Written
from provenance.examining import Examined
from provenance.faults import faultpoint
from provenance.media.undo import undo_record
from provenance.model.digest import Digest
from provenance.model.tag import ProvenanceTag
from provenance.registry.interface import BlobStore
from provenance.registry.records import Sighting
from provenance.writing import AnnouncedWrite, absolute


class Rewriter:
    """Puts tagged copies in the place of files."""

    def __init__(self, composer: Composer, blobs: BlobStore, clock: Callable[[], datetime]) -> None:
        self._composer = composer
        self._blobs = blobs
        self._clock = clock

    def write(self, examined: Examined, tag: ProvenanceTag, write: AnnouncedWrite) -> Written:
        """Tag a file in every carrier it can bear.

        Raises CarrierError if none worked, or if a credential of somebody else would be lost.
        Whatever is raised, the file is as it was.
        """
        failures = self._composer.compose(examined, write.staging, tag)
        faultpoint("tagging.after-compose")
        after, carriers = self._composer.read_back(examined, write.staging, tag)
        sighting = Sighting(
            asset_id=tag.asset_id,
            path=absolute(examined.path),
            file_digest=after,
            carriers=carriers,
            seen_at=self._clock(),
            undo=self._keep_undo(examined),
        )
        faultpoint("tagging.before-commit")
        write.staging.commit(write.publishing(sighting, is_last="c2pa" in carriers))
        faultpoint("tagging.after-commit")
        return Written(sighting, failures)

    def _keep_undo(self, examined: Examined) -> Digest | None:
        if examined.fmt is None:
            return None
        essence = examined.fmt.exact_essence(examined.source, examined.reading.contents)
        record = undo_record(examined.source, essence, examined.identity.file_digest)
        return self._blobs.put(record.to_bytes()) if record else None
