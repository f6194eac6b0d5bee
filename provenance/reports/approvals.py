"""Approvals in words, the same in every report for machines."""

from provenance.model.approval import Approval
from provenance.model.facts import JudgedApproval


def granted(approval: Approval) -> str:
    """Return who allowed what until when, and on which conditions."""
    conditions = "".join(f"; condition: {condition.text}" for condition in approval.conditions)
    return (
        f"approval {approval.approval_id} by {approval.approver.name}"
        f" for {', '.join(sorted(approval.uses))}, {until(approval)}{conditions}"
    )


def until(approval: Approval) -> str:
    """Return how long it holds."""
    return f"until {approval.valid_until:%Y-%m-%d}" if approval.valid_until else "until revoked"


def standing(judged: JudgedApproval) -> str:
    """Return the approval with its status and, where it sets nothing aside, why not."""
    words = f"{judged.checked.status.value}: {granted(judged.checked.approval)}"
    return words if judged.sets_aside else f"{words}; {why_not(judged)}"


def why_not(judged: JudgedApproval) -> str:
    """Return why an approval sets nothing aside."""
    return judged.not_covering or judged.checked.reason
