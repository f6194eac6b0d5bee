import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner

from provenance.attestation.approval_statement import approval_statement
from provenance.attestation.envelope import PAYLOAD_TYPE, open_envelope, sign_statement
from provenance.attestation.filed import Filed
from provenance.attestation.signers import trusted_key
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole
from provenance.attestation.verify import World, check_approval
from provenance.errors import AttestationError
from provenance.model.ai_use import UseCategory
from provenance.model.approval import Approval, ApprovalStatus, Decision, RevocationKind
from provenance.model.digest import sha256_digest
from provenance.model.trust_edition import TrustEdition
from tests.attestation.conftest import signer_from_seed

TICK = timedelta(microseconds=1)
APPROVED_AT = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)
VALID_UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


def sign_together(statement: bytes, *signers: Any) -> bytes:
    envelope = Envelope(statement, PAYLOAD_TYPE, {})
    for signer in signers:
        envelope.sign(signer)
    return json.dumps(envelope.to_dict()).encode()


def test_an_approval_in_order_is_valid(check: Any, envelope: bytes, approval: Approval) -> None:
    checked = check(envelope)
    assert checked.approval == approval
    assert checked.status is ApprovalStatus.VALID
    assert checked.reason == "Approval 1a2b3c4d… holds; Paula Producer signed it."
    assert checked.signed_by == "Paula Producer"


# step 1 and 2


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"payload":1}'])
def test_bytes_that_hold_no_approval_raise(check: Any, data: bytes) -> None:
    with pytest.raises(AttestationError):
        check(data)


def test_a_well_signed_statement_that_is_no_approval_raises(check: Any, people: Any) -> None:
    with pytest.raises(AttestationError):
        check(sign_statement(b"{}", people.producer))


def test_a_revocation_is_not_accepted_as_an_approval(check: Any, revoke: Any) -> None:
    with pytest.raises(AttestationError, match="predicateType"):
        check(revoke())


# step 3


def test_a_stranger_is_an_unknown_key(check: Any, approval: Approval, people: Any) -> None:
    checked = check(sign_statement(approval_statement(approval), people.stranger))
    assert checked.status is ApprovalStatus.UNKNOWN_KEY
    assert "not in the trust list" in checked.reason
    assert checked.signed_by == ""


def test_an_empty_trust_list_knows_no_key(check: Any, envelope: bytes) -> None:
    assert check(envelope, trust=TrustList.of([])).status is ApprovalStatus.UNKNOWN_KEY


def test_the_same_values_in_other_bytes_are_tampered(
    check: Any, envelope: bytes, approval: Approval
) -> None:
    opened = open_envelope(envelope)
    payload = json.dumps(json.loads(opened.payload), indent=1).encode()
    signatures = {signature.keyid: signature for signature in opened.signatures}
    forged = json.dumps(Envelope(payload, PAYLOAD_TYPE, signatures).to_dict()).encode()
    checked = check(forged)
    assert checked.approval == approval
    assert checked.status is ApprovalStatus.TAMPERED
    assert checked.reason == "Approval 1a2b3c4d… is not what Paula Producer signed."


def test_a_longer_approval_under_the_old_signature_is_tampered(
    check: Any, envelope: bytes, approval: Approval
) -> None:
    opened = open_envelope(envelope)
    longer = approval_statement(replace(approval, valid_until=None))
    signatures = {signature.keyid: signature for signature in opened.signatures}
    forged = json.dumps(Envelope(longer, PAYLOAD_TYPE, signatures).to_dict()).encode()
    assert check(forged).status is ApprovalStatus.TAMPERED


def test_a_signature_under_the_name_of_another_trusted_key_is_tampered(
    check: Any, envelope: bytes, people: Any
) -> None:
    fields = json.loads(envelope)
    fields["signatures"][0]["keyid"] = people.supervisor.public_key.keyid
    assert check(json.dumps(fields).encode()).status is ApprovalStatus.TAMPERED


def test_an_approval_without_signatures_is_tampered(check: Any, envelope: bytes) -> None:
    fields = json.loads(envelope) | {"signatures": []}
    checked = check(json.dumps(fields).encode())
    assert checked.status is ApprovalStatus.TAMPERED
    assert "no signature" in checked.reason


def test_the_second_signature_may_be_the_trusted_one(
    check: Any, approval: Approval, people: Any
) -> None:
    data = sign_together(approval_statement(approval), people.stranger, people.supervisor)
    checked = check(data)
    assert checked.status is ApprovalStatus.VALID
    assert checked.signed_by == "Sam Supervisor"


