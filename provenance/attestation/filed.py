"""A signed envelope as it is filed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A signed envelope and when a registry of ours took it up."""

    envelope: bytes
    """The envelope, byte for byte."""
    recorded_at: datetime | None = None
    """When it was recorded; None where no registry of ours saw it."""
    countersignatures: tuple[bytes, ...] = ()
    """Envelopes of others over the same payload."""
