"""A file that says of itself that it is AI-made."""

from collections.abc import Iterator

from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Origin, Verdict
from provenance.model.signal import Level
from provenance.policy.samples import PLAIN, TAGGED, declaring


class AiDeclared:
    """A declaration or fingerprint of AI without a valid approval."""

    rule_id = "ai-declared-unapproved"
    title = "The file itself says that it was made or altered by AI, and has no valid approval"
    explanation = (
        "Its own metadata declares AI, or has a structure only one generator writes. It need not be"
        " tagged for that: an untagged generator file dropped into a deliverable blocks too."
    )
    remedy = (
        "Replace it with final material, or get written approval and record it:"
        " provenance approve FILE --approver WHO --evidence MAIL"
    )
    is_waivable = True
    examples = (declaring(Level.DECLARES), declaring(Level.FINGERPRINT))
    counterexamples = (PLAIN, TAGGED, declaring(Level.HINT))

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`."""
        proof = tuple(signal for signal in facts.signals if signal.level.is_conclusive)
        if not proof:
            return
        first = proof[0]
        maker = f" by {first.generator.tool}" if first.generator and first.generator.tool else ""
        yield Finding(
            rule=self.rule_id,
            path=facts.path,
            verdict=Verdict.BLOCK,
            origin=Origin.ASSET,
            message=f"Says of itself that it is AI-made{maker} ({first.rule} in {first.place}).",
            remedy=self.remedy,
            evidence=proof,
        )


class AiHint:
    """A hint of AI, worth a look and no verdict."""

    rule_id = "ai-hint"
    title = "Something in the file hints at AI without saying so"
    explanation = (
        "Weak evidence, or evidence that ordinary files carry too. It is shown and never blocks"
        " alone; with --strict a person has to look before the file passes."
    )
    remedy = "Ask whoever delivered the file how it was made."
    is_waivable = True
    examples = (declaring(Level.HINT),)
    counterexamples = (PLAIN, declaring(Level.DECLARES))

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`; silent where stronger evidence speaks."""
        if facts.ai_level is not Level.HINT:
            return
        first = facts.signals[0]
        yield Finding(
            rule=self.rule_id,
            path=facts.path,
            verdict=Verdict.PASS,
            origin=Origin.ASSET,
            message=f"A hint of AI, no declaration ({first.rule} in {first.place}).",
            remedy=self.remedy,
            evidence=facts.signals,
        )