def test_a_forged_signature_beside_a_good_one_is_tampered(
    check: Any, approval: Approval, people: Any, spoil: Any
) -> None:
    good = sign_together(approval_statement(approval), people.producer, people.supervisor)
    for signer in (people.producer, people.supervisor):
        forged = spoil(good, signer)
        assert check(forged).status is ApprovalStatus.TAMPERED
    assert check(good).status is ApprovalStatus.VALID


def test_a_revoked_key_counts_for_nothing(check: Any, envelope: bytes, trust_with: Any) -> None:
    checked = check(envelope, trust=trust_with(revoked=True))
    assert checked.status is ApprovalStatus.UNKNOWN_KEY
    assert checked.reason == (
        "Approval 1a2b3c4d… is signed with the key of Paula Producer, which was revoked."
    )


def test_a_second_signer_stands_in_for_a_revoked_key(
    check: Any, approval: Approval, people: Any, trust_with: Any
) -> None:
    data = sign_together(approval_statement(approval), people.producer, people.supervisor)
    checked = check(data, trust=trust_with(revoked=True))
    assert checked.status is ApprovalStatus.VALID
    assert checked.signed_by == "Sam Supervisor"


def test_a_forgery_under_a_revoked_key_is_tampered(
    check: Any, envelope: bytes, trust_with: Any, spoil: Any
) -> None:
    forged = spoil(envelope)
    revoked = trust_with(revoked=True)
    assert check(forged, trust=revoked).status is ApprovalStatus.TAMPERED


@pytest.mark.parametrize("changes", [{"valid_from": APPROVED_AT}, {"valid_until": NOW}])
def test_a_key_that_was_valid_when_it_signed_and_is_now_counts(
    check: Any, envelope: bytes, trust_with: Any, changes: dict[str, Any]
) -> None:
    checked = check(envelope, trust=trust_with(**changes), now=NOW)
    assert checked.status is ApprovalStatus.VALID


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_from": APPROVED_AT + TICK},
        {"valid_until": NOW - TICK},
        {"valid_until": APPROVED_AT - TICK},
    ],
)
def test_a_key_that_was_not_valid_then_or_is_not_now_counts_for_nothing(
    check: Any, envelope: bytes, trust_with: Any, changes: dict[str, Any]
) -> None:
    checked = check(envelope, trust=trust_with(**changes), now=NOW)
    assert checked.status is ApprovalStatus.UNKNOWN_KEY


def test_a_key_out_of_its_time_is_explained(check: Any, envelope: bytes, trust_with: Any) -> None:
    ended = trust_with(
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2026, 1, 15, tzinfo=UTC),
    )
    assert check(envelope, trust=ended).reason == (
        "Approval 1a2b3c4d… is signed with the key of Paula Producer, which is valid from"
        " 2026-01-01 00:00 UTC until 2026-01-15 00:00 UTC, not on 2026-02-01 12:00 UTC."
    )


# step 5


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (APPROVED_AT - timedelta(minutes=5) - TICK, ApprovalStatus.NOT_YET_VALID),
        (APPROVED_AT - timedelta(minutes=5), ApprovalStatus.VALID),
        (APPROVED_AT, ApprovalStatus.VALID),
        (VALID_UNTIL, ApprovalStatus.VALID),
        (VALID_UNTIL + TICK, ApprovalStatus.EXPIRED),
    ],
)
def test_an_approval_holds_from_its_first_to_its_last_moment(
    check: Any, envelope: bytes, now: datetime, status: ApprovalStatus
) -> None:
    assert check(envelope, now=now).status is status


def test_an_approval_without_an_end_does_not_expire(
    check: Any, approval: Approval, people: Any
) -> None:
    data = sign_statement(approval_statement(replace(approval, valid_until=None)), people.producer)
    assert check(data, now=datetime.max.replace(tzinfo=UTC)).status is ApprovalStatus.VALID


