"""A performer's voice or likeness without a consent on record."""

from collections.abc import Iterator
from dataclasses import replace

from provenance.model.ai_use import AiUse, UseCategory
from provenance.model.approval import ApprovalStatus
from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Origin, Verdict
from provenance.policy.samples import (
    DECLARED_USE,
    PLAIN,
    TAGGED,
    WITHDRAWN,
    approved,
    with_consents,
)

_REPLICA = replace(DECLARED_USE, categories=frozenset({UseCategory.TALENT_REPLICA}))


class ConsentMissing:
    """A use that concerns talent, and no consent named by the record or an approval that holds."""

    rule_id = "consent-missing"
    title = "A performer's voice or likeness is concerned, and no consent is on record"
    explanation = (
        "The AI-use record names a replica, an alteration or visual ADR of talent. Approval alone"
        " is not enough for that: the performer's documented consent has to be on record, named by"
        " an opaque id in the AI-use record, signed by somebody who could approve it, or in an"
        " approval that holds. A consent the record names that was taken back blocks always."
    )
    remedy = (
        "Get the performer's consent, file it under an opaque id, and name that: provenance declare"
        " FILE ... --consent ID"
    )
    is_waivable = False
    examples = (
        replace(TAGGED, ai_use=_REPLICA),
        replace(TAGGED, ai_use=replace(_REPLICA, unvouched_consents=("C-17",))),
        replace(
            with_consents(approved(ApprovalStatus.VALID)),
            ai_use=replace(_REPLICA, withdrawn_consents=("C-18",)),
        ),
        replace(approved(ApprovalStatus.VALID), ai_use=_REPLICA),
        replace(with_consents(approved(ApprovalStatus.EXPIRED)), ai_use=_REPLICA),
    )
    counterexamples = (
        PLAIN,
        replace(TAGGED, ai_use=DECLARED_USE),
        replace(TAGGED, ai_use=replace(_REPLICA, consents=("C-17",))),
        replace(with_consents(approved(ApprovalStatus.VALID)), ai_use=_REPLICA),
        replace(WITHDRAWN, ai_use=_REPLICA),
    )

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`."""
        if facts.ai_use is None or not facts.is_ai:
            return
        message = _withdrawn(facts.ai_use) or _missing(facts.ai_use, facts)
        if not message:
            return
        yield Finding(
            rule=self.rule_id,
            path=facts.path,
            verdict=Verdict.BLOCK,
            origin=Origin.ASSET,
            message=message,
            remedy=self.remedy,
        )


def _withdrawn(use: AiUse) -> str:
    """Return what is wrong if a consent was taken back: another does not make up for it."""
    if not use.withdrawn_consents:
        return ""
    named = ", ".join(use.withdrawn_consents)
    return f"The AI-use record rests on consents, and {named} was taken back."


def _missing(use: AiUse, facts: AssetFacts) -> str:
    talent = sorted(one.value for one in use.categories if one.concerns_talent)
    approvals = (one.checked.approval for one in facts.approvals if one.sets_aside)
    if not talent or use.consents or any(one.consents for one in approvals):
        return ""
    message = f"Declared as {', '.join(talent)}, and no performer's consent is on record."
    if not use.unvouched_consents:
        return message
    named = ", ".join(use.unvouched_consents)
    return f"{message} {named} is named only by a key that could not approve this."
