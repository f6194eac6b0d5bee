"""An emergency override: loud where it counts, and where it no longer does."""

from collections.abc import Iterator

from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Origin, Verdict
from provenance.model.override import OverrideStatus
from provenance.policy.samples import PLAIN, TAGGED, overridden


class OverrideInForce:
    """An emergency override lets this file pass for now."""

    rule_id = "override-in-force"
    title = "An emergency override lets the file pass for now, without written approval"
    explanation = (
        "Somebody whose key may sign overrides answered for this file for at most 72 hours. It sets"
        " aside what an approval could, and stays in every report. A pack may refuse overrides by"
        " counting this as blocked."
    )
    remedy = (
        "Get the written approval before the override ends, or replace the file:"
        " provenance approve FILE --approver WHO --evidence MAIL"
    )
    is_waivable = False
    examples = (overridden(OverrideStatus.IN_FORCE),)
    counterexamples = (PLAIN, TAGGED, overridden(OverrideStatus.EXPIRED))

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`."""
        for judged in facts.overrides:
            if judged.sets_aside:
                override = judged.checked.override
                message = (
                    f"EMERGENCY OVERRIDE until {override.valid_until:%Y-%m-%d %H:%M} UTC by"
                    f" {override.by}: {override.reason.rstrip('.')}."
                )
                yield _remark(self.rule_id, facts, message, self.remedy)


class OverrideDoesNotHold:
    """An emergency override that does not count, or no longer."""

    rule_id = "override-does-not-hold"
    title = "An emergency override exists for the file and does not count here"
    explanation = (
        "Overrides are verified each time: signature, a key that may sign overrides, length,"
        " revocation, time and use. One that fails sets nothing aside, and the finding says why."
    )
    remedy = "Get a written approval; in an emergency: provenance override FILE --reason TEXT"
    is_waivable = False
    examples = (
        overridden(OverrideStatus.EXPIRED),
        overridden(OverrideStatus.IN_FORCE, "It is for another use."),
    )
    counterexamples = (PLAIN, TAGGED, overridden(OverrideStatus.IN_FORCE))

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`; silent as soon as an approval or another override holds."""
        if any(one.sets_aside for one in facts.approvals):
            return
        if any(one.sets_aside for one in facts.overrides):
            return
        for judged in facts.overrides:
            message = judged.checked.reason
            if judged.checked.status is OverrideStatus.IN_FORCE:
                message = judged.not_covering or message
            yield _remark(self.rule_id, facts, message, self.remedy)


def _remark(rule_id: str, facts: AssetFacts, message: str, remedy: str) -> Finding:
    return Finding(
        rule=rule_id,
        path=facts.path,
        verdict=Verdict.PASS,
        origin=Origin.ASSET,
        message=message,
        remedy=remedy,
    )
