"""Run the test cases a pack brings along; pure."""

from collections.abc import Iterable, Iterator

from provenance.policy.case import Case
from provenance.policy.pack import PolicyPack
from provenance.policy.requirement import requirement


def failed_cases(pack: PolicyPack) -> Iterator[str]:
    """Yield a sentence for everything the pack decides otherwise than its cases say."""
    for case in pack.cases:
        for difference in _differences(case, pack):
            yield f"case “{case.title}”: {difference}"


def _differences(case: Case, pack: PolicyPack) -> Iterator[str]:
    decided = requirement(case.record, pack, case.use)
    pairs: tuple[tuple[str, set[str], set[str]], ...] = (
        ("outcome", {case.outcome.value}, {decided.outcome.value}),
        ("by", set(case.by), set(decided.by)),
        ("reasons", set(case.reasons), {ground.name for ground in decided.grounds}),
        ("categories", set(case.categories), set(decided.categories)),
    )
    for name, expected, found in pairs:
        if expected != found:
            yield f"{name} should be {_listed(expected)}, the pack says {_listed(found)}"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(sorted(texts)) or "nothing"
