"""Files that cannot be judged for one and the same reason, told together."""

from collections.abc import Iterable
from pathlib import PurePath

from provenance.model.report import AssetResult

_SMALLEST = 3
"""Fewer are told one by one."""


def grouped(results: Iterable[AssetResult]) -> tuple[tuple[AssetResult, ...], ...]:
    """Return the results in groups of one reason and one suffix, in the order of their firsts."""
    alike: dict[tuple[object, ...], list[AssetResult]] = {}
    for result in results:
        alike.setdefault(_reason(result), []).append(result)
    groups: list[tuple[AssetResult, ...]] = []
    for group in alike.values():
        if len(group) < _SMALLEST:
            groups += [(result,) for result in group]
        else:
            groups.append(tuple(group))
    return tuple(groups)


def suffix_in(result: AssetResult) -> str:
    """Return the suffix of a result's file, lower-case, with its dot."""
    return PurePath(result.facts.path).suffix.lower()


def _reason(result: AssetResult) -> tuple[object, ...]:
    reasons = [
        # Of a format that is not read the first bytes are told, and they differ.
        (finding.rule, finding.message.partition(" (it begins")[0])
        for finding in result.findings
        if finding.waived_by is None
    ]
    return (suffix_in(result), *reasons)
