"""Sign a file beside it, where it cannot hold a manifest itself."""

import tempfile
from pathlib import Path

from provenance.carriers.c2pa import sign_detached
from provenance.carriers.sidecar import write_c2pa_sidecar
from provenance.carriers.signing_chain import SigningChain
from provenance.errors import CarrierError, IsolationError, TaggingError
from provenance.faults import faultpoint
from provenance.isolation.interface import TaskRunner
from provenance.media.replacing import require_unchanged
from provenance.media.source import FileSource
from provenance.model.tag import ProvenanceTag
from provenance.writing import AnnouncedWrite


class SignerBeside:
    """Writes detached manifests."""

    def __init__(self, runner: TaskRunner, chain: SigningChain) -> None:
        self._runner = runner
        self._chain = chain

    def sign(
        self, path: Path, tag: ProvenanceTag, write: AnnouncedWrite
    ) -> tuple[str, tuple[str, ...]]:
        """Sign the bytes as they are now beside a file that cannot hold a manifest.

        Returns what to add to the outcome, and what failed.
        """
        try:
            faultpoint("tagging.before-scratch")
            with FileSource(path) as tagged, tempfile.TemporaryFile() as scratch:
                store = sign_detached(
                    self._runner, self._chain, tag, source=tagged, scratch=scratch.fileno()
                )
                with write.publishing(is_last=True):
                    require_unchanged(tagged)
                    write_c2pa_sidecar(path, store)
        except (CarrierError, TaggingError, IsolationError, OSError) as error:
            return "", (f"c2pa sidecar: {error}",)
        return ", c2pa beside it", ()
