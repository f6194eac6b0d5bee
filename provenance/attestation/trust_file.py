"""`trust.toml` and the signatures beside it: read, verify, follow from edition to edition."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.attestation.envelope import OpenedEnvelope, open_envelope, sign_statement
from provenance.attestation.trust import TrustList
from provenance.attestation.trust_text import dump_trust, parse_trust
from provenance.attestation.trusted_key import TrustedKey
from provenance.errors import AttestationError, ConfigError

SIGNATURE_SUFFIX = ".sig"
"""Of the file beside `trust.toml`: a DSSE envelope over its exact bytes."""
TRUST_TYPE = "application/vnd.provenance.trust+toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTrust:
    """A trust list as it was signed."""

    trust: TrustList
    """The list."""
    envelope: bytes
    """The DSSE envelope over its text; empty for a list from before lists were signed."""


def load_trust(path: Path) -> TrustList:
    """Return the trust list of a file; raises ConfigError if it is missing, wrong or unsigned."""
    return load_signed_trust(path).trust


def load_signed_trust(path: Path) -> SignedTrust:
    """Return the trust list of a file with its envelope. See `load_trust`."""
    data = _read(path)
    if data is None:
        raise ConfigError(f"there is no trust list at {path}; without one nobody's approval counts")
    try:
        trust = parse_trust(data.decode("utf-8"))
        if trust.serial == 0:
            return SignedTrust(trust=trust, envelope=b"")
        return SignedTrust(trust=trust, envelope=_signature_over(data, path))
    except (ConfigError, ValueError, AttestationError) as error:
        raise ConfigError(f"the trust list {path} is wrong: {error}") from error


def opened_trust(envelope: bytes) -> tuple[TrustList, OpenedEnvelope]:
    """Return the list of an envelope that enough of its own roots signed.

    Raises ConfigError or AttestationError if it is no list, or its signatures are too few or wrong.
    """
    opened = open_envelope(envelope, payload_type=TRUST_TYPE)
    trust = parse_trust(opened.payload.decode("utf-8"))
    _require_roots(opened, trust.roots, trust.root_threshold, of="itself")
    return trust, opened


def sign_trust(trust: TrustList, signers: Sequence[Signer]) -> SignedTrust:
    """Return the list signed by root keys.

    Raises ConfigError if the signatures would not do, or if nobody could sign the next edition.
    """
    envelope = sign_statement(dump_trust(trust).encode("utf-8"), *signers, payload_type=TRUST_TYPE)
    opened_trust(envelope)
    return SignedTrust(trust=trust, envelope=envelope)


def write_trust(path: Path, signed: SignedTrust) -> None:
    """Write a signed list and its signature; the signature first, so that neither stands alone.

    A crash between the two leaves a pair that does not belong together, which nobody trusts.
    """
    for target, data in (
        (signature_path(path), signed.envelope),
        (path, opened_trust(signed.envelope)[1].payload),
    ):
        staging = target.with_name(f"{target.name}.staging")
        staging.write_bytes(data)
        staging.replace(target)


def signature_path(path: Path) -> Path:
    """Return where the signature of a trust list lies."""
    return path.with_name(path.name + SIGNATURE_SUFFIX)


def require_successor(earlier: TrustList, envelope: bytes) -> TrustList:
    """Return the list of an envelope that may follow this one.

    Raises ConfigError unless it is of a later edition and enough roots of both signed it (TUF
    1.0 §5.3.4-5).
    """
    later, opened = opened_trust(envelope)
    if earlier.serial and later.list_id != earlier.list_id:
        raise ConfigError("it is another production's trust list; import its keys instead")
    if later.serial <= earlier.serial:
        raise ConfigError(
            f"it is edition {later.serial} of the trust list, and edition {earlier.serial} was"
            " seen: an older list was put back"
        )
    if earlier.serial:
        roots = earlier.roots
        _require_roots(opened, roots, earlier.root_threshold, of="the edition before it")
    return later


def require_current(trust: TrustList, now: datetime) -> None:
    """Raise ConfigError if the list has expired."""
    if trust.expires is not None and now > trust.expires:
        raise ConfigError(
            f"the trust list expired on {trust.expires:%Y-%m-%d %H:%M} UTC; a holder of its root"
            " key signs a new edition with: provenance keys renew"
        )


def _require_roots(
    opened: OpenedEnvelope, roots: Iterable[TrustedKey], threshold: int, *, of: str
) -> None:
    signed = {signature.keyid for signature in opened.signatures}
    holders = set()
    for key in roots:
        if key.keyid not in signed:
            continue
        if not opened.is_signed_by(key.verifier()):
            raise ConfigError(f"it is not what {key.holder} signed")
        holders.add(key.person)
    if len(holders) < threshold:
        raise ConfigError(
            f"it is signed by {len(holders)} of the {threshold} root holders that must sign it"
            f" according to {of}"
        )


def _signature_over(data: bytes, path: Path) -> bytes:
    beside = signature_path(path)
    envelope = _read(beside)
    if envelope is None:
        raise ConfigError(f"its signature {beside.name} is missing beside it")
    if opened_trust(envelope)[1].payload != data:
        raise ConfigError(f"{beside.name} is over other text: it was edited after signing")
    return envelope


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"the trust list {path} cannot be read: {error}") from error
