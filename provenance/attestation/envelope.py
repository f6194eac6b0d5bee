"""DSSE envelopes: a statement's exact bytes together with the signatures over them."""

import base64
import binascii
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
MAX_RECEIPT_SIZE = 1 << 29
"""Bytes; a receipt has some 400 for each file of the folder."""
_RECEIPT_HEAD = b'{"payload":"'


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


def sign_statement(
    statement: bytes,
    *signers: Signer,
    payload_type: str = PAYLOAD_TYPE,
    largest: int = MAX_ENVELOPE_SIZE,
) -> bytes:
    """Return the envelope of a statement, signed; raises AttestationError if it gets too big."""
    envelope = Envelope(statement, payload_type, {})
    for signer in signers:
        envelope.sign(signer)
    data = _dumped(envelope)
    _require_size(data, largest)
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


def open_receipt_envelope(data: bytes) -> OpenedEnvelope:
    """Return what the envelope of a receipt holds, unverified; it may be large.

    It must be byte for byte as `sign_statement` writes it. So the payload is cut out and only the
    rest, which is small, is parsed as JSON: hostile text costs no more memory than its size.
    Raises AttestationError or SignatureInvalidError as `open_envelope` does.
    """
    _require_size(data, MAX_RECEIPT_SIZE)
    end = data.find(b'"', len(_RECEIPT_HEAD))
    if not data.startswith(_RECEIPT_HEAD) or end < 0:
        raise AttestationError("it is no receipt of this program")
    without = open_envelope(_RECEIPT_HEAD + data[end:])
    signatures = {signature.keyid: signature for signature in without.signatures}
    if _dumped(Envelope(b"", PAYLOAD_TYPE, signatures)) != _RECEIPT_HEAD + data[end:]:
        raise SignatureInvalidError("the receipt's envelope is not as it was written")
    encoded = data[len(_RECEIPT_HEAD) : end]
    try:
        payload = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise SignatureInvalidError(f"the receipt cannot be decoded: {error}") from error
    if base64.b64encode(payload) != encoded:
        raise SignatureInvalidError("the receipt's base64 is not as it was written")
    return OpenedEnvelope(payload=payload, signatures=without.signatures)


def _dumped(envelope: Envelope) -> bytes:
    return json.dumps(envelope.to_dict(), sort_keys=True, separators=(",", ":")).encode("ascii")


def _require_size(data: bytes, largest: int = MAX_ENVELOPE_SIZE) -> None:
    if len(data) > largest:
        raise AttestationError(
            f"the envelope has {len(data)} bytes; more than {largest} are not accepted"
        )
