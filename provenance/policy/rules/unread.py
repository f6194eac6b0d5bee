"""A file of a format that is not read: a person has to look, and may say so in writing."""

from collections.abc import Iterator

from provenance.model.facts import AssetFacts, ProblemKind
from provenance.model.finding import Finding, Origin, Verdict
from provenance.policy.samples import PLAIN, TAGGED, troubled


class FormatNotRead:
    """A file that this version cannot look into."""

    rule_id = "format-not-read"
    title = "The file is of a format that this version does not read"
    explanation = (
        "What such a file says of itself is not known here, so a person has to look at it. Only an"
        " approval of exactly these bytes, recorded in writing, lets it pass: where no picture or"
        " sound can be told from the rest, the whole file is what is approved."
    )
    remedy = (
        "If such files are meant to be delivered unread, list their names under [scan] ignore in"
        " provenance.toml; else have a person check it and record that:"
        " provenance approve FILE --approver WHO --evidence MAIL"
    )
    is_waivable = True
    examples = (troubled(ProblemKind.UNSUPPORTED),)
    counterexamples = (PLAIN, TAGGED, troubled(ProblemKind.DAMAGED))

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`."""
        for problem in facts.problems:
            if problem.kind is ProblemKind.UNSUPPORTED:
                yield Finding(
                    rule=self.rule_id,
                    path=facts.path,
                    verdict=Verdict.UNDECIDED,
                    origin=Origin.INTERNAL,
                    message=f"Could not be judged ({problem.kind.value}): {problem.detail}",
                    remedy=self.remedy,
                )
