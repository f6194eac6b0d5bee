"""A file that could not be judged: never a pass."""

from collections.abc import Iterator

from provenance.model.facts import AssetFacts, ProblemKind
from provenance.model.finding import Finding, Origin, Verdict
from provenance.policy.samples import PLAIN, TAGGED, troubled

REMEDIES = {
    ProblemKind.UNREADABLE: "Make it a readable regular file, or take it out of the folder.",
    ProblemKind.TRAILING_FILE: "Save it anew without what follows its end, and scan once more.",
    ProblemKind.DAMAGED: "Copy or render the file again and scan once more.",
    ProblemKind.EMPTY_FILE: "Copy the file again; it holds no bytes.",
    ProblemKind.EMPTY_TARGET: "Check the path: a gate that saw nothing passes nothing.",
    ProblemKind.LOST_ROOT: (
        "Mount the share again. If the folder was really replaced, say so: provenance zones adopt"
        " FILE"
    ),
    ProblemKind.CHANGED: "Wait until nobody writes the file, then scan again.",
    ProblemKind.REGISTRY: "Make the registry reachable: provenance registry check",
    ProblemKind.RECORD: (
        "Have it declared anew with the key of somebody who may approve it: provenance declare FILE"
        " ... --declared-by WHO --key KEY"
    ),
}
"""What to do about each kind of problem."""


class CouldNotDecide:
    """Something kept the gate from judging the file."""

    rule_id = "could-not-decide"
    title = "The file could not be judged"
    explanation = (
        "Unreadable, damaged, changed while it was read: whatever a gate could not look into, it"
        " does not let through, and no approval changes that."
    )
    remedy = "See the finding: each kind of problem names its own."
    is_waivable = False
    examples = tuple(troubled(kind) for kind in REMEDIES)
    counterexamples = (PLAIN, TAGGED, troubled(ProblemKind.UNSUPPORTED))

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`."""
        for problem in facts.problems:
            if problem.kind is ProblemKind.UNSUPPORTED:
                continue  # `FormatNotRead` speaks of it
            yield Finding(
                rule=self.rule_id,
                path=facts.path,
                verdict=Verdict.UNDECIDED,
                origin=Origin.INTERNAL,
                message=f"Could not be judged ({problem.kind.value}): {problem.detail}",
                remedy=REMEDIES[problem.kind],
            )
