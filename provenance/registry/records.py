"""What a registry keeps, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provenance.model.digest import Digest
from provenance.model.signal import Generator
from provenance.model.source_type import DigitalSourceType
from provenance.model.tag import DeclaredBy


class AssetStatus(StrEnum):
    """What the registry holds of an asset."""

    TEMPORARY = "temporary"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRecord:
    """What is remembered of one essence that was declared AI-made.

    The frames of an image sequence are essences of one asset: all has one id and one making.
    """

    asset_id: str
    """`urn:uuid:...`."""
    essence_digest: Digest
    """Digest of the essence, or of the file where the format has no essence rule."""
    essence_length: int
    """Number of bytes that digest covers."""
    essence_lead: bytes = b""
    """The lead to the essence (`media.essence`); empty if recorded before there were leads."""
    media_type: str
    """MIME type when first recorded."""
    source_type: DigitalSourceType
    """What was declared of the making."""
    declared_by: DeclaredBy
    """Who declared it."""
    reasons: tuple[str, ...]
    """Why, as rule ids or short sentences."""
    recorded_at: datetime
    """When first recorded, aware UTC."""
    generator: Generator | None = None
    """What the file said made it."""
    status: AssetStatus = AssetStatus.TEMPORARY
    """Temporary, or withdrawn by a person who said why."""
    withdrawn_reason: str = ""
    """Why it was withdrawn; empty unless it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One path at which an asset was seen, and the bytes it had there."""

    asset_id: str
    """The asset."""
    path: str
    """Absolute path, surrogate-escaped where the name is not UTF-8."""
    file_digest: Digest
    """Digest of the whole file as it lay there."""
    carriers: tuple[str, ...]
    """Names of the carriers that bore our tag; empty for a stripped copy."""
    seen_at: datetime
    """When, aware UTC."""
    undo: Digest | None = None
    """Blob that leads back to the bytes before tagging, where it is exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteIntent:
    """A write that was announced and not yet settled; start-up looks at each."""

    intent_id: str
    """Opaque id."""
    path: str
    """The file about to be replaced."""
    staging: str
    """The staging file beside it, to be removed if the process died."""
    begun_at: datetime
    """When, aware UTC."""


class AttestationKind(StrEnum):
    """What a stored envelope states."""

    APPROVAL = "approval"
    """An approval or a denial, filed under its id."""
    COUNTERSIGNATURE = "countersignature"
    """Another's signature over an approval, filed under the approval's id."""
    SUCCESSOR = "successor"
    """A later approval, filed under the id of the one whose place it takes."""
    REVOCATION = "revocation"
    """Taking back an approval or a consent, filed under its id."""
    REQUEST = "request"
    """A request for approval, filed under its id."""
    AI_USE = "ai-use"
    """An AI-use record, filed under its id."""
    OVERRIDE = "override"
    """An emergency override, filed under its id."""
    TRUST = "trust"
    """An edition of the trust list, filed under `trust`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAttestation:
    """A signed envelope exactly as it came, and the keys it is found by."""

    attestation_id: str
    """Opaque id of this row."""
    kind: AttestationKind
    """What it states."""
    approval_id: str
    """The record it makes or speaks of."""
    envelope: bytes
    """The DSSE envelope, byte for byte."""
    subjects: tuple[Digest, ...]
    """Essence digests of its subjects; empty where it speaks of another record."""
    recorded_at: datetime
    """When it was stored, aware UTC."""
