"""Judge one file: what the gate says of it, by the rules and for the purpose that count there."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from provenance.carriers.sidecar import is_sidecar
from provenance.errors import DamagedMediaError, RegistryError
from provenance.gathering import Gatherer, remembered_as
from provenance.ignoring import is_ignored
from provenance.media.essence import identify_bytes
from provenance.model.facts import AssetFacts, Problem, ProblemKind
from provenance.model.finding import Verdict
from provenance.model.purpose import Purpose
from provenance.model.report import AssetResult
from provenance.observation import Observation
from provenance.path_text import shown
from provenance.policy.engine import judge, weigh
from provenance.policy.pack import PolicyPack
from provenance.policy.rules.undecided import CouldNotDecide
from provenance.policy.rules.unread import FormatNotRead
from provenance.references.interface import Package
from provenance.remembering import Rememberer
from provenance.rooting import LostRoot
from provenance.seen import Seen
from provenance.walking import Found

_MOST_KEPT = 4096
_MAY_BE_IGNORED = frozenset({ProblemKind.UNSUPPORTED, ProblemKind.EMPTY_FILE})
_MAY_BE_LITTER = _MAY_BE_IGNORED | {ProblemKind.TRAILING_FILE, ProblemKind.DAMAGED}

Picture = Callable[[Path, str], bytes | None]
"""Returns a small JPEG of a file of this format, or None where there is nothing to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTerms:
    """By which rules files of one zone are judged, and for what."""

    folder: Path
    """The zone, every symbolic link resolved."""
    pack: PolicyPack
    """The pack that counts there."""
    purpose: Purpose
    """What approvals have to cover there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """How a scan is to be done."""

    purpose: Purpose
    """What approvals have to cover."""
    pack: PolicyPack
    """By which rules."""
    zones: tuple[ZoneTerms, ...] = ()
    """Zones in which something else counts for what lies in them."""
    strict: bool = False
    """Whether hints need a person's look before a file passes."""
    ignored: tuple[str, ...] = ()
    """Name patterns that are left out, and listed as such."""
    excluded: frozenset[Path] = frozenset()
    """Folders of ours that are no deliverables."""
    lost_at: Callable[..., Iterable[LostRoot]] = lambda *_: ()
    """Returns the zones around or below some paths whose folders are not themselves."""
    names_packages: bool = True
    """Whether findings say to which sealed package a file belongs."""
    remembers: bool = True
    """Whether the registry is told of what declares itself."""
    digests_all: bool = False
    """Whether every file is digested whole as it is judged, for a receipt."""
    jobs: int | None = None
    """Files looked at at the same time; None for as many as measuring says."""
    uses_index: bool = True
    """Whether folders that are as they were at an earlier scan are not looked at again."""
    production: str = ""
    """Name of the production, for the report."""
    picture: Picture | None = None
    """Makes thumbnails of what there is something to say of, for a report that shows them."""

    def at(self, path: Path | str) -> "ScanOptions":
        """Return the options for a file at this path: a zone's rules and purpose count in it."""
        if not self.zones:
            return self
        folder, name = os.path.split(path)
        place = Path(os.path.realpath(folder)) / name
        for zone in self.zones:
            if place.is_relative_to(zone.folder):
                return replace(self, pack=zone.pack, purpose=zone.purpose, zones=())
        return self


Judged = tuple[AssetResult | Found | None, Observation | None]
"""What became of a file, and what was observed of it if that lasts."""


