"""Approvals held against a declared use: what they must name before they set anything aside."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model.ai_use import Prominence, UseCategory
from provenance.model.approval import ApprovalStatus
from provenance.model.facts import AssetFacts
from provenance.model.finding import Verdict, verdict_of
from provenance.policy.engine import judge, weigh
from provenance.policy.pack import load_pack, pack_names
from provenance.policy.requirement import requirement
from provenance.policy.samples import DECLARED_USE, approved

PACKS = [load_pack(name) for name in pack_names()]
NETFLIX = load_pack("netflix-2025-11")
CATEGORIES = st.frozensets(st.sampled_from(UseCategory))
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


def facts(
    declared: frozenset[UseCategory],
    *named: frozenset[UseCategory],
    prominence: Prominence | None = Prominence.INCIDENTAL,
) -> AssetFacts:
    """Return facts of a declared file with one valid approval for each set of names."""
    base = approved(ApprovalStatus.VALID)
    (judged,) = base.approvals
    approvals = tuple(
        replace(
            judged,
            checked=replace(
                judged.checked,
                approval=replace(
                    judged.checked.approval,
                    approval_id=f"urn:uuid:{number:08d}-0000-4000-8000-000000000000",
                    categories=categories,
                    consents=("C-17",),
                ),
            ),
        )
        for number, categories in enumerate(named, 1)
    )
    use = replace(DECLARED_USE, categories=declared, prominence=prominence)
    return replace(base, ai_use=use, approvals=approvals)


@each_pack
@given(declared=CATEGORIES, named=CATEGORIES)
def test_only_an_approval_that_names_all_that_needs_one_sets_anything_aside(
    pack, declared: frozenset[UseCategory], named: frozenset[UseCategory]
) -> None:
    known = facts(declared, named)
    assert known.ai_use is not None
    needed = requirement(known.ai_use, pack, pack.use).categories
    findings = judge(known, pack)
    verdict = verdict_of(findings)
    assert (verdict is Verdict.PASS) is (needed <= named)
    for category in needed - named:
        (message,) = (one.message for one in findings if one.rule == "approval-does-not-hold")
        assert f"{category.value}, which needs written approval by " in message


@each_pack
@given(declared=CATEGORIES, named=CATEGORIES, more=CATEGORIES)
def test_declaring_more_never_turns_block_into_pass(
    pack,
    declared: frozenset[UseCategory],
    named: frozenset[UseCategory],
    more: frozenset[UseCategory],
) -> None:
    if verdict_of(judge(facts(declared, named), pack)) is Verdict.BLOCK:
        assert verdict_of(judge(facts(declared | more, named), pack)) is Verdict.BLOCK


def test_two_approvals_are_not_added_up() -> None:
    first, second = UseCategory.KEY_CREATIVE, UseCategory.PERSONAL_DATA
    both = frozenset({first, second})
    apart = facts(both, frozenset({first}), frozenset({second}))
    assert verdict_of(judge(apart, NETFLIX)) is Verdict.BLOCK
    together = facts(both, frozenset({first}), both)
    findings = judge(together, NETFLIX)
    assert verdict_of(findings) is Verdict.PASS
    assert {one.waived_by for one in findings if one.verdict is Verdict.BLOCK} == {
        "urn:uuid:00000002-0000-4000-8000-000000000000"
    }


def test_the_message_names_what_is_missing_and_whose_approval_it_takes() -> None:
    known = facts(frozenset({UseCategory.TALENT_REPLICA}), frozenset())
    (message,) = (
        one.message for one in judge(known, NETFLIX) if one.rule == "approval-does-not-hold"
    )
    assert message == (
        "Approval 00000001… does not name talent_replica, which needs written approval by Netflix,"
        " through your Netflix contact, with the performer's documented consent."
    )


def test_weighing_twice_changes_nothing_and_earlier_objections_stay() -> None:
    known = facts(frozenset({UseCategory.UNION_WORK}), frozenset())
    once = weigh(known, NETFLIX)
    assert weigh(once, NETFLIX) == once
    objected = approved(ApprovalStatus.VALID, "It was given for other uses.")
    declared = replace(objected, ai_use=known.ai_use)
    assert weigh(declared, NETFLIX) == declared
    assert weigh(objected, NETFLIX) == objected
