"""AI-use records of the same bytes: which is in force, and what keeps it in doubt."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from provenance.attestation.ai_use_history import ai_use_in_force
from provenance.attestation.ai_use_statement import ai_use_statement
from provenance.attestation.consent import consent_stands
from provenance.attestation.envelope import sign_statement
from provenance.attestation.filed import Filed
from provenance.attestation.trust import TrustList
from provenance.errors import AttestationError, SignatureInvalidError
from provenance.model.ai_use import AiUse, Answer, Derivation, Transform, UseCategory
from provenance.model.approval import Approval, RevocationKind
from provenance.model.digest import sha256_digest
from tests.attestation.conftest import APPROVED_AT

CREATIVE = frozenset({UseCategory.KEY_CREATIVE})


@pytest.fixture
def record(approval: Approval) -> AiUse:
    return AiUse(
        record_id="urn:uuid:1a2b3c4d-0000-4000-8000-000000000009",
        subjects=approval.subjects,
        declared_by="VFX",
        declared_at=APPROVED_AT,
        principles={"P1": Answer.YES},
        categories=CREATIVE,
        derived_from=(
            Derivation(
                essence_digest=sha256_digest(b"parent"), transforms=frozenset({Transform.CROP})
            ),
        ),
    )


def filed(record: AiUse, signer: Any) -> Filed:
    return Filed(envelope=sign_statement(ai_use_statement(record), signer))


def test_no_record_says_nothing(trust: TrustList) -> None:
    assert ai_use_in_force([], trust) is None


def test_every_byte_of_a_record_that_is_flipped_is_detected(
    record: AiUse, people: Any, trust: TrustList
) -> None:
    envelope = filed(record, people.producer).envelope
    assert ai_use_in_force([Filed(envelope=envelope)], trust) == record
    for index in range(len(envelope)):
        changed = bytearray(envelope)
        changed[index] ^= 1
        try:
            found = ai_use_in_force([Filed(envelope=bytes(changed))], trust)
        except AttestationError:
            continue
        assert found == record, index


def test_an_altered_record_is_in_doubt_until_somebody_who_may_approve_everything_declares(
    record: AiUse, people: Any, trust: TrustList
) -> None:
    whole = json.loads(filed(record, people.producer).envelope)
    signature = whole["signatures"][0]
    other = json.loads(filed(replace(record, declared_by="X"), people.producer).envelope)
    signature["sig"] = other["signatures"][0]["sig"]
    altered = Filed(envelope=json.dumps(whole).encode())
    with pytest.raises(SignatureInvalidError):
        ai_use_in_force([altered], trust)
    idea = replace(record, categories=frozenset({UseCategory.IDEATION}))
    with_two = trust.with_approvers(UseCategory.UNION_WORK, 2)
    again = filed(idea, people.supervisor)
    assert ai_use_in_force([altered, again], trust) == idea
    with pytest.raises(SignatureInvalidError):
        ai_use_in_force([altered, again], with_two)


def test_a_record_that_leaves_out_what_it_was_made_from_must_be_able_to_drop_all(
    record: AiUse, people: Any, trust: TrustList
) -> None:
    bare = replace(record, derived_from=(), declared_at=APPROVED_AT + timedelta(days=1))
    both = [filed(record, people.producer), filed(bare, people.supervisor)]
    assert ai_use_in_force(both, trust) == bare
    kept = ai_use_in_force(both, trust.with_approvers(UseCategory.TALENT_REPLICA, 2))
    assert kept is not None
    assert kept.derived_from == record.derived_from


class TestConsents:
    """A consent stands until something takes it back."""

    def test_it_stands_if_nothing_was_filed(self, trust: TrustList) -> None:
        assert consent_stands("C-17", [], trust)

    @pytest.mark.parametrize("kind", [RevocationKind.REVOKED, RevocationKind.SUSPENDED])
    def test_it_falls_when_it_is_taken_back(
        self, kind: RevocationKind, revoke: Callable[..., bytes], trust: TrustList
    ) -> None:
        taken = Filed(envelope=revoke(record_id="consent:C-17", kind=kind))
        assert not consent_stands("C-17", [taken], trust)

    def test_what_does_not_verify_or_speaks_of_another_takes_it_back_too(
        self, revoke: Callable[..., bytes], people: Any, trust: TrustList
    ) -> None:
        forged = Filed(envelope=revoke(people.stranger, record_id="consent:C-17"))
        misfiled = Filed(envelope=revoke(record_id="consent:C-18"))
        for one in (forged, misfiled, Filed(envelope=b"{}")):
            assert not consent_stands("C-17", [one], trust)
