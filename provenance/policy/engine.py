"""Judge facts by the rules of a pack; pure."""

from collections.abc import Iterator
from dataclasses import replace

from provenance.model.approval import Approval, ApprovalStatus, CheckedApproval, approval_name
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

    An approval that does not name every declared category that needs one does not cover the file,
    nor does one that a later denial speaks against, nor, where nobody declared how AI was used,
    one that no key signed which may approve every category.
    """
    if not facts.approvals:
        return facts
    required = requirement(facts.ai_use, pack, pack.use) if facts.ai_use else None
    return replace(
        facts,
        approvals=tuple(_weighed(one, required, facts.approvals) for one in facts.approvals),
    )


def _weighed(
    judged: JudgedApproval, required: Requirement | None, others: tuple[JudgedApproval, ...]
) -> JudgedApproval:
    if not judged.sets_aside:
        return judged
    objection = (
        _denied_since(judged, others)
        or (_unnamed(judged.checked.approval, required) if required else None)
        or (_undeclared(judged.checked) if required is None else None)
    )
    if objection is None:
        return judged
    what = approval_name(judged.checked.approval.approval_id)
    return replace(judged, not_covering=f"{what} {objection}.")


def _denied_since(judged: JudgedApproval, others: tuple[JudgedApproval, ...]) -> str | None:
    given = judged.checked.approval
    for other in others:
        denial = other.checked.approval
        speaks = other.checked.status is ApprovalStatus.DENIED and other.not_covering is None
        if speaks and denial.approved_at >= given.approved_at:
            name = approval_name(denial.approval_id).lower()
            return f"was given before {name} denied it; who allows it again approves anew"
    return None


def _unnamed(approval: Approval, required: Requirement) -> str | None:
    unnamed = sorted(required.categories - approval.categories)
    needs = "; nor ".join(
        f"{one.value}, which needs written approval by {required.by_of(one)}" for one in unnamed
    )
    return f"does not name {needs}" if unnamed else None


def _undeclared(checked: CheckedApproval) -> str | None:
    if checked.is_general:
        return None
    allowed = ", ".join(sorted(checked.approval.categories))
    return (
        f"is signed by {checked.signed_by}, who may approve {allowed} and not everything, and"
        " nobody declared how AI was used (provenance declare)"
    )


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
