"""An approval: who allowed which bytes, for which use, on what evidence."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provenance.model.digest import Digest

FINAL_DELIVERABLE = "final-deliverable"
"""The use a gate asks for unless told otherwise."""

_USE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def is_use_term(text: str) -> bool:
    """Return whether the text is a use term: lower-case words joined by hyphens."""
    return _USE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The bytes an approval speaks of."""

    name: str
    """The file's name when it was approved; for people, never compared."""
    file_digest: Digest
    """Digest of the whole file when it was approved."""
    essence_digest: Digest
    """Digest of its picture or sound; the binding that survives re-tagging."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The document behind an approval, held by the registry's store."""

    name: str
    """Its file name."""
    digest: Digest
    """Digest of its bytes."""
    size: int
    """Its size in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A written approval: who allowed which bytes, for which use, until when."""

    approval_id: str
    """`urn:uuid:...`."""
    subjects: tuple[Subject, ...]
    """What is approved; never empty."""
    uses: frozenset[str]
    """For which uses; never empty."""
    approver: str
    """Who decided, as written by the recorder."""
    approved_at: datetime
    """When it was recorded, aware UTC."""
    evidence: tuple[Evidence, ...]
    """The documents that show it; never empty."""
    title: str = ""
    """The production or episode it holds for; empty means this production."""
    conditions: tuple[str, ...] = ()
    """Conditions in the approver's words; shown wherever the approval is."""
    valid_until: datetime | None = None
    """Last moment it holds, aware UTC; None means until revoked."""


class RevocationKind(StrEnum):
    """How an approval was taken back."""

    REVOKED = "revoked"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A statement that takes an approval back, for good or for now."""

    approval_id: str
    """The approval it speaks of."""
    kind: RevocationKind
    """For good or for now."""
    reason: str
    """Why, in words."""
    revoked_at: datetime
    """When, aware UTC."""


class ApprovalStatus(StrEnum):
    """What became of an approval, as far as verification can tell."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
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
    """Holder of the key that signed, as the trust list names them."""
