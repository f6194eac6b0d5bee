"""Build the objects of one run from the configuration: the only place that does."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from provenance.approving import Approver
from provenance.attestation.founding import APPROVER_KEY, GATE_KEY
from provenance.attestation.mail import PRELOAD as MAIL_TASKS
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_file import load_trust
from provenance.carriers.c2pa import PRELOAD as CARRIER_TASKS
from provenance.carriers.interface import Carrier
from provenance.carriers.order import carriers_in_order
from provenance.carriers.signing_chain import SigningChain, load_chain
from provenance.config import Config, Role
from provenance.delivering import Deliverer
from provenance.errors import IsolationError, MediaError
from provenance.evidencing import EvidenceKeeper
from provenance.examining import Examined, Examiner
from provenance.exchanging import Exchange
from provenance.gathering import Gatherer
from provenance.isolation.interface import Limits, TaskRunner
from provenance.isolation.worker_process import WorkerProcess
from provenance.media.packed import PRELOAD as PACKED_TASKS
from provenance.media.pixels import PRELOAD as PIXEL_TASKS
from provenance.media.technical import PRELOAD as TECHNICAL_TASKS
from provenance.media.technical import duration_seconds, technical_data
from provenance.model.purpose import NOTHING_SAID, Purpose
from provenance.policy.pack import load_pack
from provenance.registry.backends import open_registry
from provenance.registry.interface import BlobStore, Registry
from provenance.registry.store import DirectoryBlobStore
from provenance.remembering import Rememberer
from provenance.requesting import Requester
from provenance.scanning import Scanner, ScanOptions
from provenance.signals.user_rules import UserRules
from provenance.tagging import Tagger
from provenance.untagging import Untagger
from provenance.verifying import Verifier

KEYS_FOLDER = "keys"
TRUST_FILE = "trust.toml"
CHECKPOINT_FILE = "registry.checkpoint.json"
EVIDENCE_FOLDER = "evidence"
READING_TASKS = (*CARRIER_TASKS, *PACKED_TASKS)
"""The modules that the worker of an `Examiner` and its carriers needs."""
_TECHNICAL = Limits(memory_bytes=1 << 30, wall_seconds=5.0)
"""Technical data is a courtesy: a file that MediaInfo cannot read quickly goes without."""

_PIXELS = Limits(memory_bytes=2 << 30)


def utc_now() -> datetime:
    """Return the time of the machine's clock, aware UTC."""
    return datetime.now(UTC)


class Tools:
    """What reading files needs, with or without a production around it."""

    def __init__(self, config: Config | None, *, pixels: bool = False) -> None:
        self._config = config
        self._pixels = pixels
        self._open = ExitStack()

    @cached_property
    def runner(self) -> TaskRunner:
        """Worker process for C2PA, text fields and compressed metadata."""
        return self._open.enter_context(WorkerProcess(preload=READING_TASKS))

    @cached_property
    def technical_runner(self) -> TaskRunner:
        """Worker process for technical data."""
        return self._open.enter_context(WorkerProcess(preload=TECHNICAL_TASKS, limits=_TECHNICAL))

    @cached_property
    def mail_runner(self) -> TaskRunner:
        """Worker process for mails that are evidence."""
        return self._open.enter_context(WorkerProcess(preload=MAIL_TASKS))

    @cached_property
    def pixel_runner(self) -> TaskRunner | None:
        """Worker process that decodes pictures; None unless that was asked for."""
        if not self._pixels:
            return None
        return self._open.enter_context(WorkerProcess(preload=PIXEL_TASKS, limits=_PIXELS))

    @cached_property
    def chain(self) -> SigningChain | None:
        """The production's signing chain; None outside a production."""
        return load_chain(self._config.data / KEYS_FOLDER) if self._config else None

    @cached_property
    def carriers(self) -> tuple[Carrier, ...]:
        """Every carrier in writing order."""
        return carriers_in_order(self.runner, self.chain)

    @cached_property
    def examiner(self) -> Examiner:
        """The reader of single files."""
        root = self.chain.root_pem if self.chain else ""
        rules = self._config.signals if self._config else ()
        return Examiner(
            self.runner,
            self.carriers,
            root_pem=root,
            extra_kinds=(UserRules(rules),) if rules else (),
            pixel_runner=self.pixel_runner,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()


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

    @cached_property
    def trust(self) -> TrustList:
        """Whose approvals count."""
        return load_trust(self.config.data / TRUST_FILE)

    @property
    def approver_key(self) -> Path:
        """The approver's key made at `init`."""
        return self.config.data / KEYS_FOLDER / APPROVER_KEY

    @property
    def gate_key(self) -> Path:
        """The gate's key made at `init`; of an older production, the approver's."""
        own = self.config.data / KEYS_FOLDER / GATE_KEY
        return own if own.exists() else self.approver_key

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
        return Verifier(
            registry=self.registry, blobs=self.blobs, trust=self.trust, clock=self.clock
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
        return Tagger(
            examiner=self.examiner,
            carriers=self.carriers,
            registry=self.registry,
            blobs=self.blobs,
            chain=load_chain(self.config.data / KEYS_FOLDER),
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
    def scanner(self) -> Scanner:
        """The gate."""
        return Scanner(self.gatherer, Rememberer(self.registry, self.clock))

    @cached_property
    def deliverer(self) -> Deliverer:
        """Takes files through the gate."""
        return Deliverer(self.scanner)

    def scan_options(
        self,
        *,
        asked: Purpose = NOTHING_SAID,
        going_to: Path | None = None,
        policy: str = "",
        strict: bool = False,
        remembers: bool = True,
        jobs: int = 1,
    ) -> ScanOptions:
        """Return scan options: flags first, then zone, configuration, and policy pack.

        All is judged for the zone that `going_to` lies in, where that is given.
        """
        pack = load_pack(policy or self.config.policy)
        default = Purpose(use=pack.use)
        rest = self.config.purpose_at(going_to) if going_to else self.config.purpose
        places = () if going_to else self.config.zones
        return ScanOptions(
            purpose=asked.over(rest).over(default),
            places=tuple(
                (zone.path, asked.over(self.config.purpose_at(zone.path)).over(default))
                for zone in places
            ),
            pack=pack,
            strict=strict,
            remembers=remembers,
            ignored=self.config.ignore,
            excluded=frozenset({self.config.data, *self._quarantines()}),
            jobs=jobs,
        )

    def _quarantines(self) -> tuple[Path, ...]:
        gates = [zone for zone in self.config.zones if zone.role is Role.DELIVERABLE]
        return tuple(Path(os.path.normpath(zone.path.parent / ".quarantine")) for zone in gates)
