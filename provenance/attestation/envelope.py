"""DSSE envelopes: a statement's exact bytes together with the signatures over them."""

import copy
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
    payload_type: str = PAYLOAD_TYPE
    """What the payload is; it is signed with it."""

    def is_signed_by(self, key: Key) -> bool:
        """Return whether this key made one of the signatures over exactly this payload."""
        envelope = Envelope(
            self.payload, self.payload_type, {sig.keyid: sig for sig in self.signatures}
        )
        try:
            envelope.verify([key], threshold=1)
        except UnverifiedSignatureError:
            return False
        return True


def sign_statement(statement: bytes, *signers: Signer, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Return the envelope of a statement, signed; raises AttestationError if it gets too big."""
    envelope = Envelope(statement, payload_type, {})
    for signer in signers:
        envelope.sign(signer)
    data = json.dumps(envelope.to_dict(), sort_keys=True, separators=(",", ":")).encode("ascii")
    _require_size(data)
    return data


def open_envelope(data: bytes, *, payload_type: str = PAYLOAD_TYPE) -> OpenedEnvelope:
    """Return what an envelope holds, unverified.

    Raises AttestationError if it is malformed, SignatureInvalidError if its base64 is, or if one
    key is said to have signed twice.
    """
    _require_size(data)
    fields = Record.parse(data, "envelope")
    if fields.text("payloadType") != payload_type:
        fields.refuse("payloadType", f"is not {payload_type}")
    plain = {
        "payload": fields.text("payload"),
        "payloadType": payload_type,
        "signatures": [
            {"keyid": signature.text("keyid"), "sig": signature.text("sig")}
            for signature in fields.records("signatures")
        ],
    }
    try:
        envelope = Envelope.from_dict(copy.deepcopy(plain))  # it changes what it is given
    except ValueError as error:
        raise SignatureInvalidError(f"the envelope cannot be decoded: {error}") from error
    if envelope.to_dict() != plain:
        # base64 has spare bits: other text for the same bytes is a change all the same
        raise SignatureInvalidError("the envelope's base64 is not as it was written")
    return OpenedEnvelope(
        payload=envelope.payload,
        signatures=tuple(envelope.signatures.values()),
        payload_type=payload_type,
    )


def _require_size(data: bytes) -> None:
    if len(data) > MAX_ENVELOPE_SIZE:
        raise AttestationError(
            f"the envelope has {len(data)} bytes; more than {MAX_ENVELOPE_SIZE} are not accepted"
        )
