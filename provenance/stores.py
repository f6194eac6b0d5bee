"""What a production keeps: registry, trust, keys, blobs and log, each opened when asked for."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path

from provenance.attestation.founding import APPROVER_KEY, GATE_KEY, ROOT_KEY
from provenance.attestation.signers import load_signer
from provenance.attestation.trust import TrustList
from provenance.clock import utc_now
from provenance.config import KEYS_FOLDER, Config
from provenance.errors import ConfigError
from provenance.leasing import LeaseKeeper
from provenance.logbook import Logbook, SteadyClock
from provenance.registry.backends import open_registry
from provenance.registry.interface import BlobStore, Registry
from provenance.registry.store import DirectoryBlobStore
from provenance.rooting import Roots
from provenance.tools import Tools
from provenance.trusting import TrustKeeper
from provenance.verifying import Verifier

TRUST_FILE = "trust.toml"
CHECKPOINT_FILE = "registry.checkpoint.json"
EVIDENCE_FOLDER = "evidence"


class Stores(Tools):
    """What one production keeps, and who may look after it."""

    def __init__(
        self,
        config: Config,
        clock: Callable[[], datetime] = utc_now,
        *,
        pixels: bool = False,
    ) -> None:
        super().__init__(config, pixels=pixels)
        self.config = config
        self.clock = clock

    @cached_property
    def registry(self) -> Registry:
        """The registry."""
        opened = open_registry(self.config.registry, self.config.data / CHECKPOINT_FILE)
        self._open.callback(opened.close)
        return opened

    @cached_property
    def leases(self) -> LeaseKeeper:
        """Takes leases on files in the name of this process."""
        return LeaseKeeper(
            self.registry,
            zones=[zone.path for zone in self.config.zones],
            seconds=self.config.lease_seconds,
        )

    @cached_property
    def blobs(self) -> BlobStore:
        """Evidence documents and undo records."""
        return DirectoryBlobStore(self.config.data / EVIDENCE_FOLDER)

    @property
    def trust(self) -> TrustList:
        """Whose approvals count."""
        return self.trust_keeper.load()

    @cached_property
    def trust_keeper(self) -> TrustKeeper:
        """Keeps the trust list."""
        return TrustKeeper(self.config.data / TRUST_FILE, self.registry, self.clock)

    @property
    def approver_key(self) -> Path:
        """The approver's key made at `init`."""
        return self.config.data / KEYS_FOLDER / APPROVER_KEY

    @property
    def root_key(self) -> Path:
        """The key made at `init` that signs the trust list, unless it was moved to a safe."""
        return self.config.data / KEYS_FOLDER / ROOT_KEY

    @property
    def gate_key(self) -> Path:
        """The gate's key made at `init`; before trust lists were signed it was the approver's."""
        own = self.config.data / KEYS_FOLDER / GATE_KEY
        return own if self.trust.serial else self.approver_key

    @cached_property
    def logbook(self) -> Logbook:
        """Writes down what happens."""
        return Logbook(self.registry, self.steady_clock)

    @cached_property
    def steady_clock(self) -> SteadyClock:
        """The clock by which things expire and the log is kept."""
        return SteadyClock(self.clock, self.registry)

    def sign_log(self) -> None:
        """Sign the log as it is, if the production's key is there and asks for no passphrase."""
        try:
            signer = load_signer(self.gate_key)
        except ConfigError:
            return  # `status` says so; the next command that has the key signs these entries too
        self.logbook.sign(signer)

    @cached_property
    def roots(self) -> Roots:
        """The folders of the zones, and whether each is still itself."""
        zones = (zone.path for zone in self.config.zones)
        return Roots(zones, home=self.config.root, data=self.config.data)

    @cached_property
    def verifier(self) -> Verifier:
        """Verifies what the registry holds of attestations."""
        _ = self.trust  # nothing begins by a list that may not be used
        return Verifier(
            registry=self.registry,
            blobs=self.blobs,
            trust=lambda: self.trust,
            clock=self.steady_clock,
            true_clock=self.clock,
        )
