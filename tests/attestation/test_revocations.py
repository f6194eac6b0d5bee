from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from provenance.attestation.filed import Filed
from provenance.attestation.taking_back import check_revocation
from provenance.attestation.trust import TrustList
from provenance.errors import AttestationError, SignatureInvalidError, UnknownKeyError
from provenance.model.approval import ApprovalStatus, Revocation, RevocationKind
from tests.exhaustive import exhaustive


@pytest.mark.parametrize("kind", [RevocationKind.REVOKED, RevocationKind.SUSPENDED])
def test_an_approval_taken_back_by_a_trusted_key_does_not_hold(
    check: Any, envelope: bytes, revoke: Callable[..., bytes], kind: RevocationKind
) -> None:
    checked = check(envelope, revocations=[revoke(kind=kind)])
    assert checked.status.value == kind.value
    assert checked.reason == (
        f"Approval 1a2b3c4d… was {kind.value} on 2026-01-20 08:00 UTC: The shot was replaced."
    )


def test_any_trusted_key_may_take_an_approval_back(
    check: Any, envelope: bytes, revoke: Callable[..., bytes], people: Any
) -> None:
    checked = check(envelope, revocations=[revoke(people.supervisor)])
    assert checked.status is ApprovalStatus.REVOKED


def test_a_revocation_dated_tomorrow_takes_effect_today(
    check: Any, envelope: bytes, revoke: Callable[..., bytes]
) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert check(envelope, revocations=[revoke(revoked_at=later)]).status is ApprovalStatus.REVOKED


def test_a_revocation_by_a_stranger_suspends(
    check: Any, envelope: bytes, revoke: Callable[..., bytes], people: Any
) -> None:
    checked = check(envelope, revocations=[revoke(people.stranger)])
    assert checked.status is ApprovalStatus.SUSPENDED
    assert "a revocation of it cannot be verified" in checked.reason


@pytest.mark.parametrize("data", [b"", b"{}", b"\x00" * 9])
def test_an_unreadable_revocation_suspends(check: Any, envelope: bytes, data: bytes) -> None:
    assert check(envelope, revocations=[data]).status is ApprovalStatus.SUSPENDED


@exhaustive
def test_every_changed_byte_of_a_revocation_still_takes_the_approval_back(
    check: Any, envelope: bytes, revoke: Callable[..., bytes]
) -> None:
    data = revoke()
    for index in range(len(data)):
        changed = bytearray(data)
        changed[index] ^= 1
        assert not check(envelope, revocations=[bytes(changed)]).status.holds


def test_a_revocation_of_another_approval_in_its_place_suspends(
    check: Any, envelope: bytes, revoke: Callable[..., bytes]
) -> None:
    other = revoke(record_id="urn:uuid:ffffffff-0000-4000-8000-000000000001")
    checked = check(envelope, revocations=[other])
    assert checked.status is ApprovalStatus.SUSPENDED
    assert "speaks of another" in checked.reason


def test_revoked_outranks_suspended_in_any_order(
    check: Any, envelope: bytes, revoke: Callable[..., bytes]
) -> None:
    both = [revoke(kind=RevocationKind.SUSPENDED), b"junk", revoke()]
    assert check(envelope, revocations=both).status is ApprovalStatus.REVOKED
    assert check(envelope, revocations=both[::-1]).status is ApprovalStatus.REVOKED
    assert check(envelope, revocations=both[:2]).status is ApprovalStatus.SUSPENDED


def test_a_revocation_is_returned_when_a_trusted_key_signed_it(
    revoke: Callable[..., bytes], revocation: Revocation, trust: TrustList
) -> None:
    assert check_revocation(Filed(envelope=revoke()), trust) == revocation


def test_a_revocation_by_a_stranger_raises(
    revoke: Callable[..., bytes], trust: TrustList, people: Any
) -> None:
    with pytest.raises(UnknownKeyError, match="The revocation of approval 1a2b3c4d…"):
        check_revocation(Filed(envelope=revoke(people.stranger)), trust)


def test_a_revocation_with_a_wrong_signature_raises(
    revoke: Callable[..., bytes], trust: TrustList, spoil: Callable[..., bytes]
) -> None:
    with pytest.raises(SignatureInvalidError):
        check_revocation(Filed(envelope=spoil(revoke())), trust)


def test_a_revocation_by_a_revoked_key_raises(
    revoke: Callable[..., bytes], trust_with: Callable[..., TrustList]
) -> None:
    with pytest.raises(UnknownKeyError, match="which was revoked"):
        check_revocation(Filed(envelope=revoke()), trust_with(revoked=True))


def test_an_approval_in_place_of_a_revocation_raises(envelope: bytes, trust: TrustList) -> None:
    with pytest.raises(AttestationError, match="predicateType"):
        check_revocation(Filed(envelope=envelope), trust)
