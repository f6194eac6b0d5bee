"""An inspection as an editor wants to see it: one glance, then why."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provenance.cli.output import joined, safe, shortened
from provenance.inspecting import Inspection, Status
from provenance.model.credential import Credentials
from provenance.model.facts import JudgedApproval, ProblemKind
from provenance.model.requirement import Outcome, Requirement
from provenance.path_text import shown
from provenance.policy.rules.known import POLICY_RULES

_WIDTH = 80
_COLUMN = 14
_GLANCE = {
    Status.TEMPORARY: ("TEMPORARY", "AI-generated, not for final deliverables", "red"),
    Status.APPROVED: ("APPROVED", "", "green"),
    Status.AI_UNTAGGED: ("AI, NOT TAGGED", "it declares AI itself; run provenance tag", "red"),
    Status.HINT: ("A HINT OF AI", "no declaration; ask where it comes from", "yellow"),
    Status.NO_DECLARATION: ("NO AI DECLARATION FOUND", "that does not say it is not AI", ""),
    Status.UNREADABLE: ("COULD NOT BE READ", "a gate does not let it through", "yellow"),
}
_NOT_READ = ("FORMAT NOT READ", "a gate passes it only if it is approved or ignored", "yellow")
_MOST_SIGNALS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the display."""

    text: str
    """What it says; printable."""
    style: dict[str, Any] = field(default_factory=dict)
    """How click is to paint it on a terminal."""


def glance(inspection: Inspection) -> Iterator[Line]:
    """Yield the lines of an inspection: path, verdict, reasons, credentials, technical data."""
    headline, remark, colour = _NOT_READ if _is_not_read(inspection) else _GLANCE[inspection.status]
    yield Line(text=safe(shown(inspection.path)), style={"bold": True})
    remark = _remark(inspection) or remark
    yield Line(text=f"  {headline}  {safe(remark)}", style={"fg": colour or None, "bold": True})
    for word, text in _rows(inspection):
        for line in textwrap.wrap(
            safe(text) or "-",
            _WIDTH,
            initial_indent=f"  {word:<{_COLUMN - 2}}",
            subsequent_indent=" " * _COLUMN,
            break_on_hyphens=False,
        ):
            yield Line(text=line)
    yield Line(text="")


def _is_not_read(inspection: Inspection) -> bool:
    """Return whether the one trouble is that this version does not read such files."""
    kinds = {problem.kind for problem in inspection.facts.problems}
    return inspection.status is Status.UNREADABLE and kinds == {ProblemKind.UNSUPPORTED}


def _remark(inspection: Inspection) -> str:
    if inspection.approval is None:
        return ""
    approval = inspection.approval.checked.approval
    until = f"{approval.valid_until:%Y-%m-%d}" if approval.valid_until else "revoked"
    return f"for {joined(sorted(approval.uses))} until {until}"


def _rows(inspection: Inspection) -> Iterator[tuple[str, str]]:
    facts = inspection.facts
    yield from _why(inspection)
    yield from _evidence(inspection)
    yield from _use(inspection)
    for judged in facts.approvals:
        yield "approval", _approval(judged)
    for problem in facts.problems:
        yield "problem", problem.detail
    if _is_not_read(inspection):
        yield "what to do", POLICY_RULES["format-not-read"].remedy
    yield "technical", _technical(inspection)


def _why(inspection: Inspection) -> list[tuple[str, str]]:
    facts, rows = inspection.facts, []
    if facts.tag is not None:
        tag = facts.tag
        reasons = joined(tag.reasons)
        rows.append(("tagged", f"{tag.tagged_at:%Y-%m-%d}: {reasons}"))
        rows.append(("stands in", joined(facts.carriers)))
        if facts.essence_digest not in (None, tag.essence_digest):
            rows.append(("warning", "the tag was written for other picture or sound"))
    if facts.remembered is not None:
        state = "withdrawn" if facts.remembered.is_withdrawn else "temporary"
        why = facts.remembered.withdrawn_reason or joined(facts.remembered.reasons)
        rows.append(("registry", f"{state}: {why}"))
    if inspection.sequence:
        rows.append(("frame of", shown(Path(Path(inspection.sequence).name))))
    if facts.asset_id:
        rows.append(("asset", shortened(facts.asset_id)))
    return rows


def _evidence(inspection: Inspection) -> list[tuple[str, str]]:
    rows = []
    for signal in inspection.facts.signals[:_MOST_SIGNALS]:
        rows.append(("evidence", f"{signal.level.value}: {signal.rule} in {signal.place}"))
        if signal.generator and signal.generator.tool:
            made = signal.generator
            rows.append(("made by", " ".join(filter(None, (made.tool, made.model, made.version)))))
    left = len(inspection.facts.signals) - _MOST_SIGNALS
    if left > 0:
        rows.append(("", f"and {left} more; see --json"))
    if inspection.credentials is not None:
        rows.append(("credential", _credential(inspection.credentials)))
    return rows


def _use(inspection: Inspection) -> list[tuple[str, str]]:
    use, required = inspection.facts.ai_use, inspection.requirement
    if use is None:
        return []
    what = joined(sorted(use.categories)) if use.categories else "no category"
    tools = joined(" ".join(filter(None, (one.name, one.version))) for one in use.tools)
    rows = [("AI use", f"{what}; tools: {tools}; declared by {use.declared_by}")]
    if required is not None:
        rows.append(("requires", f"for {required.use}: {requirement_words(required)}"))
        rows += [("because", reason) for reason in required.reasons]
    return rows


def requirement_words(required: Requirement) -> str:
    """Return what a pack requires in words, with who has to give it."""
    by = joined(required.by)
    match required.outcome:
        case Outcome.APPROVE:
            return f"written approval needed, by {by}"
        case Outcome.DISCLOSE:
            return f"to be disclosed to {by}"
        case _:
            return "fine to use"


def _credential(credentials: Credentials) -> str:
    active = next((one for one in credentials.manifests if one.is_active), None)
    if active is None:
        return "a C2PA store without an active manifest"
    if credentials.is_ours:
        state = "ours, signature and content intact"
    else:
        state = f"signed by {active.signer or 'nobody'}, signature {credentials.state.lower()}"
    others = len(credentials.manifests) - 1
    return f"C2PA by {active.claim_generator}, {state}" + (f", {others} earlier" if others else "")


def _approval(judged: JudgedApproval) -> str:
    checked = judged.checked
    state = (
        checked.status.value if judged.sets_aside or not checked.status.holds else "not for this"
    )
    why = "" if judged.sets_aside else f": {judged.not_covering or checked.reason}"
    conditions = f"; conditions: {joined(one.text for one in checked.approval.conditions)}"
    who = f"{shortened(checked.approval.approval_id)} by {checked.approval.approver.name}"
    return f"{who}, {state}{why}" + (conditions if checked.approval.conditions else "")


def _technical(inspection: Inspection) -> str:
    facts = dict(inspection.technical)
    if "channels" in facts:
        facts["channels"] += " channel" if facts["channels"] == "1" else " channels"
    return ", ".join(facts.values())
