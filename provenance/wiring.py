"""Build the objects of one run from the configuration: the only place that does."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from provenance.approving import Approver
from provenance.attestation.founding import APPROVER_KEY, GATE_KEY, ROOT_KEY
from provenance.attestation.signers import load_signer
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_file import load_signed_trust
from provenance.carriers.order import carriers_in_order
from provenance.carriers.signing_chain import load_chain
from provenance.choosing import choose_pack, zone_terms
from provenance.config import KEYS_FOLDER, Config, Role
from provenance.declaring import Declarer
from provenance.delivering import Deliverer
from provenance.disclosing import Discloser
from provenance.errors import ConfigError, IsolationError, MediaError
from provenance.evidencing import EvidenceKeeper
from provenance.examining import Examined
from provenance.exchanging import Exchange
from provenance.gathering import Gatherer
from provenance.logbook import Logbook, SteadyClock
from provenance.media.technical import duration_seconds, technical_data
from provenance.model.purpose import NOTHING_SAID, Purpose
from provenance.overriding import Overrider
from provenance.receipting import Receipter
from provenance.registry.backends import open_registry
from provenance.registry.interface import BlobStore, Registry
from provenance.registry.store import DirectoryBlobStore
from provenance.remembering import Rememberer
from provenance.requesting import Requester
from provenance.scanning import Scanner, ScanOptions
from provenance.tagging import Tagger
from provenance.tools import Tools
from provenance.trusting import TrustKeeper
from provenance.untagging import Untagger
from provenance.verifying import Verifier

TRUST_FILE = "trust.toml"
CHECKPOINT_FILE = "registry.checkpoint.json"
EVIDENCE_FOLDER = "evidence"


def utc_now() -> datetime:
    """Return the time of the machine's clock, aware UTC."""
    return datetime.now(UTC)


class Production(Tools):
    """One production: everything built from its configuration, each thing when first asked for."""

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
    def gatherer(self) -> Gatherer:
        """Gathers the facts policy decides on."""
        return Gatherer(
            examiner=self.examiner,
            registry=self.registry,
            verifier=self.verifier,
            seconds_of=self._seconds_of,
        )

    @cached_property
    def verifier(self) -> Verifier:
        """Verifies what the registry holds of attestations."""
        _ = self.trust  # nothing begins by a list that may not be used
        return Verifier(
            registry=self.registry,
            blobs=self.blobs,
            trust=lambda: self.trust,
            clock=self.steady_clock,
        )

    def _seconds_of(self, examined: Examined) -> float | None:
        try:
            facts = technical_data(self.technical_runner, examined.source.descriptor)
        except (IsolationError, MediaError):
            return None
        return duration_seconds(facts)

    @cached_property
    def tagger(self) -> Tagger:
        """Writes tags."""
        chain = load_chain(self.config.data / KEYS_FOLDER)
        return Tagger(
            examiner=self.examiner,
            carriers=carriers_in_order(self.runner, chain),
            registry=self.registry,
            blobs=self.blobs,
            chain=chain,
            runner=self.runner,
            clock=self.clock,
            embed_limit=self.config.embed_limit,
        )

    @cached_property
    def untagger(self) -> Untagger:
        """Takes tags back."""
        return Untagger(
            examiner=self.examiner,
            carriers=self.carriers,
            registry=self.registry,
            blobs=self.blobs,
            clock=self.clock,
        )

    @cached_property
    def approver(self) -> Approver:
        """Keeps the approvals."""
        return Approver(
            examiner=self.examiner,
            verifier=self.verifier,
            registry=self.registry,
            evidence=self.evidence,
            clock=self.clock,
        )

    @cached_property
    def evidence(self) -> EvidenceKeeper:
        """Takes in the documents behind approvals."""
        return EvidenceKeeper(self.blobs, lambda: self.mail_runner)

    @cached_property
    def requester(self) -> Requester:
        """Asks for approvals."""
        return Requester(
            examiner=self.examiner,
            verifier=self.verifier,
            registry=self.registry,
            clock=self.clock,
        )

    @cached_property
    def exchange(self) -> Exchange:
        """Carries approvals elsewhere and takes them over."""
        return Exchange(self.approver, self.registry, self.blobs, self.trust)

    @cached_property
    def overrider(self) -> Overrider:
        """Keeps the emergency overrides."""
        return Overrider(
            examiner=self.examiner,
            verifier=self.verifier,
            registry=self.registry,
            clock=self.clock,
        )

    @cached_property
    def scanner(self) -> Scanner:
        """The gate."""
        return Scanner(self.gatherer, self.rememberer, self.clock)

    @cached_property
    def rememberer(self) -> Rememberer:
        """Keeps what files declare."""
        return Rememberer(self.registry, self.clock)

    @cached_property
    def declarer(self) -> Declarer:
        """Keeps the AI-use records."""
        return Declarer(
            examiner=self.examiner,
            verifier=self.verifier,
            registry=self.registry,
            rememberer=self.rememberer,
            clock=self.clock,
        )

    @cached_property
    def discloser(self) -> Discloser:
        """Says what is known of AI use."""
        return Discloser(
            examiner=self.examiner,
            registry=self.registry,
            verifier=self.verifier,
            clock=self.clock,
        )

    @cached_property
    def receipter(self) -> Receipter:
        """The gate, with a receipt."""
        return Receipter(
            scanner=self.scanner,
            registry=self.registry,
            trust=load_signed_trust(self.config.data / TRUST_FILE),
            clock=self.clock,
        )

    @cached_property
    def deliverer(self) -> Deliverer:
        """Takes files through the gate."""
        return Deliverer(self.scanner, self.logbook)

    def scan_options(
        self,
        *,
        asked: Purpose = NOTHING_SAID,
        policy: str = "",
        strict: bool = False,
        remembers: bool = True,
        jobs: int = 1,
        pictures: bool = False,
    ) -> ScanOptions:
        """Return scan options: flags first, then the configuration, then the policy pack."""
        pack = choose_pack(self.config, policy)
        return ScanOptions(
            purpose=asked.over(self.config.purpose).over(Purpose(use=pack.use)),
            pack=pack,
            zones=tuple(zone_terms(self.config, asked, policy)),
            strict=strict,
            remembers=remembers,
            ignored=self.config.ignore,
            excluded=frozenset({self.config.data, *self._quarantines()}),
            jobs=jobs,
            production=self.config.name,
            picture=self.thumbnails if pictures else None,
        )

    def _quarantines(self) -> tuple[Path, ...]:
        gates = [zone for zone in self.config.zones if zone.role is Role.DELIVERABLE]
        return tuple(Path(os.path.normpath(zone.path.parent / ".quarantine")) for zone in gates)
