"""A file that carries our tag has no business in a deliverable without approval."""

from collections.abc import Iterator

from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Origin, Verdict
from provenance.model.signal import Level, Signal
from provenance.policy.samples import PLAIN, REMEMBERED, TAGGED


class TemporaryUnapproved:
    """Our tag without a valid approval."""

    rule_id = "temporary-unapproved"
    title = "The file is tagged as temporary AI media and has no valid written approval"
    explanation = (
        "Somebody, or the file itself, declared it AI-generated, and it was tagged as temporary."
        " Temporary material must not reach a final deliverable without written approval."
    )
    remedy = (
        "Replace it with final material, or get written approval and record it:"
        " provenance approve FILE --approver WHO --evidence MAIL"
    )
    is_waivable = True
    examples = (TAGGED,)
    counterexamples = (PLAIN, REMEMBERED)

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`."""
        if facts.tag is None:
            return
        why = ", ".join(facts.tag.reasons) or facts.tag.declared_by.value
        evidence = tuple(
            Signal(
                rule="own-tag",
                level=Level.DECLARES,
                place=carrier,
                value=facts.tag.asset_id,
                generator=facts.tag.generator,
            )
            for carrier in facts.carriers
        )
        yield Finding(
            rule=self.rule_id,
            path=facts.path,
            verdict=Verdict.BLOCK,
            origin=Origin.ASSET,
            message=f"Tagged TEMPORARY since {facts.tag.tagged_at:%Y-%m-%d} ({why}).",
            remedy=self.remedy,
            evidence=evidence,
        )