class Judge:
    """Judges single files; `may_be_sealed` is what it was given, for whoever has the folder."""

    def __init__(
        self,
        gatherer: Gatherer,
        rememberer: Rememberer,
        package_of: Callable[[Path], Package | None],
        may_be_sealed: Callable[[Path, Iterable[str]], bool],
    ) -> None:
        self._gatherer = gatherer
        self._rememberer = rememberer
        self._package_of = package_of
        self.may_be_sealed = may_be_sealed
        self._judged_before: dict[object, AssetResult] = {}

    def judge_unless_left(
        self, found: Found, options: ScanOptions, earlier: Observation | None = None
    ) -> Judged:
        """Return the result, what was found if the settings leave it unjudged, None for a sidecar.

        They may leave out what is not read; not what its tag, its sidecars or the registry say.
        """
        if is_sidecar(found.path):
            return None, None
        if not is_ignored(found.path, options.ignored):
            return self.look(found, options, earlier)
        may_be = _MAY_BE_LITTER if is_ignored(found.path, ()) else _MAY_BE_IGNORED
        result = self.judge(found, options)
        return (result if _says_something(result, may_be) else found), None

    def judge(self, found: Found, options: ScanOptions) -> AssetResult:
        """Return what the gate says of one file, read in full."""
        return self.look(found, options)[0]

    def look(
        self, found: Found, options: ScanOptions, earlier: Observation | None = None
    ) -> tuple[AssetResult, Observation | None]:
        """Judge one file by an earlier observation of it, or read in full.

        Return also what was observed, if it will be there the next time.
        """
        options = options.at(found.path)
        made: list[Observation] = []

        def witness(seen: Seen, facts: AssetFacts) -> AssetFacts:
            facts = self._witness(seen, facts, options)
            if facts.problems == seen.problems:
                made.append(seen.observation())
            return facts

        if found.problem:
            problem = Problem(kind=ProblemKind.UNREADABLE, detail=found.problem)
            facts = AssetFacts(path=shown(found.path), problems=(problem,))
        elif earlier is not None:
            facts = self._gatherer.recalled(
                found.path, earlier, options.purpose, endings=found.endings, witness=witness
            )
        else:
            facts = self._gatherer.facts_of(
                found.path, options.purpose, endings=found.endings, witness=witness
            )
        lasting = [one for one in made if one.lasts]
        return self._told(found, facts, options), lasting[0] if lasting else None

    def of_nothing(self, options: ScanOptions, format_name: str) -> AssetResult:
        """Return what is said of a file that says nothing; its path is still to be filled in."""
        return self._same(AssetFacts(path="", format_name=format_name), options)

    def _same(self, facts: AssetFacts, options: ScanOptions) -> AssetResult:
        """Judge facts that are those of many files, once for all under the same terms."""
        key = (options.pack.digest, options.purpose, options.strict, facts)
        known = self._judged_before.get(key)
        if known is None:
            known = result_of(facts, options)
            if len(self._judged_before) < _MOST_KEPT:
                self._judged_before[key] = known
        return known

    def alike(
        self, observation: Observation, options: ScanOptions, folder: Path, names: Iterable[str]
    ) -> AssetResult | None:
        """Return what is said of every file of a folder of which just this is known, but its path.

        The names are those of all that is in the folder. None where that depends on the file: on
        its content, its package, or a picture of it.
        """
        if observation.says_something or not self._gatherer.is_nothing_known(observation):
            return None
        facts = AssetFacts(
            path="",
            format_name=observation.format_name,
            signals=observation.signals,
            problems=observation.problems,
        )
        result = self._same(facts, options)
        is_named = options.names_packages and result.verdict is not Verdict.PASS
        if (is_named and self.may_be_sealed(folder, names)) or (
            options.picture and result.findings
        ):
            return None
        return result

    def _told(self, found: Found, facts: AssetFacts, options: ScanOptions) -> AssetResult:
        result = replace(result_of(facts, options), path_bytes=os.fsencode(found.path))
        if options.names_packages and found.may_be_sealed and result.verdict is not Verdict.PASS:
            result = self._naming_package(result, found.path)
        if options.picture is None or not result.findings:
            return result
        return replace(result, thumbnail=options.picture(found.path, facts.format_name))

    def _naming_package(self, result: AssetResult, path: Path) -> AssetResult:
        """Say of what counts against a file to which sealed package it belongs."""
        package = self._package_of(path)
        if package is None:
            return result
        more = f" It belongs to the {package.name}, which is sealed and goes or stays as a whole."
        findings = (
            replace(finding, message=finding.message + more) if finding.counts else finding
            for finding in result.findings
        )
        return replace(result, findings=tuple(findings))

    def _witness(self, examined: Seen, facts: AssetFacts, options: ScanOptions) -> AssetFacts:
        if options.remembers:
            facts = self._remembering(examined, facts)
        return _digested(examined, facts) if options.digests_all else facts

    def _remembering(self, examined: Seen, facts: AssetFacts) -> AssetFacts:
        """Remember what declares itself; return the facts with what is remembered from here on.

        What was withdrawn stays withdrawn, and of a file that ends early no essence is known.
        """
        says_so = facts.tag is not None or examined.declares_ai
        if not says_so or facts.remembered is not None or facts.essence_digest is None:
            return facts
        is_changed = any(one.kind is ProblemKind.CHANGED for one in facts.problems)
        if not examined.is_complete or is_changed:
            return facts
        try:
            record = self._rememberer.remember_declared(examined)
        except RegistryError as error:
            detail = f"what it declares could not be remembered: {error}"
            problem = Problem(kind=ProblemKind.REGISTRY, detail=detail)
            return replace(facts, problems=(*facts.problems, problem))
        self._gatherer.learn(record)
        return replace(facts, remembered=remembered_as(record))


