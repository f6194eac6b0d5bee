"""The gate without a production: approvals from exported files, trust from a signed list."""

from functools import cached_property
from pathlib import Path

from provenance.attestation.trust import TrustList
from provenance.attestation.trust_file import load_trust, require_current
from provenance.config import CONFIG_NAME, Config
from provenance.errors import ConfigError
from provenance.listing import require_listed
from provenance.path_text import shown
from provenance.registry.interface import BlobStore, Registry
from provenance.registry.memory import MemoryRegistry
from provenance.registry.memory_store import MemoryBlobStore
from provenance.scanning import Scanner
from provenance.wiring import Production

NOT_KNOWN_HERE = (
    "Decided by these files alone: what only the studio's registry knows, such as AI content"
    " whose tag was stripped, is not known here."
)
"""What everybody has to be told who decides so."""


class OfflineProduction(Production):
    """A production that keeps nothing: its registry is what a folder of exported approvals holds.

    It has no settings, no keys and no signing chain: a tag of ours reads as anybody's.
    """

    def __init__(self, approvals: Path, trust: Path, *, pixels: bool = False) -> None:
        super().__init__(
            Config(path=approvals.absolute() / CONFIG_NAME, name="", registry="memory:", zones=()),
            pixels=pixels,
        )
        self._approvals = approvals
        self._trust_path = trust

    @cached_property
    def root_pem(self) -> str:
        """Empty: there is no chain here whose tags could count as ours."""
        return ""

    @cached_property
    def registry(self) -> Registry:
        """Empty until approvals are taken over."""
        return MemoryRegistry()

    @cached_property
    def blobs(self) -> BlobStore:
        """The evidence that came with the approvals."""
        return MemoryBlobStore()

    @cached_property
    def trust(self) -> TrustList:
        """The given list; raises ConfigError if it is unsigned, wrong or expired."""
        trust = load_trust(self._trust_path)
        if trust.serial == 0:
            raise ConfigError(
                f"{shown(self._trust_path)}: is not signed, so anybody may have made it"
            )
        require_current(trust, self.clock())
        return trust

    @cached_property
    def scanner(self) -> Scanner:
        """The gate, once the approvals are taken over."""
        self.exchange.import_from(self._approvals, keeps_unknown=True)
        require_listed(self._approvals, self.trust)
        return super().scanner
