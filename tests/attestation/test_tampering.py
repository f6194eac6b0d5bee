"""Every byte of a signed approval, changed: nothing that was not signed is ever valid."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.attestation.envelope import open_envelope
from provenance.errors import AttestationError
from provenance.model.approval import ApprovalStatus, CheckedApproval
from tests.exhaustive import exhaustive

pytestmark = exhaustive


def outcome(check: Any, data: bytes) -> CheckedApproval | None:
    try:
        return check(data)
    except AttestationError:
        return None


def is_sound(check: Any, data: bytes, envelope: bytes) -> bool:
    """Whether data was refused, or says byte for byte what was signed, with its signatures."""
    checked = outcome(check, data)
    if checked is None or checked.status is not ApprovalStatus.VALID:
        return True
    original = open_envelope(envelope)
    return open_envelope(data) == original and checked == check(envelope)


def single_bit_flips(data: bytes) -> Iterator[bytes]:
    for index in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[index] ^= 1 << bit
            yield bytes(changed)


def test_every_flipped_bit_of_an_envelope_is_detected(check: Any, envelope: bytes) -> None:
    flips = list(single_bit_flips(envelope))
    assert len(flips) == 8 * len(envelope)
    assert [data for data in flips if not is_sound(check, data, envelope)] == []


@pytest.mark.parametrize("byte", [0x00, 0x20, 0x22, 0x2C, 0x3D, 0x41, 0x5C, 0x7D, 0xFF])
def test_every_byte_replaced_is_detected(check: Any, envelope: bytes, byte: int) -> None:
    for index in range(len(envelope)):
        changed = envelope[:index] + bytes([byte]) + envelope[index + 1 :]
        assert is_sound(check, changed, envelope), index


def test_every_byte_left_out_or_doubled_is_detected(check: Any, envelope: bytes) -> None:
    for index in range(len(envelope)):
        assert is_sound(check, envelope[:index] + envelope[index + 1 :], envelope), index
        assert is_sound(check, envelope[: index + 1] + envelope[index:], envelope), index


def test_every_truncation_is_refused(check: Any, envelope: bytes) -> None:
    for length in range(len(envelope)):
        assert outcome(check, envelope[:length]) is None, length


def test_every_flipped_bit_of_the_statement_is_detected(check: Any, envelope: bytes) -> None:
    fields = json.loads(envelope)
    for payload in single_bit_flips(base64.b64decode(fields["payload"])):
        fields["payload"] = base64.b64encode(payload).decode()
        checked = outcome(check, json.dumps(fields).encode())
        # the statement is still readable, or not; it is never valid
        assert checked is None or checked.status is ApprovalStatus.TAMPERED


def test_every_flipped_bit_of_the_signature_is_detected(check: Any, envelope: bytes) -> None:
    fields = json.loads(envelope)
    for signature in single_bit_flips(base64.b64decode(fields["signatures"][0]["sig"])):
        fields["signatures"][0]["sig"] = base64.b64encode(signature).decode()
        assert check(json.dumps(fields).encode()).status is ApprovalStatus.TAMPERED


def test_every_flipped_bit_of_the_keyid_is_detected(check: Any, envelope: bytes) -> None:
    fields = json.loads(envelope)
    for keyid in single_bit_flips(fields["signatures"][0]["keyid"].encode()):
        fields["signatures"][0]["keyid"] = keyid.decode("latin-1")
        assert check(json.dumps(fields).encode()).status is ApprovalStatus.UNKNOWN_KEY


def test_other_white_space_around_the_same_payload_stays_valid(check: Any, envelope: bytes) -> None:
    spaced = json.dumps(json.loads(envelope), indent=2).encode()
    assert spaced != envelope
    assert check(spaced) == check(envelope)
    assert open_envelope(spaced).payload == open_envelope(envelope).payload


@given(data=st.data())
def test_spliced_envelopes_are_detected(data: st.DataObject, check: Any, envelope: bytes) -> None:
    begin = data.draw(st.integers(0, len(envelope)))
    end = data.draw(st.integers(begin, len(envelope)))
    inserted = data.draw(st.binary(max_size=20) | st.sampled_from([envelope, b'"', b"{}"]))
    assert is_sound(check, envelope[:begin] + inserted + envelope[end:], envelope)
