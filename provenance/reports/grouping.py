"""Files that there is one and the same thing to say of, told together."""

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


def _reason(result: AssetResult) -> tuple[object, ...]:
    reasons = [
        # Of a format that is not read the first bytes are told, and they differ.
        (finding.rule, finding.message.partition(" (it begins")[0])
        for finding in result.findings
        if finding.waived_by is None
    ]
    return (suffix_of(result.facts.path), *reasons)
