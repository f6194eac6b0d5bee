"""AI media whose machine-readable marking is gone."""

from collections.abc import Iterator
from dataclasses import replace

from provenance.model.approval import ApprovalStatus
from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Origin, Verdict
from provenance.model.signal import Level
from provenance.policy.samples import (
    DECLARED_USE,
    PLAIN,
    REMEMBERED,
    REMEMBERED_AND_DECLARING,
    TAGGED,
    WITHDRAWN,
    approved,
    declaring,
)


class MarkingRemoved:
    """Known as AI media, though nothing in the file says so to a machine any more."""

    rule_id = "marking-removed"
    title = "The file is known as AI media and bears no machine-readable marking any more"
    explanation = (
        "Article 50 of the EU AI Act has generated media marked in a machine-readable way, and the"
        " code of practice on it has existing markings preserved. An approval says that the media"
        " may be used, not that its marking may be removed; so none sets this aside. Works that are"
        " evidently artistic, creative or fictional may disclose in a manner that does not hamper"
        " the work, and assistive or standard editing is carved out of the duty: whether either is"
        " so is for a person to judge, not for this rule."
    )
    remedy = (
        "Deliver the copy that still bears its marking, or mark this one: provenance tag FILE;"
        " if it is no AI media after all: provenance untag FILE --withdraw --reason TEXT"
    )
    is_waivable = False
    examples = (
        REMEMBERED,
        replace(approved(ApprovalStatus.VALID), tag=None, carriers=()),
        replace(PLAIN, ai_use=DECLARED_USE),
    )
    counterexamples = (
        PLAIN,
        TAGGED,
        WITHDRAWN,
        REMEMBERED_AND_DECLARING,
        declaring(Level.HINT),
        replace(WITHDRAWN, ai_use=DECLARED_USE),
    )

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`."""
        if not facts.is_ai or facts.is_marked:
            return
        yield Finding(
            rule=self.rule_id,
            path=facts.path,
            verdict=Verdict.BLOCK,
            origin=Origin.ASSET,
            message="Known as AI media, and the file bears no machine-readable marking any more.",
            remedy=self.remedy,
        )
