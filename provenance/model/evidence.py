"""The documents behind an approval."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provenance.model.digest import Digest


class EvidenceKind(StrEnum):
    """What sort of document it is."""

    MAIL = "mail"
    PDF = "pdf"
    IMAGE = "image"
    TICKET = "ticket"
    OTHER = "other"


class DkimOutcome(StrEnum):
    """What checking a mail's DKIM signature (RFC 6376) at import gave."""

    PASS = "pass"  # noqa: S105  (an outcome, not a password)
    FAIL = "fail"
    UNSIGNED = "unsigned"
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFacts:
    """What a mail says of itself, and whether its sender's domain vouches for it."""

    message_id: str
    """`Message-ID`, empty if it has none."""
    sender: str
    """The address in `From`."""
    sent_at: datetime | None
    """`Date`, aware UTC; None if it has none that can be read."""
    dkim: DkimOutcome
    """What checking the signature gave."""
    dkim_domain: str = ""
    """The domain that signed (`d=`)."""
    dkim_selector: str = ""
    """The key it names (`s=`)."""
    dkim_key: str = ""
    """The DNS TXT record the signature was checked with; keys are withdrawn, so it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A document behind an approval, held by the registry's store."""

    name: str
    """Its file name."""
    digest: Digest
    """Digest of its bytes."""
    size: int
    """Its size in bytes."""
    kind: EvidenceKind = EvidenceKind.OTHER
    """What sort of document it is."""
    mail: MailFacts | None = None
    """What a mail says of itself; None for other documents."""
