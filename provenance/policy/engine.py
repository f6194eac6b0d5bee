"""Judge facts by the rules of a pack; pure."""

from dataclasses import replace

from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Verdict
from provenance.model.report import RuleText
from provenance.policy.pack import PolicyPack
from provenance.policy.rules.known import RULES


def judge(facts: AssetFacts, pack: PolicyPack, *, strict: bool = False) -> tuple[Finding, ...]:
    """Return every finding about one file, those a valid approval sets aside included.

    With `strict`, a remark (verdict PASS) becomes undecided: a person has to look.
    """
    holding = next((judged for judged in facts.approvals if judged.sets_aside), None)
    waiver = holding.checked.approval.approval_id if holding else None
    findings = []
    for rule in RULES:
        verdict = pack.verdicts[rule.rule_id]
        if strict and verdict is Verdict.PASS:
            verdict = Verdict.UNDECIDED
        for finding in rule.find(facts):
            waived_by = waiver if rule.is_waivable else None
            findings.append(replace(finding, verdict=verdict, waived_by=waived_by))
    return tuple(findings)


def rule_texts(pack: PolicyPack) -> tuple[RuleText, ...]:
    """Return what every rule says of itself, with what it counts for in this pack."""
    return tuple(
        RuleText(
            rule_id=rule.rule_id,
            title=rule.title,
            explanation=rule.explanation,
            remedy=rule.remedy,
            verdict=pack.verdicts[rule.rule_id],
        )
        for rule in RULES
    )
