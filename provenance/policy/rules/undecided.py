"""A file that could not be judged: never a pass."""

from collections.abc import Iterator

from provenance.model.facts import AssetFacts, ProblemKind
from provenance.model.finding import Finding, Origin, Verdict
from provenance.policy.samples import PLAIN, TAGGED, troubled

_REMEDIES = {
    ProblemKind.UNREADABLE: "Make it a readable regular file, or take it out of the folder.",
    ProblemKind.UNSUPPORTED: (
        "Have a person check it; if such files are meant to be delivered unread, list them under"
        " [scan] ignore in provenance.toml."
    ),
    ProblemKind.DAMAGED: "Copy or render the file again and scan once more.",
    ProblemKind.EMPTY_FILE: "Copy the file again; it holds no bytes.",
    ProblemKind.EMPTY_TARGET: "Check the path: a gate that saw nothing passes nothing.",
    ProblemKind.CHANGED: "Wait until nobody writes the file, then scan again.",
    ProblemKind.REGISTRY: "Make the registry reachable: provenance registry check",
    ProblemKind.RECORD: (
        "Have it declared anew with the key of somebody who may approve it: provenance declare FILE"
        " ... --declared-by WHO --key KEY"
    ),
}


class CouldNotDecide:
    """Something kept the gate from judging the file."""

    rule_id = "could-not-decide"
    title = "The file could not be judged"
    explanation = (
        "Unreadable, damaged, of an unknown kind, changed while it was read: whatever a gate could"
        " not look into, it does not let through."
    )
    remedy = "See the finding: each kind of problem names its own."
    is_waivable = False
    examples = tuple(troubled(kind) for kind in ProblemKind)
    counterexamples = (PLAIN, TAGGED)

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`."""
        for problem in facts.problems:
            yield Finding(
                rule=self.rule_id,
                path=facts.path,
                verdict=Verdict.UNDECIDED,
                origin=Origin.INTERNAL,
                message=f"Could not be judged ({problem.kind.value}): {problem.detail}",
                remedy=_REMEDIES[problem.kind],
            )
