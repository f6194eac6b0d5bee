"""Gather the facts of a file from the file itself, the registry and the approvals."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from provenance.attestation.approval_statement import approval_in
from provenance.attestation.coverage import Asked, covers, not_overriding
from provenance.errors import AttestationError, MediaError, UnreadableError
from provenance.model.ai_use import AiUse
from provenance.model.approval import Approval, CheckedApproval
from provenance.model.condition import Circumstances, ConditionKind
from provenance.model.digest import Digest
from provenance.model.facts import AssetFacts, JudgedApproval, Problem, ProblemKind, Remembered
from provenance.model.known_essences import KnownEssences, LearntEssences
from provenance.model.override import JudgedOverride
from provenance.model.purpose import Purpose
from provenance.observation import Observation
from provenance.path_text import shown
from provenance.recalling import Assets, Earlier
from provenance.registry.interface import Registry
from provenance.registry.records import AssetRecord, AssetStatus, AttestationKind, StoredAttestation
from provenance.seen import Recalled, Seen
from provenance.verifying import Verifier

if TYPE_CHECKING:
    from provenance.examining import Examined

    _Examine = Callable[..., Examined]

Witness = Callable[[Seen, AssetFacts], AssetFacts]
"""Sees a file with its facts, and returns the facts, changed where it has something to add."""


_LATEST = 5.0
"""Seconds for which what the registry knew is good enough for one who is still at work."""


class Gatherer:
    """Puts together what policy needs to know of a file."""

    def __init__(
        self,
        *,
        make_examine: "Callable[[], _Examine]",
        registry: Registry,
        verifier: Verifier,
        seconds_of: Callable[[Seen], float | None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make one; `make_examine` makes `Examiner.examine`, when a file has to be read."""
        self._make_examine = make_examine
        self._registry = registry
        self._verifier = verifier
        self._seconds_of = seconds_of
        self._clock = clock
        self._known: KnownEssences | None = None
        self._learnt = LearntEssences()
        self._assets = Assets(registry)
        self._whole_files: bool | None = None
        self._sequence = -1
        self._asked_at = 0.0
        self._refreshing, self._learning = Lock(), Lock()
        self._earlier = Earlier()

    def refresh(self) -> None:
        """Ask the registry anew what it knows, if it was written since."""
        self._asked_at = self._clock()
        # Read before the essences: they may then be newer than the number, never older.
        sequence = self._registry.sequence
        if sequence == self._sequence:
            return
        # What is learnt meanwhile waits: it was written before, or is taken note of after.
        with self._learning:
            # What is new has to be found before it is asked for.
            self._assets = Assets(self._registry)
            self._known, self._learnt = self._registry.known_essences(), LearntEssences()
            self._whole_files = None
            self._sequence = sequence

    def refresh_in_time(self) -> None:
        """Do so if the last time is a while ago; for whoever is long at work, also in threads."""
        is_due = self._clock() - self._asked_at > _LATEST
        if is_due and self._refreshing.acquire(blocking=False):
            try:
                self.refresh()
            finally:
                self._refreshing.release()

    def prepare(self) -> bool:
        """Make what reads files, before several do; return whether it had to be made."""
        if "_examine" in self.__dict__:
            return False
        _ = self._examine
        return True

    @cached_property
    def _examine(self) -> "_Examine":
        return self._make_examine()

    def learn(self, record: AssetRecord) -> None:
        """Take note of an asset that was remembered since the last `refresh`."""
        with self._learning:
            self._assets.learn(record)
            self._learnt.learn(record.essence_length, record.essence_lead)

    @property
    def known(self) -> tuple[KnownEssences, ...]:
        """What was known at the last `refresh`, and what was learnt since; a prefilter."""
        if self._known is None:
            self.refresh()
        return (self._known or KnownEssences(), *self._learnt.parts)

    def is_nothing_known(self, observation: Observation) -> bool:
        """Return whether a file of which this was found, and nothing declared, is surely unknown.

        Then its digests can change nothing of the verdict.
        """
        if not observation.format_name and self._has_whole_files():
            return False
        return not any(map(observation.may_be_one_of, self.known))

    def facts_of(
        self,
        path: Path,
        purpose: Purpose,
        *,
        endings: frozenset[str] | None = None,
        witness: Witness | None = None,
    ) -> AssetFacts:
        """Return the facts of the file at this path; what goes wrong becomes a problem of theirs.

        For `endings` see `Examiner.examine`; the witness is asked while the file is still open.
        Raises RegistryError if the registry cannot be asked.
        """
        try:
            with self._examine(path, endings=endings) as examined:
                facts = self.facts(examined, purpose)
                return witness(examined, facts) if witness else facts
        except UnreadableError as error:
            problem = Problem(kind=ProblemKind.UNREADABLE, detail=str(error))
            return AssetFacts(path=shown(path), problems=(problem,))

    def recalled(
        self,
        path: Path,
        found: Observation,
        purpose: Purpose,
        *,
        endings: frozenset[str] | None = None,
        witness: Witness | None = None,
    ) -> AssetFacts:
        """Return the facts of a file that is as it was when this was found. See `facts_of`."""
        with closing(Recalled(path, found, partial(self._examine, endings=endings))) as seen:
            facts = self.facts(seen, purpose)
            return witness(seen, facts) if witness else facts

    def facts(self, examined: Seen, purpose: Purpose) -> AssetFacts:
        """Return the facts of a file that is already read. See `facts_of`."""
        facts = AssetFacts(
            path=shown(examined.path),
            format_name=examined.format_name,
            tag=examined.tag,
            carriers=examined.carriers,
            signals=examined.signals,
            problems=examined.problems,
        )
        try:
            if self._needs_identity(examined):
                facts = self._with_identity(facts, examined, purpose)
        except MediaError as error:
            problem = Problem(kind=ProblemKind.DAMAGED, detail=str(error))
            facts = replace(facts, problems=(*facts.problems, problem))
        if not examined.is_unchanged():
            problem = Problem(kind=ProblemKind.CHANGED, detail="somebody wrote it meanwhile")
            facts = replace(facts, problems=(*facts.problems, problem))
        return facts

    def _needs_identity(self, examined: Seen) -> bool:
        """Return whether digests can change the verdict: hashing every file would be wasteful."""
        if _says_something(examined):
            return True
        if any(map(examined.may_be_one_of, self.known)):
            return True
        return not examined.format_name and self._has_whole_files()

    def _has_whole_files(self) -> bool:
        """Return whether something lets a whole file pass, as is needed of unread formats."""
        if self._whole_files is None:
            overrides = self._registry.attestations(AttestationKind.OVERRIDE)
            self._whole_files = bool(overrides) or any(
                map(_may_name_whole_file, self._registry.attestations(AttestationKind.APPROVAL))
            )
        return self._whole_files

    def _with_identity(self, facts: AssetFacts, examined: Seen, purpose: Purpose) -> AssetFacts:
        if not _says_something(examined):
            # Other content may be as long as what is known: the frames of a sequence all are.
            essence = examined.essence_digest
            is_let_pass = not examined.format_name and any(
                self._registry.attestations_for(essence, kind)
                for kind in (AttestationKind.APPROVAL, AttestationKind.OVERRIDE)
            )
            if self._assets.find(essence) is None and not is_let_pass:
                return replace(facts, essence_digest=essence)
        identity = examined.identity
        record = self._assets.find(identity.essence_digest)
        if not self.known[0].may_be_attested(identity.essence_digest):
            return replace(
                facts,
                file_digest=identity.file_digest,
                essence_digest=identity.essence_digest,
                remembered=remembered_as(record) if record else None,
            )
        ai_use, problems = None, facts.problems
        try:
            ai_use = self._verifier.ai_use(identity.essence_digest)
        except AttestationError as error:
            problems += (Problem(kind=ProblemKind.RECORD, detail=str(error)),)
        return replace(
            facts,
            problems=problems,
            file_digest=identity.file_digest,
            essence_digest=identity.essence_digest,
            remembered=remembered_as(record) if record else None,
            ai_use=ai_use,
            approvals=self._approvals(examined, purpose, ai_use),
            overrides=self._overrides(identity.essence_digest, purpose),
        )

    def _overrides(self, essence: Digest, purpose: Purpose) -> tuple[JudgedOverride, ...]:
        return tuple(
            JudgedOverride(checked=one, not_covering=not_overriding(one.override, essence, purpose))
            for one in self._verifier.overrides(essence)
        )

    def _approvals(
        self, examined: Seen, purpose: Purpose, ai_use: AiUse | None
    ) -> tuple[JudgedApproval, ...]:
        essence = examined.identity.essence_digest
        derivations = ai_use.derived_from if ai_use else ()
        parents = tuple(one for one in derivations if one.is_vouched)
        asked_of = (essence, *(one.essence_digest for one in parents))
        checked = self._verifier.approvals(asked_of, self._earlier)
        conditions = [condition for one in checked for condition in one.approval.conditions]
        is_timed = any(condition.kind is ConditionKind.MAX_SECONDS for condition in conditions)
        asked = Asked(
            essence_digest=essence,
            purpose=purpose,
            circumstances=Circumstances(
                use=purpose.use,
                prominence=ai_use.prominence if ai_use else None,
                seconds=self._seconds_of(examined) if is_timed else None,
            ),
            derived_from=parents,
        )
        whole = examined.identity.file_digest if not examined.format_name else None
        return tuple(_judged(one, asked, whole) for one in checked)


