"""Digests of bytes, written `sha256:<64 hex digits>`."""

import hashlib
from typing import NewType

Digest = NewType("Digest", str)
"""A SHA-256 digest in the form `sha256:<64 lower-case hex digits>`."""

_PREFIX = "sha256:"
_HEX_LENGTH = 64


def sha256_digest(data: bytes) -> Digest:
    """Return the digest of these bytes."""
    return Digest(_PREFIX + hashlib.sha256(data).hexdigest())


def digest_from_hex(hex_digits: str) -> Digest:
    """Return the digest whose hex digits these are; raises ValueError if they are not 64."""
    lowered = hex_digits.lower()
    if len(lowered) != _HEX_LENGTH or lowered.strip("0123456789abcdef"):
        raise ValueError(f"not a SHA-256 in hex: {hex_digits[:80]!r}")
    return Digest(_PREFIX + lowered)


def parse_digest(text: str) -> Digest:
    """Return the text as a digest; raises ValueError if it is none."""
    if not text.startswith(_PREFIX):
        raise ValueError(f"not a sha256 digest: {text[:80]!r}")
    return digest_from_hex(text.removeprefix(_PREFIX))


def hex_of(digest: Digest) -> str:
    """Return the 64 hex digits of a digest."""
    return digest.removeprefix(_PREFIX)
