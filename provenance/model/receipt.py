"""A receipt: what a gate saw in a folder, byte for byte, and what it said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provenance.model.digest import Digest
from provenance.model.finding import Verdict
from provenance.model.purpose import Purpose
from provenance.model.trust_edition import TrustEdition


class EntryKind(StrEnum):
    """Why a file stands in a receipt."""

    JUDGED = "judged"
    """It was judged."""
    SIDECAR = "sidecar"
    """It was read with the file it speaks of."""
    IGNORED = "ignored"
    """The settings leave it out, or an operating system dropped it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptEntry:
    """One file of the folder."""

    path: str
    """Relative to the folder, with `/`; bytes that are no UTF-8 are surrogate-escaped."""
    kind: EntryKind
    """Why it is listed."""
    verdict: Verdict
    """What the gate said; PASS of what it only read or left out."""
    file_digest: Digest | None
    """Digest of all its bytes; None for what could not be read as a regular file."""
    essence_digest: Digest | None = None
    """Digest of picture or sound alone, where a verdict needed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDigest:
    """Something a verdict rests on, by name and digest."""

    name: str
    """A URI, or the name of a policy pack."""
    digest: Digest
    """Digest of its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one scan saw in one folder."""

    receipt_id: str
    """`urn:uuid:...`."""
    folder: str
    """Name of the folder, for people."""
    scanned_at: datetime
    """When the scan ended, aware UTC."""
    verdict: Verdict
    """The verdict over all."""
    is_overridden: bool
    """Whether a file passed by an emergency override alone."""
    is_strict: bool
    """Whether hints needed a person's look."""
    purposes: tuple[Purpose, ...]
    """What approvals had to cover, of each zone that was scanned; never empty."""
    policies: tuple[NamedDigest, ...]
    """The policy packs it was judged by; never empty."""
    inputs: tuple[NamedDigest, ...]
    """Envelopes of the approvals, AI-use records and overrides asked, and of the trust list."""
    trust_edition: TrustEdition
    """Edition of the trust list."""
    versions: Mapping[str, str]
    """Versions of the program and of what it reads with."""
    entries: tuple[ReceiptEntry, ...]
    """Every file, in path order."""
    valid_until: datetime | None = None
    """Last moment it holds, aware UTC: the first of the overrides it rests on ends then."""
