"""An emergency override: somebody lets media pass for some hours without written approval."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provenance.model.subject import Subject

LONGEST_OVERRIDE = timedelta(hours=72)
"""How long an override may last; who needs more needs an approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One override."""

    override_id: str
    """`urn:uuid:...`."""
    subjects: tuple[Subject, ...]
    """What it lets pass; never empty. As with approvals, picture or sound decides."""
    use: str
    """The one use it is for."""
    by: str
    """Who answers for it."""
    reason: str
    """Why there was no time for an approval."""
    made_at: datetime
    """When, aware UTC."""
    valid_until: datetime
    """Last moment it counts, aware UTC."""
    trust_serial: int
    """Edition of the trust list it was made under; an older list cannot judge it."""


class OverrideStatus(StrEnum):
    """What became of an override."""

    IN_FORCE = "in-force"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    TOO_LONG = "too-long"
    REVOKED = "revoked"
    NOT_AUTHORISED = "not-authorised"
    OLD_TRUST = "old-trust"
    UNKNOWN_KEY = "unknown-key"
    TAMPERED = "tampered"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOverride:
    """An override with the outcome of verifying it."""

    override: Override
    """What the envelope says."""
    status: OverrideStatus
    """The outcome."""
    reason: str
    """One sentence that says why the status is what it is."""
    signed_by: str = ""
    """Holders of the keys that signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedOverride:
    """A verified override and whether it covers a file for a use."""

    checked: CheckedOverride
    """The override and the outcome of verifying it."""
    not_covering: str | None
    """Why it does not cover this use; None if it does."""

    @property
    def sets_aside(self) -> bool:
        """Whether it is in force and covers: then it waives what an approval may waive."""
        return self.checked.status is OverrideStatus.IN_FORCE and self.not_covering is None
