"""A public key we trust, for what, and from when until when."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.signer import (
    SSlibKey,
)

from provenance.attestation.record import as_utc
from provenance.errors import ConfigError
from provenance.model.ai_use import UseCategory

EVERY_CATEGORY = frozenset(UseCategory)
"""What `*` stands for in a trust list."""


class KeyRole(StrEnum):
    """What a key may sign."""

    ROOT = "root"
    """The trust list itself."""
    APPROVER = "approver"
    """Approvals, denials, and taking them back."""
    RECORDER = "recorder"
    """AI-use records and requests."""
    GATE = "gate"
    """Receipts and checkpoints of the log."""
    OVERRIDE = "override"
    """Emergency overrides."""


class KeyState(StrEnum):
    """What may be done with a key now."""

    VALID = "valid"
    """It may sign."""
    NOT_YET_VALID = "not-yet-valid"
    """Its time has not come."""
    EXPIRED = "expired"
    """Its time is over."""
    RETIRED = "retired"
    """Another took its place; what was signed and recorded before still counts."""
    REVOKED = "revoked"
    """It was withdrawn; nothing it ever signed counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A public key we trust; raises ConfigError if it contradicts itself."""

    keyid: str
    """The id signatures name it by, computed from the key."""
    public_key: str
    """The public key as PEM text: Ed25519, or ECDSA where a hardware or cloud key needs it."""
    holder: str
    """Who holds it, as people should read it; two keys of one holder count as one approver."""
    organisation: str = ""
    """Whom the holder acts for."""
    roles: frozenset[KeyRole] = frozenset({KeyRole.APPROVER, KeyRole.RECORDER, KeyRole.GATE})
    """What it may sign; never empty."""
    categories: frozenset[UseCategory] = EVERY_CATEGORY
    """The categories of AI use it may approve."""
    uri: str = ""
    """Where its holder reaches the private half, for keys that lie in no file."""
    valid_from: datetime | None = None
    """First moment it may sign, aware UTC; None means always."""
    valid_until: datetime | None = None
    """Last moment its signatures count, aware UTC; None means until revoked."""
    retired_at: datetime | None = None
    """When it was replaced by another: what was signed and recorded before still counts."""
    revoked: bool = False
    """Whether it was withdrawn, for example stolen; then nothing it ever signed counts."""
    revoked_reason: str = ""
    """Why it was revoked."""

    def __post_init__(self) -> None:
        self._require_lines()
        if self.verifier().keyid != self.keyid:
            raise ConfigError(f"the key of {self.holder} does not have the keyid it stands under")
        for moment in (self.valid_from, self.valid_until, self.retired_at):
            if moment is not None:
                self._require_utc(moment)
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise ConfigError(f"the key of {self.holder} ends before it begins")
        if not self.roles:
            raise ConfigError(f"the key of {self.holder} has no role; it could sign nothing")

    @property
    def person(self) -> str:
        """Who holds it, folded: however a name is spelled, one holder counts once."""
        return " ".join(unicodedata.normalize("NFKC", self.holder).casefold().split())

    def verifier(self) -> SSlibKey:
        """Return the key as the signing library wants it; its keyid is computed anew."""
        try:
            public_key = load_pem_public_key(self.public_key.encode("utf-8"))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ConfigError(f"the public key of {self.holder} is not PEM: {error}") from error
        if not isinstance(public_key, Ed25519PublicKey | EllipticCurvePublicKey):
            raise ConfigError(f"the public key of {self.holder} is neither Ed25519 nor ECDSA")
        try:
            return SSlibKey.from_crypto(public_key)
        except ValueError as error:  # a curve nobody signs with
            raise ConfigError(f"the public key of {self.holder} is unsuitable: {error}") from error

    @property
    def is_in_use(self) -> bool:
        """Whether it was neither retired nor revoked."""
        return not self.revoked and self.retired_at is None

    def is_valid_at(self, moment: datetime) -> bool:
        """Return whether the moment lies within its validity, both ends included."""
        return not (
            (self.valid_from is not None and moment < self.valid_from)
            or (self.valid_until is not None and moment > self.valid_until)
        )

    def state_at(self, moment: datetime) -> KeyState:
        """Return what may be done with it at a moment."""
        if self.revoked:
            return KeyState.REVOKED
        if self.retired_at is not None:
            return KeyState.RETIRED
        if self.is_valid_at(moment):
            return KeyState.VALID
        is_early = self.valid_from is not None and moment < self.valid_from
        return KeyState.NOT_YET_VALID if is_early else KeyState.EXPIRED

    def _require_lines(self) -> None:
        if not self.holder.strip() or any(map(_is_unwritable, self.holder)):
            raise ConfigError(f"the key {self.keyid[:16]!a} needs a holder's name on one line")
        for text in (self.organisation, self.uri, self.revoked_reason):
            if any(map(_is_unwritable, text)):
                raise ConfigError(f"the key of {self.holder} has a text that is not on one line")

    def _require_utc(self, moment: datetime) -> None:
        try:
            as_utc(moment)
        except ValueError as error:
            raise ConfigError(f"a time of the key of {self.holder} {error}") from error


def _is_unwritable(character: str) -> bool:
    # surrogates cannot be written as UTF-8; the rest would let a name forge lines, or hide in one
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
