"""DSSE envelopes: a statement's exact bytes together with the signatures over them."""

import json
from dataclasses import dataclass

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import (
    Key,
    Signature,
    Signer,
)

from provenance.attestation.record import Record
from provenance.errors import AttestationError, SignatureInvalidError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_ENVELOPE_SIZE = 1 << 20
"""Bytes; an approval is a few thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedEnvelope:
    """An envelope taken apart; nothing it says is verified yet."""

    payload: bytes
    """The statement, byte for byte as it was signed."""
    signatures: tuple[Signature, ...]
    """What claims to be signatures, at most one a key."""

    def is_signed_by(self, key: Key) -> bool:
        """Return whether this key made one of the signatures over exactly this payload."""
        envelope = Envelope(self.payload, PAYLOAD_TYPE, {sig.keyid: sig for sig in self.signatures})
        try:
            envelope.verify([key], threshold=1)
        except UnverifiedSignatureError:
            return False
        return True


def sign_statement(statement: bytes, signer: Signer) -> bytes:
    """Return the envelope of a statement, signed; raises AttestationError if it gets too big."""
    envelope = Envelope(statement, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    data = json.dumps(envelope.to_dict(), sort_keys=True, separators=(",", ":")).encode("ascii")
    _require_size(data)
    return data


def open_envelope(data: bytes) -> OpenedEnvelope:
    """Return what an envelope holds, unverified.

    Raises AttestationError if it is malformed, SignatureInvalidError if its base64 is, or if one
    key is said to have signed twice.
    """
    _require_size(data)
    fields = Record.parse(data, "envelope")
    if fields.text("payloadType") != PAYLOAD_TYPE:
        fields.refuse("payloadType", f"is not {PAYLOAD_TYPE}")
    plain = {
        "payload": fields.text("payload"),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [
            {"keyid": signature.text("keyid"), "sig": signature.text("sig")}
            for signature in fields.records("signatures")
        ],
    }
    try:
        envelope = Envelope.from_dict(plain)
    except ValueError as error:
        raise SignatureInvalidError(f"the envelope cannot be decoded: {error}") from error
    return OpenedEnvelope(payload=envelope.payload, signatures=tuple(envelope.signatures.values()))


def _require_size(data: bytes) -> None:
    if len(data) > MAX_ENVELOPE_SIZE:
        raise AttestationError(
            f"the envelope has {len(data)} bytes; more than {MAX_ENVELOPE_SIZE} are not accepted"
        )
