"""An approval: who allowed which bytes, for which use, on what evidence, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provenance.model.ai_use import Transform, UseCategory
from provenance.model.condition import Condition
from provenance.model.evidence import Evidence
from provenance.model.party import Party
from provenance.model.purpose import UNLIMITED, Scope
from provenance.model.subject import Subject
from provenance.model.trust_edition import UNSIGNED, TrustEdition


class Decision(StrEnum):
    """What an approver decided."""

    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A written decision on the use of media made with AI."""

    approval_id: str
    """`urn:uuid:...`."""
    subjects: tuple[Subject, ...]
    """What is decided on; never empty."""
    uses: frozenset[str]
    """For which uses; never empty."""
    approver: Party
    """Who decided."""
    approved_at: datetime
    """When it was recorded, aware UTC."""
    evidence: tuple[Evidence, ...]
    """The documents that show it; never empty."""
    decision: Decision = Decision.APPROVED
    """What was decided."""
    authority: str = ""
    """On what the approver's authority rests, in words."""
    requester: Party | None = None
    """Who asked, where that is known."""
    recorder: str = ""
    """Who recorded the decision; empty where the approver did."""
    request_id: str = ""
    """The request it answers, `urn:uuid:...`; empty where there was none."""
    categories: frozenset[UseCategory] = frozenset()
    """The categories of AI use it allows; empty allows none that needs an approver of its own."""
    scope: Scope = UNLIMITED
    """What it is limited to."""
    conditions: tuple[Condition, ...] = ()
    """Under which conditions."""
    derivatives: frozenset[Transform] = frozenset()
    """By which transforms declared derivatives are covered too; empty covers none."""
    consents: tuple[str, ...] = ()
    """Opaque ids of the talent consents it rests on; one that is suspended suspends it."""
    supersedes: str = ""
    """The approval it takes the place of, `urn:uuid:...`."""
    valid_from: datetime | None = None
    """First moment it holds, aware UTC; None means from its recording on."""
    valid_until: datetime | None = None
    """Last moment it holds, aware UTC; None means until revoked."""
    trust_edition: TrustEdition = UNSIGNED
    """Edition of the trust list it was made under; an older one cannot judge it."""


class RevocationKind(StrEnum):
    """How an approval or a consent was taken back, or given back."""

    REVOKED = "revoked"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A statement that takes an approval or a consent back, or lifts suspensions of it."""

    record_id: str
    """The approval, `urn:uuid:...`, or the consent, `consent:ID`, it speaks of."""
    kind: RevocationKind
    """For good, for now, or no longer."""
    reason: str
    """Why, in words."""
    revoked_at: datetime
    """When, aware UTC."""
    lifts: tuple[str, ...] = ()
    """Digests of the suspensions a reinstatement lifts; nothing else it could lift."""


class ApprovalStatus(StrEnum):
    """What became of an approval, as far as verification can tell."""

    VALID = "valid"
    DENIED = "denied"
    TOO_FEW_APPROVERS = "too-few-approvers"
    NOT_AUTHORISED = "not-authorised"
    OLD_TRUST = "old-trust"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    TAMPERED = "tampered"
    UNKNOWN_KEY = "unknown-key"
    EVIDENCE_MISSING = "evidence-missing"

    @property
    def holds(self) -> bool:
        """Whether an approval in this state may set a finding aside."""
        return self is ApprovalStatus.VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedApproval:
    """An approval with the outcome of verifying it."""

    approval: Approval
    """What the envelope says; for a tampered one, what can still be read."""
    status: ApprovalStatus
    """The outcome."""
    reason: str
    """One sentence that says why the status is what it is."""
    signed_by: str = ""
    """Holders of the keys that signed, as the trust list names them."""
    is_general: bool = False
    """Whether a key signed that may approve every category of AI use."""

    @property
    def state(self) -> str:
        """The status in an approver's words: `valid` with conditions is said so."""
        if self.status.holds and self.approval.conditions:
            return "valid with conditions"
        return self.status.value


def approval_name(record_id: str) -> str:
    """Return how messages name an approval."""
    return f"Approval {record_id.removeprefix('urn:uuid:')[:8]}…"
