"""Digests: one spelling, and no other text passes for one."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model.digest import digest_from_hex, hex_of, parse_digest, sha256_digest


@given(data=st.binary(max_size=50))
def test_a_digest_reads_back_from_its_text_and_its_hex(data: bytes) -> None:
    digest = sha256_digest(data)
    assert digest == "sha256:" + hashlib.sha256(data).hexdigest()
    assert parse_digest(digest) == digest
    assert digest_from_hex(hex_of(digest).upper()) == digest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0" * 64,
        "sha256:" + "0" * 63,
        "sha256:" + "0" * 65,
        "sha256:" + "0" * 31 + "g" + "0" * 32,
        "sha256:" + "0" * 63 + " ",
        "sha256:" + "0" * 63 + "\u0660",
        "sha512:" + "0" * 64,
    ],
)
def test_a_text_that_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_digest(text)
