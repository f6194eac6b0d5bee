"""Judge facts by the rules of a pack; pure."""

from collections.abc import Iterator
from dataclasses import replace

from provenance.model.facts import AssetFacts, JudgedApproval
from provenance.model.finding import Finding, Verdict
from provenance.model.report import RuleText
from provenance.model.requirement import Requirement
from provenance.policy.pack import PolicyPack
from provenance.policy.requirement import requirement
from provenance.policy.rules.known import RULES
from provenance.policy.rules.override import OverrideInForce

_LOOKED_AT = frozenset({OverrideInForce.rule_id})
"""Remarks that a person signed: `--strict` need not have one look."""


def judge(facts: AssetFacts, pack: PolicyPack, *, strict: bool = False) -> tuple[Finding, ...]:
    """Return every finding about one file, those a valid approval sets aside included.

    An emergency override sets aside what an approval could. With `strict`, a remark (verdict PASS)
    becomes undecided: a person has to look; at an override somebody did.
    """
    facts = weigh(facts, pack)
    waiver = next(_waivers(facts), None)
    findings = []
    for rule in RULES:
        verdict = pack.verdicts[rule.rule_id]
        if verdict is None:
            continue
        if strict and verdict is Verdict.PASS and rule.rule_id not in _LOOKED_AT:
            verdict = Verdict.UNDECIDED
        for finding in rule.find(facts):
            waived_by = waiver if rule.is_waivable else None
            findings.append(replace(finding, verdict=verdict, waived_by=waived_by))
    return tuple(findings)


def weigh(facts: AssetFacts, pack: PolicyPack) -> AssetFacts:
    """Return the facts with each approval held against what the pack has it name.

    An approval that does not name every declared category that needs one does not cover the file.
    """
    if facts.ai_use is None or not facts.approvals:
        return facts
    required = requirement(facts.ai_use, pack, pack.use)
    return replace(facts, approvals=tuple(_weighed(one, required) for one in facts.approvals))


def _weighed(judged: JudgedApproval, required: Requirement) -> JudgedApproval:
    approval = judged.checked.approval
    unnamed = sorted(required.categories - approval.categories)
    if judged.not_covering is not None or not unnamed:
        return judged
    number = approval.approval_id.removeprefix("urn:uuid:")[:8]
    needs = "; nor ".join(
        f"{one.value}, which needs written approval by {required.by_of(one)}" for one in unnamed
    )
    return replace(judged, not_covering=f"Approval {number}… does not name {needs}.")


def rule_texts(pack: PolicyPack) -> tuple[RuleText, ...]:
    """Return what every rule says of itself, with what it counts for in this pack."""
    return tuple(
        RuleText(
            rule_id=rule.rule_id,
            title=rule.title,
            explanation=rule.explanation,
            remedy=rule.remedy,
            verdict=verdict,
        )
        for rule in RULES
        if (verdict := pack.verdicts[rule.rule_id]) is not None
    )


def _waivers(facts: AssetFacts) -> Iterator[str]:
    yield from (one.checked.approval.approval_id for one in facts.approvals if one.sets_aside)
    yield from (one.checked.override.override_id for one in facts.overrides if one.sets_aside)