def _judged(checked: CheckedApproval, asked: Asked, whole: Digest | None) -> JudgedApproval:
    """Return whether an approval covers; of an unread file it must name these very bytes."""
    not_covering = covers(checked.approval, asked)
    if not_covering is None and whole is not None and not _names_file(checked.approval, whole):
        not_covering = "It was not given for exactly these bytes, as an unread file needs."
    return JudgedApproval(checked=checked, not_covering=not_covering)


def _names_file(approval: Approval, file_digest: Digest) -> bool:
    return any(subject.file_digest == file_digest for subject in approval.subjects)


def _may_name_whole_file(stored: StoredAttestation) -> bool:
    """Return whether an approval is bound to a whole file, or cannot be read."""
    try:
        approval = approval_in(stored.envelope)
    except AttestationError:
        return True
    return any(one.file_digest == one.essence_digest for one in approval.subjects)


def _says_something(examined: Seen) -> bool:
    return examined.tag is not None or examined.declares_ai


def remembered_as(record: AssetRecord) -> Remembered:
    """Return what policy needs of an asset's record."""
    return Remembered(
        asset_id=record.asset_id,
        reasons=record.reasons,
        is_withdrawn=record.status is AssetStatus.WITHDRAWN,
        withdrawn_reason=record.withdrawn_reason,
    )
