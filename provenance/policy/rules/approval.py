"""An approval that is there and does not hold, and why."""

from collections.abc import Iterator
from dataclasses import replace

from provenance.model.approval import ApprovalStatus
from provenance.model.facts import AssetFacts, JudgedApproval, ProblemKind
from provenance.model.finding import Finding, Origin, Verdict
from provenance.policy.samples import PLAIN, TAGGED, WITHDRAWN, approved


class ApprovalDoesNotHold:
    """An approval names this content and cannot be relied on for this use."""

    rule_id = "approval-does-not-hold"
    title = "An approval exists for this content, but it does not hold here"
    explanation = (
        "Approvals are verified each time: signature, signer, revocation, dates, evidence, use and"
        " title. One that fails any of these sets nothing aside, and the finding says which."
    )
    remedy = "Get a new approval, or have this one renewed: provenance approvals show ID"
    is_waivable = True
    examples = (
        approved(ApprovalStatus.EXPIRED),
        approved(ApprovalStatus.TAMPERED),
        approved(ApprovalStatus.VALID, "It was given for other uses."),
    )
    counterexamples = (
        PLAIN,
        TAGGED,
        approved(ApprovalStatus.VALID),
        replace(WITHDRAWN, approvals=approved(ApprovalStatus.REVOKED).approvals),
    )

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`; silent where one holds and covers, or none is needed."""
        if any(judged.sets_aside for judged in facts.approvals) or not _needs_approval(facts):
            return
        for judged in facts.approvals:
            yield Finding(
                rule=self.rule_id,
                path=facts.path,
                verdict=Verdict.BLOCK,
                origin=Origin.ASSET,
                message=_sentence(judged),
                remedy=self.remedy,
            )


def _needs_approval(facts: AssetFacts) -> bool:
    """Return whether there is something an approval could set aside."""
    if facts.tag is not None or facts.ai_level is not None:
        return True
    if facts.remembered is not None:
        return not facts.remembered.is_withdrawn
    return any(problem.kind is ProblemKind.UNSUPPORTED for problem in facts.problems)


def _sentence(judged: JudgedApproval) -> str:
    checked = judged.checked
    if not checked.status.holds:
        return f"{checked.reason} ({checked.status.value})"
    return judged.not_covering or checked.reason