def test_a_time_reason_names_the_time(check: Any, envelope: bytes) -> None:
    late = check(envelope, now=VALID_UNTIL + TICK)
    assert late.reason == "Approval 1a2b3c4d… expired on 2026-03-01 00:00 UTC."
    early = check(envelope, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert early.reason == (
        "Approval 1a2b3c4d… is dated 2026-01-10 09:30 UTC, and it is 2026-01-01 00:00 UTC."
    )


def test_a_naive_now_is_refused(check: Any, envelope: bytes) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        check(envelope, now=datetime(2026, 2, 1))  # noqa: DTZ001 - the point of the test


# step 6


def test_missing_evidence_is_named(check: Any, envelope: bytes) -> None:
    checked = check(envelope, has_evidence=lambda _: False)
    assert checked.status is ApprovalStatus.EVIDENCE_MISSING
    assert checked.reason == (
        "Approval 1a2b3c4d… rests on evidence that is no longer stored: mail.eml."
    )


def test_all_evidence_must_be_there(check: Any, approval: Approval, people: Any) -> None:
    second = replace(approval.evidence[0], name="form.pdf", digest=sha256_digest(b"form"))
    both = replace(approval, evidence=(*approval.evidence, second))
    checked = check(sign_statement(approval_statement(both), people.producer))
    assert checked.status is ApprovalStatus.EVIDENCE_MISSING
    assert checked.reason.endswith(": form.pdf.")


# the order of the steps


def test_the_first_failing_step_decides(
    check: Any, envelope: bytes, revoke: Callable[..., bytes], spoil: Any
) -> None:
    late = VALID_UNTIL + TICK
    wrong: dict[str, Any] = {"has_evidence": lambda _: False}
    assert check(envelope, **wrong).status is ApprovalStatus.EVIDENCE_MISSING
    wrong["now"] = late
    assert check(envelope, **wrong).status is ApprovalStatus.EXPIRED
    wrong["revocations"] = [revoke()]
    assert check(envelope, **wrong).status is ApprovalStatus.REVOKED
    spoiled = spoil(envelope)
    assert check(spoiled, **wrong).status is ApprovalStatus.TAMPERED
    wrong["trust"] = TrustList.of([])
    assert check(spoiled, **wrong).status is ApprovalStatus.UNKNOWN_KEY


TALENT = frozenset({UseCategory.TALENT_REPLICA})
LATER = "urn:uuid:2a2b3c4d-0000-4000-8000-000000000002"


@pytest.fixture(scope="session")
def signed(approval: Approval, people: Any) -> Callable[..., bytes]:
    """Sign the approval with some fields changed."""

    def make(*signers: CryptoSigner, **changes: Any) -> bytes:
        statement = approval_statement(replace(approval, **changes))
        return sign_statement(statement, *(signers or (people.producer,)))

    return make


@pytest.fixture(scope="session")
def two_for_talent(trust: TrustList) -> TrustList:
    return trust.with_approvers(UseCategory.TALENT_REPLICA, 2)


def test_every_status_has_an_outcome_here(
    check: Any,
    envelope: bytes,
    approval: Approval,
    revoke: Callable[..., bytes],
    spoil: Any,
    signed: Callable[..., bytes],
    two_for_talent: TrustList,
    trust_with: Callable[..., TrustList],
) -> None:
    taking_over = signed(approval_id=LATER, supersedes=approval.approval_id)
    outcomes = [
        check(envelope),
        check(envelope, now=VALID_UNTIL + TICK),
        check(envelope, now=datetime(2025, 1, 1, tzinfo=UTC)),
        check(envelope, revocations=[revoke()]),
        check(envelope, revocations=[revoke(kind=RevocationKind.SUSPENDED)]),
        check(spoil(envelope)),
        check(envelope, trust=TrustList.of([])),
        check(envelope, has_evidence=lambda _: False),
        check(signed(decision=Decision.DENIED)),
        check(signed(trust_edition=TrustEdition(serial=1))),
        check(signed(categories=TALENT), trust=two_for_talent),
        check(envelope, trust=trust_with(roles=frozenset({KeyRole.GATE}))),
        check(envelope, successors=[taking_over]),
    ]
    assert {outcome.status for outcome in outcomes} == set(ApprovalStatus)
    assert [outcome.status.holds for outcome in outcomes] == [True] + [False] * 12
    assert all(outcome.reason.startswith("Approval 1a2b3c4d… ") for outcome in outcomes)
    assert all(outcome.reason.endswith(".") for outcome in outcomes)


def test_two_holders_reach_a_threshold_and_two_signatures_of_one_do_not(
    check: Any, signed: Callable[..., bytes], people: Any, two_for_talent: TrustList
) -> None:
    alone = signed(categories=TALENT)
    both = signed(people.producer, people.supervisor, categories=TALENT)
    checked = check(both, trust=two_for_talent)
    assert checked.status is ApprovalStatus.VALID
    assert checked.signed_by == "Paula Producer, Sam Supervisor"
    lonely = check(alone, trust=two_for_talent)
    assert "needs 2 approvers for talent_replica, and 1 signed it" in lonely.reason
    second_key = trusted_key(signer_from_seed(9), "paula producer")
    keys = [*two_for_talent.keys.values(), second_key]
    one_person = TrustList.of(keys, approvers=two_for_talent.approvers)
    twice = signed(people.producer, signer_from_seed(9), categories=TALENT)
    assert check(twice, trust=one_person).status is ApprovalStatus.TOO_FEW_APPROVERS


def test_a_countersignature_counts_and_a_forged_one_is_tampered(
    check: Any, signed: Callable[..., bytes], people: Any, two_for_talent: TrustList, spoil: Any
) -> None:
    first = signed(categories=TALENT)
    second = signed(people.supervisor, categories=TALENT)
    of_other = signed(people.supervisor, categories=TALENT, authority="another")
    assert check(first, trust=two_for_talent, countersignatures=[second]).status.holds
    forged = spoil(second, people.supervisor)
    for wrong in (forged, of_other):
        checked = check(first, trust=two_for_talent, countersignatures=[wrong])
        assert checked.status is ApprovalStatus.TAMPERED


def test_a_key_approves_only_the_categories_it_may(
    check: Any, signed: Callable[..., bytes], trust_with: Callable[..., TrustList]
) -> None:
    limited = trust_with(categories=frozenset({UseCategory.BACKGROUND_INCIDENTAL}))
    incidental = signed(categories=frozenset({UseCategory.BACKGROUND_INCIDENTAL}))
    assert check(incidental, trust=limited).status.holds
    talent = check(signed(categories=TALENT), trust=limited)
    assert talent.status is ApprovalStatus.NOT_AUTHORISED
    assert "Paula Producer, whose key may not approve talent_replica" in talent.reason
    assert check(signed(), trust=limited).status is ApprovalStatus.NOT_AUTHORISED


def test_a_retired_key_counts_only_for_what_was_recorded_before(
    check: Any, envelope: bytes, trust_with: Callable[..., TrustList]
) -> None:
    retired = trust_with(retired_at=APPROVED_AT + timedelta(days=2))
    before, after = APPROVED_AT + timedelta(days=1), APPROVED_AT + timedelta(days=3)
    assert check(envelope, trust=retired, recorded_at=before).status.holds
    assert check(envelope, trust=retired, recorded_at=after).status is ApprovalStatus.UNKNOWN_KEY
    unseen = check(envelope, trust=retired)
    assert unseen.status is ApprovalStatus.UNKNOWN_KEY
    assert "no registry of yours recorded it before" in unseen.reason


def test_only_what_holds_itself_takes_the_place_of_another(
    check: Any,
    envelope: bytes,
    approval: Approval,
    signed: Callable[..., bytes],
    people: Any,
    spoil: Any,
) -> None:
    takes = {"approval_id": LATER, "supersedes": approval.approval_id}
    of_a_stranger = signed(people.stranger, **takes)
    unrelated = signed(approval_id=LATER, supersedes=LATER)
    assert check(envelope, successors=[of_a_stranger, unrelated]).status.holds
    altered = check(envelope, successors=[spoil(signed(**takes))])
    assert altered.status is ApprovalStatus.SUSPENDED
    denial = check(envelope, successors=[signed(decision=Decision.DENIED, **takes)])
    assert denial.status is ApprovalStatus.SUPERSEDED


def test_a_consent_that_is_taken_back_takes_what_rests_on_it(
    check: Any, signed: Callable[..., bytes], revoke: Callable[..., bytes]
) -> None:
    resting = signed(consents=("C-17",))
    strike = revoke(record_id="consent:C-17", kind=RevocationKind.SUSPENDED, reason="strike")
    checked = check(resting, revocations=[strike])
    assert checked.status is ApprovalStatus.SUSPENDED
    assert checked.reason == (
        "Approval 1a2b3c4d… rests on consent:C-17, which was suspended on"
        " 2026-01-20 08:00 UTC: strike."
    )
    withdrawn = check(resting, revocations=[revoke(record_id="consent:C-17")])
    assert withdrawn.status is ApprovalStatus.REVOKED


def test_what_two_approvers_hold_it_takes_two_to_give_back(
    check: Any, signed: Callable[..., bytes], people: Any, two_for_talent: TrustList, revoke: Any
) -> None:
    both = signed(people.producer, people.supervisor, categories=TALENT)
    suspension = revoke(kind=RevocationKind.SUSPENDED)
    lifts = (sha256_digest(suspension),)
    one, two = (
        revoke(signer, kind=RevocationKind.REINSTATED, lifts=lifts)
        for signer in (people.producer, people.supervisor)
    )
    world = {"trust": two_for_talent}
    assert check(both, revocations=[suspension, one], **world).status is ApprovalStatus.SUSPENDED
    assert check(both, revocations=[suspension, one, two], **world).status.holds


def test_a_lesser_key_lifts_nothing(
    check: Any, envelope: bytes, revoke: Any, trust_with: Callable[..., TrustList], people: Any
) -> None:
    limited = trust_with(categories=frozenset({UseCategory.IDEATION}))
    theirs = sign_statement(open_envelope(envelope).payload, people.supervisor)
    suspension = revoke(people.supervisor, kind=RevocationKind.SUSPENDED)
    lifts = (sha256_digest(suspension),)
    lifting = revoke(kind=RevocationKind.REINSTATED, lifts=lifts)
    checked = check(theirs, revocations=[suspension, lifting], trust=limited)
    assert checked.status is ApprovalStatus.SUSPENDED
    proper = revoke(people.supervisor, kind=RevocationKind.REINSTATED, lifts=lifts)
    assert check(theirs, revocations=[suspension, lifting, proper], trust=limited).status.holds


def test_a_countersigned_successor_takes_its_place_and_a_lesser_one_does_not(
    check: Any,
    approval: Approval,
    signed: Callable[..., bytes],
    people: Any,
    two_for_talent: TrustList,
) -> None:
    first = signed(people.producer, people.supervisor, categories=TALENT)
    takes = {"approval_id": LATER, "supersedes": approval.approval_id}
    alone = signed(categories=TALENT, decision=Decision.DENIED, **takes)
    together = signed(
        people.producer, people.supervisor, categories=TALENT, decision=Decision.DENIED, **takes
    )
    world = {"trust": two_for_talent}
    assert check(first, successors=[alone], **world).status.holds
    assert check(first, successors=[together], **world).status is ApprovalStatus.SUPERSEDED
    lesser = signed(categories=frozenset({UseCategory.IDEATION}), **takes)
    assert check(first, successors=[lesser], **world).status.holds


@pytest.mark.parametrize("name", ["Paula Producer ", "paula  producer", "\uff30aula Producer"])
def test_a_holder_counts_once_however_the_name_is_spelled(
    check: Any,
    signed: Callable[..., bytes],
    people: Any,
    two_for_talent: TrustList,
    name: str,
) -> None:
    keys = [*two_for_talent.keys.values(), trusted_key(signer_from_seed(9), name)]
    one_person = TrustList.of(keys, approvers=two_for_talent.approvers)
    twice = signed(people.producer, signer_from_seed(9), categories=TALENT)
    assert check(twice, trust=one_person).status is ApprovalStatus.TOO_FEW_APPROVERS


def test_a_reinstatement_lifts_the_suspensions_it_names_and_no_revocation(
    check: Any, envelope: bytes, revoke: Callable[..., bytes], people: Any
) -> None:
    suspension = revoke(kind=RevocationKind.SUSPENDED)
    another = revoke(kind=RevocationKind.SUSPENDED, reason="Another doubt.")
    digests = [sha256_digest(one) for one in (suspension, revoke())]
    lifting = revoke(kind=RevocationKind.REINSTATED, lifts=tuple(digests))
    assert check(envelope, revocations=[suspension, lifting]).status.holds
    both = check(envelope, revocations=[suspension, another, lifting])
    assert both.status is ApprovalStatus.SUSPENDED
    for_good = check(envelope, revocations=[revoke(), lifting])
    assert for_good.status is ApprovalStatus.REVOKED
    of_a_stranger = revoke(people.stranger, kind=RevocationKind.REINSTATED, lifts=tuple(digests))
    assert not check(envelope, revocations=[suspension, of_a_stranger]).status.holds


def test_a_failing_evidence_store_is_not_swallowed(envelope: bytes, trust: TrustList) -> None:
    def unreachable(_: object) -> bool:
        raise AttestationError("store unreachable")

    with pytest.raises(AttestationError, match="store unreachable"):
        check_approval(
            Filed(envelope=envelope),
            World(trust=trust, has_evidence=unreachable, now=datetime(2026, 2, 1, tzinfo=UTC)),
        )
