"""Build the objects of one run from the configuration: the only place that does.

What a plain scan does without is imported when it is first asked for.
"""

from functools import cached_property, partial
from typing import TYPE_CHECKING

from provenance.choosing import choose_pack, zone_terms
from provenance.config import KEYS_FOLDER
from provenance.errors import IsolationError, MediaError
from provenance.gathering import Gatherer
from provenance.judging import ScanOptions
from provenance.model.purpose import NOTHING_SAID, Purpose
from provenance.model.zone import Role
from provenance.quarantining import quarantine_of
from provenance.remembering import Rememberer
from provenance.scanning import Scanner
from provenance.seen import Seen
from provenance.stamp import stamp_of
from provenance.stores import TRUST_FILE, Stores
from provenance.sweep_index import Index

if TYPE_CHECKING:
    from provenance.approving import Approver
    from provenance.declaring import Declarer
    from provenance.delivering import Deliverer
    from provenance.disclosing import Discloser
    from provenance.evidencing import EvidenceKeeper
    from provenance.exchanging import Exchange
    from provenance.overriding import Overrider
    from provenance.receipting import Receipter
    from provenance.requesting import Requester
    from provenance.reviewing import Reviewer
    from provenance.sequencing import SequenceTagger
    from provenance.tagging import Tagger
    from provenance.untagging import Untagger
    from provenance.zoning import ZoneKeeper

INDEX_FILE = "index.sqlite"


