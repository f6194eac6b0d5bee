"""What a production discloses of its use of AI: one entry an asset, for lawyers and buyers."""

from dataclasses import dataclass
from datetime import datetime

from provenance.model.ai_use import AiUse
from provenance.model.approval import CheckedApproval
from provenance.model.digest import Digest
from provenance.model.override import CheckedOverride, OverrideStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosedUse:
    """One asset made or altered with AI, as far as it is known."""

    name: str
    """File name by which people know it."""
    essence_digest: Digest
    """Digest of its picture or sound, by which it is known."""
    asset_id: str = ""
    """`urn:uuid:...`; empty if it was declared or approved and never seen."""
    media_type: str = ""
    """MIME type when first seen."""
    made_as: str = ""
    """Digital source type, the IPTC term."""
    tools: tuple[str, ...] = ()
    """Generators and tools, with version and plan where known."""
    first_seen: datetime | None = None
    """When it was first recorded, aware UTC."""
    last_seen: datetime | None = None
    """When it was last seen, aware UTC."""
    last_path: str = ""
    """Where that was; surrogate-escaped where the name is not UTF-8."""
    withdrawn: str | None = None
    """Why a person took the declaration back; None if nobody did."""
    ai_use: AiUse | None = None
    """How AI was used, as a trusted recorder declared."""
    approvals: tuple[CheckedApproval, ...] = ()
    """Written decisions that name it, verified."""
    overrides: tuple[CheckedOverride, ...] = ()
    """Emergency overrides that name it, verified."""
    missing: tuple[str, ...] = ()
    """What is missing, in words."""
    thumbnail: bytes | None = None
    """A small JPEG, where the file is still there and is a picture."""

    @property
    def standing(self) -> str:
        """How it stands, in a word or three."""
        if self.withdrawn is not None:
            return "declaration withdrawn"
        holding = [one for one in self.approvals if one.status.holds]
        if holding:
            return "approved with conditions" if holding[0].approval.conditions else "approved"
        if any(one.status is OverrideStatus.IN_FORCE for one in self.overrides):
            return "emergency override"
        return "not approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """Every use of AI a registry knows of, or those found in some files."""

    production: str
    """Name of the production."""
    made_at: datetime
    """When, aware UTC."""
    uses: tuple[DisclosedUse, ...]
    """One entry an asset."""
    paths: tuple[str, ...] = ()
    """The paths it is limited to; empty for the whole production."""
    unread: tuple[str, ...] = ()
    """Files below those paths that could not be read, with the reason."""
