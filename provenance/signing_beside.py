"""Sign a file beside it, where it cannot hold a manifest itself."""

import tempfile
from contextlib import suppress
from pathlib import Path

from provenance.carriers.c2pa import DETACHED_TYPE, sign_bound, sign_detached
from provenance.carriers.sidecar import write_c2pa_sidecar
from provenance.carriers.signing_chain import SigningChain
from provenance.errors import CarrierError, IsolationError, TaggingError
from provenance.faults import faultpoint
from provenance.isolation.interface import TaskRunner
from provenance.media.c2pa_binding import data_hash
from provenance.media.replacing import require_unchanged
from provenance.media.source import FileSource
from provenance.model.digest import Digest, hex_of
from provenance.model.tag import ProvenanceTag
from provenance.writing import AnnouncedWrite


class SignerBeside:
    """Writes detached manifests."""

    def __init__(self, runner: TaskRunner, chain: SigningChain) -> None:
        self._runner = runner
        self._chain = chain

    def sign(
        self, path: Path, tag: ProvenanceTag, write: AnnouncedWrite, digest: Digest
    ) -> tuple[str, tuple[str, ...]]:
        """Sign the bytes that have this digest beside a file that cannot hold a manifest.

        Returns what to add to the outcome, and what failed.
        """
        try:
            faultpoint("tagging.before-scratch")
            with FileSource(path) as tagged:
                store = self._store(tagged, tag, digest)
                with write.publishing(is_last=True):
                    require_unchanged(tagged)
                    write_c2pa_sidecar(path, store)
        except (CarrierError, TaggingError, IsolationError, OSError) as error:
            return "", (f"c2pa sidecar: {error}",)
        return ", c2pa beside it", ()

    def _store(self, tagged: FileSource, tag: ProvenanceTag, digest: Digest) -> bytes:
        """Return the store, by the digest that is known already where the library takes that."""
        with suppress(CarrierError):
            return sign_bound(
                self._runner,
                self._chain,
                tag,
                media_type=DETACHED_TYPE,
                assertion=data_hash(bytes.fromhex(hex_of(digest))),
            )
        with tempfile.TemporaryFile() as scratch:
            return sign_detached(
                self._runner, self._chain, tag, source=tagged, scratch=scratch.fileno()
            )
