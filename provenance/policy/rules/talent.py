"""A performer's voice or likeness without a consent on record."""

from collections.abc import Iterator
from dataclasses import replace

from provenance.model.ai_use import UseCategory
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
        " an opaque id in the AI-use record or in an approval that holds."
    )
    remedy = (
        "Get the performer's consent, file it under an opaque id, and name that: provenance declare"
        " FILE ... --consent ID"
    )
    is_waivable = False
    examples = (
        replace(TAGGED, ai_use=_REPLICA),
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
        talent = sorted(one.value for one in facts.ai_use.categories if one.concerns_talent)
        approvals = (one.checked.approval for one in facts.approvals if one.sets_aside)
        if not talent or facts.ai_use.consents or any(one.consents for one in approvals):
            return
        yield Finding(
            rule=self.rule_id,
            path=facts.path,
            verdict=Verdict.BLOCK,
            origin=Origin.ASSET,
            message=(
                f"Declared as {', '.join(talent)}, and no performer's consent that stands is on"
                " record."
            ),
            remedy=self.remedy,
        )