class Production(Stores):
    """One production: everything built from its configuration, each thing when first asked for."""

    @cached_property
    def gatherer(self) -> Gatherer:
        """Gathers the facts policy decides on."""
        return Gatherer(
            make_examine=lambda: self.examiner.examine,
            registry=self.registry,
            verifier=self.verifier,
            seconds_of=self._seconds_of,
        )

    def _seconds_of(self, examined: Seen) -> float | None:
        from provenance.media.technical import duration_seconds, technical_data

        try:
            facts = technical_data(self.technical_runner, examined.source.descriptor)
        except (IsolationError, MediaError):
            return None
        return duration_seconds(facts)

    @cached_property
    def tagger(self) -> "Tagger":
        """Writes tags."""
        from provenance.carriers.order import carriers_in_order
        from provenance.carriers.signing_chain import load_chain
        from provenance.tagging import Tagger

        chain = load_chain(self.config.data / KEYS_FOLDER)
        return Tagger(
            examiner=self.examiner,
            carriers=carriers_in_order(self.runner, chain),
            registry=self.registry,
            leases=self.leases,
            blobs=self.blobs,
            chain=chain,
            runner=self.runner,
            clock=self.clock,
            embed_limit=self.config.embed_limit,
            package_of=self.packages.find,
        )

    @cached_property
    def sequence_tagger(self) -> "SequenceTagger":
        """Writes the tags of many files, those of an image sequence as one asset."""
        from provenance.sequencing import SequenceTagger

        return SequenceTagger(tagger=self.tagger, registry=self.registry, clock=self.clock)

    @cached_property
    def untagger(self) -> "Untagger":
        """Takes tags back."""
        from provenance.untagging import Untagger

        return Untagger(
            examiner=self.examiner,
            carriers=self.carriers,
            registry=self.registry,
            leases=self.leases,
            blobs=self.blobs,
            clock=self.clock,
            embed_limit=self.config.embed_limit,
            package_of=self.packages.find,
        )

    @cached_property
    def approver(self) -> "Approver":
        """Keeps the approvals."""
        from provenance.approving import Approver

        return Approver(
            examiner=self.examiner,
            verifier=self.verifier,
            registry=self.registry,
            evidence=self.evidence,
            clock=self.clock,
        )

    @cached_property
    def evidence(self) -> "EvidenceKeeper":
        """Takes in the documents behind approvals."""
        from provenance.evidencing import EvidenceKeeper

        return EvidenceKeeper(self.blobs, lambda: self.mail_runner)

    @cached_property
    def requester(self) -> "Requester":
        """Asks for approvals."""
        from provenance.requesting import Requester

        return Requester(
            examiner=self.examiner,
            verifier=self.verifier,
            registry=self.registry,
            clock=self.clock,
        )

    @cached_property
    def exchange(self) -> "Exchange":
        """Carries approvals elsewhere and takes them over."""
        from provenance.exchanging import Exchange

        return Exchange(self.approver, self.registry, self.blobs, self.trust)

    @cached_property
    def overrider(self) -> "Overrider":
        """Keeps the emergency overrides."""
        from provenance.overriding import Overrider

        return Overrider(
            examiner=self.examiner,
            verifier=self.verifier,
            registry=self.registry,
            clock=self.clock,
        )

    @cached_property
    def scanner(self) -> Scanner:
        """The gate."""
        package_of = partial(self.packages.find, in_doubt=False)
        return Scanner(
            self.gatherer,
            self.rememberer,
            self.clock,
            make_screen=self.make_screen,
            make_index=partial(
                Index, self.config.data / INDEX_FILE, stamp_of(self.user_kinds, self.root_pem)
            ),
            package_of=package_of,
            may_be_sealed=self.packages.may_seal,
        )

    @cached_property
    def rememberer(self) -> Rememberer:
        """Keeps what files declare."""
        return Rememberer(self.registry, self.clock)

    @cached_property
    def declarer(self) -> "Declarer":
        """Keeps the AI-use records."""
        from provenance.declaring import Declarer

        return Declarer(
            examiner=self.examiner,
            verifier=self.verifier,
            registry=self.registry,
            rememberer=self.rememberer,
            clock=self.clock,
        )

    @cached_property
    def discloser(self) -> "Discloser":
        """Says what is known of AI use."""
        from provenance.disclosing import Discloser

        return Discloser(
            examiner=self.examiner,
            registry=self.registry,
            verifier=self.verifier,
            clock=self.clock,
        )

    @cached_property
    def receipter(self) -> "Receipter":
        """The gate, with a receipt."""
        from provenance.attestation.trust_file import load_signed_trust
        from provenance.receipting import Receipter

        return Receipter(
            scanner=self.scanner,
            registry=self.registry,
            trust=load_signed_trust(self.config.data / TRUST_FILE),
            clock=self.clock,
        )

    @cached_property
    def deliverer(self) -> "Deliverer":
        """Takes files through the gate."""
        from provenance.delivering import Deliverer

        return Deliverer(self.scanner, self.logbook)

    @cached_property
    def reviewer(self) -> "Reviewer":
        """Remembers what verdicts rest on."""
        from provenance.reviewing import Reviewer
        from provenance.standing import Surveyor

        return Reviewer(Surveyor(self.registry, self.verifier, self.steady_clock), self.registry)

    def zone_keeper(self, *, dry_run: bool = False) -> "ZoneKeeper":
        """Return one who does in each zone what its role asks; a dry run changes nothing."""
        from provenance.gating import Gate
        from provenance.packaging import PackageJudge
        from provenance.zoning import ZoneKeeper

        self.load()
        gate = Gate(
            scanner=self.scanner,
            options=self.scan_options(remembers=not dry_run),
            logbook=self.logbook,
            leases=self.leases,
            reviewer=self.reviewer,
            packages=PackageJudge(self.packages, self.scanner),
            clock=self.clock,
            dry_run=dry_run,
        )
        return ZoneKeeper(
            zones=self.config.zones,
            tagger=self.sequence_tagger,
            gate=gate,
            trouble=self.roots.trouble,
            dry_run=dry_run,
        )

    def scan_options(
        self,
        *,
        asked: Purpose = NOTHING_SAID,
        policy: str = "",
        strict: bool = False,
        remembers: bool = True,
        jobs: int | None = None,
        uses_index: bool = True,
        pictures: bool = False,
    ) -> ScanOptions:
        """Return scan options: flags first, then the configuration, then the policy pack."""
        pack = choose_pack(self.config, policy)
        gates = (zone.path for zone in self.config.zones if zone.role is Role.DELIVERABLE)
        return ScanOptions(
            purpose=asked.over(self.config.purpose).over(Purpose(use=pack.use)),
            pack=pack,
            zones=tuple(zone_terms(self.config, asked, policy)),
            strict=strict,
            remembers=remembers,
            ignored=self.config.ignore,
            excluded=frozenset({self.config.data, *(quarantine_of(gate).parent for gate in gates)}),
            lost_at=self.roots.lost,
            jobs=jobs,
            uses_index=uses_index,
            production=self.config.name,
            picture=self.thumbnails if pictures else None,
        )
