"""Files that there is one and the same thing to say of, told together.

The frames of an image sequence are told as one where verdict, reasons and approvals are the same;
a frame of which something else is to be said is told by itself. Grouping hides no difference.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from provenance.media.frames import frame_at
from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding
from provenance.model.report import AssetResult
from provenance.model.sequence import Frame, told_together, written
from provenance.model.source_type import parse_source_type

_SMALLEST = 3
"""Fewer are told one by one."""
_MOST_WAITING = 20_000
"""Results that are held until it is known which frames are told together: a quarter of an hour."""
_MANIFEST = re.compile(r"\bc2pa/[^\s/]*urn[:.][^\s/]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing a report speaks of: a file, or frames of which there is the same to say."""

    results: tuple[AssetResult, ...]
    """The file, or the frames in their order; never none."""

    @property
    def first(self) -> AssetResult:
        """The file, or the frame that stands for all."""
        return self.results[0]

    @property
    def is_range(self) -> bool:
        """Whether it is several frames."""
        return len(self.results) > 1

    @property
    def path(self) -> str:
        """The path; of frames their range, `shot.[0001-0100].exr`."""
        frames = [frame for frame in map(_frame_of, self.results) if frame is not None]
        return written(frames) if self.is_range else self.first.facts.path


def told(results: Iterable[AssetResult]) -> Iterator[Told]:
    """Yield results as they are told, in the order of their firsts.

    Only what lies in one folder waits for each other, and only from the first frame on; of a very
    long sequence a part at a time.
    """
    waiting: list[AssetResult] = []
    for result in results:
        if waiting and (len(waiting) == _MOST_WAITING or not _are_beside(waiting[0], result)):
            yield from _told_together(waiting)
            waiting = []
        if waiting or _frame_of(result) is not None:
            waiting.append(result)
        else:
            yield Told(results=(result,))
    yield from _told_together(waiting)


def grouped(tolds: Iterable[Told]) -> Iterator[tuple[Told, int]]:
    """Yield what is told, and of how many more files of its suffix there is the same to say.

    In the order of their firsts, which stand for the others.
    """
    alike: dict[tuple[object, ...], list[Told]] = {}
    more: Counter[tuple[object, ...]] = Counter()
    for one in tolds:
        reason = _reason(one.first)
        group = alike.setdefault(reason, [])
        if len(group) < _SMALLEST:
            group.append(one)
        else:
            more[reason] += len(one.results)
    for reason, group in alike.items():
        if len(group) < _SMALLEST:
            yield from ((one, 0) for one in group)
        else:
            yield group[0], sum(len(one.results) for one in group[1:]) + more[reason]


def without_manifests(text: str) -> str:
    """Return text without the labels of C2PA manifests, which are another in each file."""
    return _MANIFEST.sub("c2pa", text)


def grouped_paths(paths: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return paths in groups of one suffix, in the order of their firsts."""
    alike: dict[str, list[str]] = {}
    for path in paths:
        alike.setdefault(suffix_of(path), []).append(path)
    groups: list[tuple[str, ...]] = []
    for group in alike.values():
        groups += [tuple(group)] if len(group) >= _SMALLEST else [(path,) for path in group]
    return tuple(groups)


def suffix_of(path: str) -> str:
    """Return the suffix of a path, lower-case, with its dot."""
    return PurePath(path).suffix.lower()


def _are_beside(one: AssetResult, other: AssetResult) -> bool:
    return one.facts.path.rpartition("/")[0] == other.facts.path.rpartition("/")[0]


def _told_together(results: Iterable[AssetResult]) -> Iterator[Told]:
    groups = told_together(results, _frame_of, _all_said)
    return (Told(results=group) for group in groups)


def _reason(result: AssetResult) -> tuple[object, ...]:
    reasons = [
        # Of a format that is not read the first bytes are told, and they differ.
        (finding.rule, finding.message.partition(" (it begins")[0])
        for finding in result.findings
        if finding.waived_by is None
    ]
    return (suffix_of(result.facts.path), *reasons)


def _frame_of(result: AssetResult) -> Frame | None:
    return frame_at(result.facts.path)


def _all_said(result: AssetResult) -> tuple[object, ...]:
    """Return all that a report says of a file but its name, its ids and its digests."""
    facts = result.facts
    return (
        *(result.verdict, result.is_overridden, result.policy, result.purpose),
        *(facts.format_name, facts.tag is None, facts.ai_level),
        *map(_said, result.findings),
        *_permissions(facts),
    )


def _said(finding: Finding) -> tuple[object, ...]:
    evidence = {
        # Of values only what is said of the making: seeds and the like are another in each frame.
        (one.rule, one.level, without_manifests(one.place), one.generator, _term(one.value))
        for one in finding.evidence
    }
    return (
        *(finding.rule, finding.verdict, finding.origin, finding.waived_by, finding.remedy),
        without_manifests(finding.message),
        frozenset(evidence),
    )


def _term(value: str) -> object:
    return parse_source_type(value)


def _permissions(facts: AssetFacts) -> Iterable[tuple[object, ...]]:
    for one in facts.approvals:
        approval = one.checked.approval
        yield (approval.approval_id, one.checked.status, one.checked.reason, one.not_covering)
    for other in facts.overrides:
        override = other.checked.override
        yield (override.override_id, other.checked.status, other.not_covering)
