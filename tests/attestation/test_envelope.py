import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.attestation.envelope import (
    MAX_ENVELOPE_SIZE,
    PAYLOAD_TYPE,
    open_envelope,
    sign_statement,
)
from provenance.errors import AttestationError, SignatureInvalidError
from tests.exhaustive import exhaustive


@given(statement=st.binary(max_size=500))
def test_a_signed_statement_comes_back_byte_for_byte(statement: bytes, people: Any) -> None:
    opened = open_envelope(sign_statement(statement, people.producer))
    assert opened.payload == statement
    assert opened.is_signed_by(people.producer.public_key)
    assert not opened.is_signed_by(people.supervisor.public_key)


def test_an_envelope_is_a_dsse_envelope(people: Any) -> None:
    fields = json.loads(sign_statement(b"{}", people.producer))
    assert fields["payloadType"] == "application/vnd.in-toto+json"
    assert base64.b64decode(fields["payload"]) == b"{}"
    assert [entry["keyid"] for entry in fields["signatures"]] == [people.producer.public_key.keyid]
    # DSSE v1: the signature is over the pre-authentication encoding, not the bare payload
    signed = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
    expected = people.producer.sign(signed).signature
    assert base64.b64decode(fields["signatures"][0]["sig"]).hex() == expected


def change(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda envelope: envelope.update(fields)


def first_signature(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda envelope: envelope["signatures"][0].update(fields)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (change(payloadType="text/plain"), "payloadType is not"),
        (change(payload=None), "payload is not a text"),
        (change(payload="e30"), "cannot be decoded"),
        (change(payload="é"), "cannot be decoded"),
        (change(payload="\ud800"), "payload holds half a character"),
        (change(signatures={}), "signatures is not a list"),
        (change(signatures=[1]), r"signatures\[0\] is not an object"),
        (change(signatures=[{"sig": ""}]), r"signatures\[0\].keyid is missing"),
        (first_signature(keyid=1), r"signatures\[0\].keyid is not a text"),
        (first_signature(sig="!"), "cannot be decoded"),
        (first_signature(sig=[]), r"signatures\[0\].sig is not a text"),
    ],
)
def test_a_malformed_envelope_is_refused(
    envelope: bytes, edit: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    fields = json.loads(envelope)
    edit(fields)
    with pytest.raises(AttestationError, match=sentence):
        open_envelope(json.dumps(fields).encode())


def test_two_signatures_of_one_key_are_refused(envelope: bytes) -> None:
    fields = json.loads(envelope)
    fields["signatures"] *= 2
    with pytest.raises(SignatureInvalidError, match="Multiple signatures"):
        open_envelope(json.dumps(fields).encode())


def test_a_key_that_stands_twice_in_the_json_is_refused(envelope: bytes) -> None:
    doubled = envelope.replace(b'{"payload"', b'{"payload":"e30=","payload"', 1)
    assert doubled != envelope
    with pytest.raises(AttestationError, match="'payload' stands twice"):
        open_envelope(doubled)


def test_an_envelope_of_the_largest_size_is_opened_and_one_byte_more_is_not(
    envelope: bytes,
) -> None:
    largest = envelope.ljust(MAX_ENVELOPE_SIZE)
    assert open_envelope(largest) == open_envelope(envelope)
    with pytest.raises(AttestationError, match="more than 1048576"):
        open_envelope(largest + b" ")


def test_a_statement_too_big_to_be_opened_is_not_signed(people: Any) -> None:
    with pytest.raises(AttestationError, match="more than 1048576"):
        sign_statement(bytes(MAX_ENVELOPE_SIZE), people.producer)


def test_a_signature_of_the_wrong_length_does_not_verify(envelope: bytes, people: Any) -> None:
    fields = json.loads(envelope)
    for sig in ("", "AAAA", base64.b64encode(bytes(65)).decode()):
        fields["signatures"][0]["sig"] = sig
        opened = open_envelope(json.dumps(fields).encode())
        assert not opened.is_signed_by(people.producer.public_key)


@given(data=st.binary(max_size=200))
def test_noise_is_never_an_envelope(data: bytes) -> None:
    with pytest.raises(AttestationError):
        open_envelope(data)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=3,
)
SIGNATURES = st.lists(
    st.fixed_dictionaries(
        {"keyid": st.text(max_size=2) | JSON_VALUES, "sig": st.just("AAAA") | JSON_VALUES}
    ),
    max_size=3,
)


@exhaustive
@given(payload=st.just("e30=") | JSON_VALUES, signatures=SIGNATURES | JSON_VALUES)
def test_any_json_in_the_place_of_an_envelope_raises_only_our_error(
    payload: Any, signatures: Any
) -> None:
    fields = {"payload": payload, "payloadType": PAYLOAD_TYPE, "signatures": signatures}
    try:
        opened = open_envelope(json.dumps(fields).encode())
    except AttestationError:
        return
    keyids = [signature.keyid for signature in opened.signatures]
    assert keyids == [entry["keyid"] for entry in signatures]
    assert len(keyids) == len(set(keyids))