def _digested(examined: Seen, facts: AssetFacts) -> AssetFacts:
    """Return the facts with the digest of the very bytes that were judged, read by one descriptor.

    If they may have changed in between, the file is undecided.
    """
    source = examined.source
    try:
        digest = facts.file_digest or identify_bytes(source).file_digest
    except DamagedMediaError:
        digest = None
    if digest is not None and source.is_unchanged():
        return replace(facts, file_digest=digest)
    problem = Problem(kind=ProblemKind.CHANGED, detail="somebody wrote it while it was digested")
    return replace(facts, file_digest=None, problems=(*facts.problems, problem))


def _says_something(result: AssetResult, may_be: frozenset[ProblemKind]) -> bool:
    """Return whether more is known of a file than problems that do not matter."""
    if any(problem.kind not in may_be for problem in result.facts.problems):
        return True
    trouble = (FormatNotRead.rule_id, CouldNotDecide.rule_id)
    return any(
        finding.waived_by is not None or (finding.counts and finding.rule not in trouble)
        for finding in result.findings
    )


def result_of_lost(root: LostRoot, options: ScanOptions) -> AssetResult:
    """Return what is said of a zone that may be another folder: nothing in it is the whole."""
    problem = Problem(kind=ProblemKind.LOST_ROOT, detail=f"the zone is not itself: {root.why}")
    facts = AssetFacts(path=shown(root.path), problems=(problem,))
    return replace(result_of(facts, options), path_bytes=os.fsencode(root.path))


def result_of_no_file(paths: tuple[Path, ...], options: ScanOptions, *, count: int) -> AssetResult:
    """Return what is said where nothing was judged, `count` files having been left out."""
    where = ", ".join(shown(path) for path in paths)
    detail = "everything in it was ignored" if count else "there is no file to judge"
    problem = Problem(kind=ProblemKind.EMPTY_TARGET, detail=detail)
    facts = AssetFacts(path=where, problems=(problem,))
    return result_of(facts, options)


def result_of(facts: AssetFacts, options: ScanOptions) -> AssetResult:
    """Return what the rules say of these facts."""
    weighed = weigh(facts, options.pack)
    findings = judge(weighed, options.pack, strict=options.strict)
    return AssetResult(
        facts=weighed,
        findings=findings,
        policy=options.pack.label,
        policy_digest=options.pack.digest,
        purpose=options.purpose,
    )
