"""The gate: judge every file below some paths and say what may not be delivered."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from provenance.carriers.sidecar import is_sidecar
from provenance.errors import RegistryError, UnreadableError, UnsupportedMediaError
from provenance.examining import Examined, shown
from provenance.gathering import Gatherer, remembered_as
from provenance.media.formats import identify, suffix_of
from provenance.media.source import FileSource
from provenance.model.facts import AssetFacts, Problem, ProblemKind
from provenance.model.metadata import Completeness
from provenance.model.purpose import Purpose
from provenance.model.report import AssetResult, ScanReport
from provenance.policy.engine import judge
from provenance.policy.pack import PolicyPack
from provenance.remembering import Rememberer
from provenance.walking import Found, walk

_LITTER = (
    (".DS_Store", b"\0\0\0\1Bud1"),
    ("._*", b"\0\5\x16\7"),  # AppleDouble
    ("Thumbs.db", b"\xd0\xcf\x11\xe0"),
    ("desktop.ini", b"[.ShellClassInfo]"),
)
"""What operating systems drop: name and first bytes; left out only while it is small."""
_LARGEST_LITTER = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """How a scan is to be done."""

    purpose: Purpose
    """What approvals have to cover."""
    places: tuple[tuple[Path, Purpose], ...] = ()
    """Folders, by absolute path, in which they have to cover something else."""
    pack: PolicyPack
    """By which rules."""
    strict: bool = False
    """Whether hints need a person's look before a file passes."""
    ignored: tuple[str, ...] = ()
    """Name patterns that are left out, and listed as such."""
    excluded: frozenset[Path] = frozenset()
    """Folders of ours that are no deliverables."""
    remembers: bool = True
    """Whether the registry is told of what declares itself."""
    jobs: int = 1
    """Files looked at at the same time; more than one pays where storage answers slowly."""

    def purpose_at(self, path: Path) -> Purpose:
        """Return what approvals of the file at this path have to cover."""
        if not self.places:
            return self.purpose
        place = Path(os.path.abspath(path))  # noqa: PTH100  (resolves `..`, follows no link)
        inside = (purpose for folder, purpose in self.places if place.is_relative_to(folder))
        return next(inside, self.purpose)


class Scanner:
    """Judges files."""

    def __init__(self, gatherer: Gatherer, rememberer: Rememberer) -> None:
        self._gatherer = gatherer
        self._rememberer = rememberer

    def scan(
        self,
        paths: Iterable[Path],
        options: ScanOptions,
        on_result: Callable[[AssetResult], None] = lambda _: None,
    ) -> ScanReport:
        """Judge every file below the paths; results keep path order whatever `jobs` is.

        A target without any file is undecided, never a pass. Raises RegistryError if the registry
        cannot be asked.
        """
        self._gatherer.refresh()
        named = tuple(paths)
        ignored: list[str] = []
        results = []
        for result in self._results(named, options, ignored):
            results.append(result)
            on_result(result)
        if not results:
            results = [_nothing(named, options)]
        return ScanReport(
            results=tuple(results),
            policy=options.pack.name,
            use=options.purpose.use,
            ignored=tuple(ignored),
        )

    def judge_file(self, path: Path, options: ScanOptions) -> AssetResult:
        """Judge one file, by what the registry knows now."""
        self._gatherer.refresh()
        return self._judge(Found(path=path), options)

    def _results(
        self, paths: tuple[Path, ...], options: ScanOptions, ignored: list[str]
    ) -> Iterator[AssetResult]:
        wanted = (
            found
            for found in walk(paths, excluded=options.excluded)
            if not _is_left_out(found, options, ignored)
        )
        if options.jobs == 1:
            yield from (self._judge(found, options) for found in wanted)
            return
        with ThreadPoolExecutor(options.jobs) as pool:
            yield from pool.map(lambda found: self._judge(found, options), wanted)

    def _judge(self, found: Found, options: ScanOptions) -> AssetResult:
        if found.problem:
            problem = Problem(kind=ProblemKind.UNREADABLE, detail=found.problem)
            facts = AssetFacts(path=shown(found.path), problems=(problem,))
        else:
            facts = self._gatherer.facts_of(
                found.path,
                options.purpose_at(found.path),
                endings=found.endings,
                witness=self._remembering if options.remembers else None,
            )
        return AssetResult(facts=facts, findings=judge(facts, options.pack, strict=options.strict))

    def _remembering(self, examined: Examined, facts: AssetFacts) -> AssetFacts:
        """Remember what declares itself; return the facts with what is remembered from here on.

        What was withdrawn stays withdrawn, and of a file that ends early no essence is known.
        """
        is_whole = examined.reading.contents.completeness is Completeness.WHOLE
        says_so = facts.tag is not None or examined.declares_ai
        if not says_so or facts.remembered is not None or facts.essence_digest is None:
            return facts
        if not is_whole or any(one.kind is ProblemKind.CHANGED for one in facts.problems):
            return facts
        try:
            record = self._rememberer.remember_declared(examined)
        except RegistryError as error:
            detail = f"what it declares could not be remembered: {error}"
            problem = Problem(kind=ProblemKind.REGISTRY, detail=detail)
            return replace(facts, problems=(*facts.problems, problem))
        return replace(facts, remembered=remembered_as(record))


def _is_left_out(found: Found, options: ScanOptions, ignored: list[str]) -> bool:
    if found.problem:
        return False
    if is_ignored(found.path, options.ignored):
        ignored.append(shown(found.path))
        return True
    return is_sidecar(found.path)


def is_ignored(path: Path, patterns: tuple[str, ...]) -> bool:
    """Return whether a file is left out: by a pattern, or as what an operating system drops.

    The bytes outrank the name: media is judged whatever it is called.
    """
    wanted = any(fnmatchcase(path.name, pattern) for pattern in patterns)
    litter = [magic for pattern, magic in _LITTER if fnmatchcase(path.name, pattern)]
    if not wanted and not litter:
        return False
    try:
        with FileSource(path) as source:
            head, size = source.head, source.size
    except UnreadableError:
        return False
    is_litter = size <= _LARGEST_LITTER and any(head.startswith(magic) for magic in litter)
    return is_litter or (wanted and not _is_media(head, path))


def _is_media(head: bytes, path: Path) -> bool:
    try:
        identify(head, suffix_of(path))
    except UnsupportedMediaError:
        return False
    return True


def _nothing(paths: tuple[Path, ...], options: ScanOptions) -> AssetResult:
    where = ", ".join(shown(path) for path in paths)
    problem = Problem(kind=ProblemKind.EMPTY_TARGET, detail="there is no file to judge")
    facts = AssetFacts(path=where, problems=(problem,))
    return AssetResult(facts=facts, findings=judge(facts, options.pack))
