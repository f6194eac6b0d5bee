"""AI media of which nobody declared how it was made."""

from collections.abc import Iterator
from dataclasses import replace

from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Origin, Verdict
from provenance.model.signal import Level
from provenance.policy.samples import (
    DECLARED_USE,
    PLAIN,
    REMEMBERED,
    TAGGED,
    WITHDRAWN,
    declaring,
)


class AiUseUndeclared:
    """AI media without an AI-use record."""

    rule_id = "ai-use-undeclared"
    title = "Nobody declared how AI was used for this file"
    explanation = (
        "An AI-use record says with which tool, from what and for what a file was made; from it the"
        " policy pack tells whether approval is needed and by whom. Without one an approval cannot"
        " be held against the categories it has to name. A remark; with --strict a person has to"
        " look before the file passes."
    )
    remedy = "Declare it: provenance declare FILE --tool NAME --category CATEGORY --declared-by WHO"
    is_waivable = False
    examples = (TAGGED, REMEMBERED, declaring(Level.DECLARES))
    counterexamples = (
        PLAIN,
        WITHDRAWN,
        declaring(Level.HINT),
        replace(TAGGED, ai_use=DECLARED_USE),
    )

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`."""
        if not facts.is_ai or facts.ai_use is not None:
            return
        yield Finding(
            rule=self.rule_id,
            path=facts.path,
            verdict=Verdict.PASS,
            origin=Origin.ASSET,
            message="No AI-use record: nobody declared with which tool and for what it was made.",
            remedy=self.remedy,
        )
