"""A guiding principle of a pack, and how a declared use answers it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from provenance.model.ai_use import AiUse, Answer


class CheckedBy(StrEnum):
    """What else of a record an answer must agree with."""

    USE = "use"
    """The use asked for: whether the material stays temporary shows there."""
    INPUTS = "inputs"
    """Whether what went in was owned or cleared."""
    TOOLS = "tools"
    """Whether the tools were enterprise-secured."""
    CONSENTS = "consents"
    """Whether performers' consents are on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principle:
    """One principle; whoever answers it no or unsure needs written approval."""

    principle_id: str
    """For example `P1`."""
    question: str
    """The principle as a question that is answered yes where it is kept."""
    by: str
    """Who must approve where it is not, in words."""
    checked_by: CheckedBy | None = None
    """What else of the record the answer must agree with."""
    temporary_uses: frozenset[str] = frozenset()
    """Where the use answers: uses that answer yes."""
    final_uses: frozenset[str] = frozenset()
    """Where the use answers: uses that answer no."""

    def answer(self, ai_use: AiUse, use: str) -> tuple[Answer, str]:
        """Return the answer and, unless it is yes, one sentence that says why it is not.

        What is missing is unsure; what the rest of the record says can only lower an answer, but
        for the use asked for, which answers by itself.
        """
        if use in self.final_uses:
            return Answer.NO, f"{use} is no temporary use."
        declared = ai_use.principles.get(self.principle_id)
        if declared is None and use in self.temporary_uses:
            return Answer.YES, ""
        if declared is None:
            return Answer.UNSURE, f"Nobody answered: {self.question}"
        if declared is not Answer.YES:
            return declared, f"Answered {declared.value}: {self.question}"
        doubt = next(self._doubts(ai_use), "")
        return (Answer.UNSURE, f"{doubt} ({self.question})") if doubt else (Answer.YES, "")

    def _doubts(self, ai_use: AiUse) -> Iterator[str]:
        match self.checked_by:
            case CheckedBy.INPUTS:
                return _inputs(ai_use)
            case CheckedBy.TOOLS:
                return _tools(ai_use)
            case CheckedBy.CONSENTS:
                return _consents(ai_use)
            case _:
                return iter(())


def _inputs(ai_use: AiUse) -> Iterator[str]:
    for one in ai_use.inputs:
        if one.is_owned is not Answer.YES:
            state = "not owned or cleared" if one.is_owned is Answer.NO else "perhaps not owned"
            yield f"Answered yes, but the input “{one.what}” is {state}."


def _tools(ai_use: AiUse) -> Iterator[str]:
    for tool in ai_use.tools:
        if tool.is_enterprise_secured is not Answer.YES:
            is_no = tool.is_enterprise_secured is Answer.NO
            state = "is not" if is_no else "may not be"
            yield f"Answered yes, but {tool.name} {state} enterprise-secured."


def _consents(ai_use: AiUse) -> Iterator[str]:
    if ai_use.performers and not ai_use.consents:
        yield "Answered yes, but a performer is concerned and no consent is named."
    if ai_use.performers and not any(one.concerns_talent for one in ai_use.categories):
        yield "Answered yes, but no category says how the performer is concerned."
