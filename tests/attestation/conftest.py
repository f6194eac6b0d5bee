"""One approval, its signed envelope, and three people with fixed keys."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from provenance.attestation.approval_statement import approval_statement
from provenance.attestation.envelope import sign_statement
from provenance.attestation.filed import Filed
from provenance.attestation.revocation_statement import revocation_statement
from provenance.attestation.signers import trusted_key
from provenance.attestation.trust import TrustList
from provenance.attestation.verify import World, check_approval
from provenance.model.approval import Approval, CheckedApproval, Revocation, RevocationKind
from provenance.model.condition import Condition
from provenance.model.digest import sha256_digest
from provenance.model.evidence import Evidence
from provenance.model.party import Party
from provenance.model.purpose import Scope
from provenance.model.subject import Subject

APPROVED_AT = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)
VALID_UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Producer and supervisor are trusted, the stranger is not."""

    producer: CryptoSigner
    supervisor: CryptoSigner
    stranger: CryptoSigner


def signer_from_seed(number: int) -> CryptoSigner:
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


@pytest.fixture(scope="session")
def people() -> People:
    return People(
        producer=signer_from_seed(1), supervisor=signer_from_seed(2), stranger=signer_from_seed(3)
    )


@pytest.fixture(scope="session")
def trust(people: People) -> TrustList:
    return TrustList.of(
        [
            trusted_key(people.producer, "Paula Producer"),
            trusted_key(people.supervisor, "Sam Supervisor"),
        ]
    )


@pytest.fixture(scope="session")
def approval() -> Approval:
    return Approval(
        approval_id="urn:uuid:1a2b3c4d-0000-4000-8000-000000000001",
        subjects=(
            Subject(
                name="sky_v003.png",
                file_digest=sha256_digest(b"file"),
                essence_digest=sha256_digest(b"essence"),
            ),
        ),
        uses=frozenset({"final-deliverable", "trailer"}),
        approver=Party(name="Paula Producer", role="Producer"),
        approved_at=APPROVED_AT,
        evidence=(Evidence(name="mail.eml", digest=sha256_digest(b"mail"), size=4),),
        scope=Scope(title="Café Nord"),
        conditions=(Condition(text="background only"),),
        valid_until=VALID_UNTIL,
    )


@pytest.fixture(scope="session")
def envelope(approval: Approval, people: People) -> bytes:
    return sign_statement(approval_statement(approval), people.producer)


@pytest.fixture(scope="session")
def revocation(approval: Approval) -> Revocation:
    return Revocation(
        record_id=approval.approval_id,
        kind=RevocationKind.REVOKED,
        reason="The shot was replaced.",
        revoked_at=datetime(2026, 1, 20, 8, 0, tzinfo=UTC),
    )


@pytest.fixture(scope="session")
def revoke(revocation: Revocation, envelope: bytes, people: People) -> Callable[..., bytes]:
    """Return the envelope of the revocation, with some fields or the signer changed."""

    def make(signer: CryptoSigner = people.producer, **changes: Any) -> bytes:
        changed = replace(revocation, **changes)
        statement = revocation_statement(changed, approval_envelope=sha256_digest(envelope))
        return sign_statement(statement, signer)

    return make


@pytest.fixture(scope="session")
def check(trust: TrustList) -> Callable[..., CheckedApproval]:
    """Check an envelope in an ordinary world, unless told otherwise."""

    def run(data: bytes, **changes: Any) -> CheckedApproval:
        world: dict[str, Any] = {
            "trust": trust,
            "has_evidence": lambda digest: digest == sha256_digest(b"mail"),
            "now": NOW,
        }
        world |= {name: changes.pop(name) for name in world.keys() & changes.keys()}
        recorded_at = changes.pop("recorded_at", None)
        for name in ("revocations", "successors"):
            changes[name] = [Filed(envelope=one) for one in changes.get(name, ())]
        others = tuple(changes.pop("countersignatures", ()))
        filed = Filed(envelope=data, recorded_at=recorded_at, countersignatures=others)
        return check_approval(filed, World(**world), **changes)

    return run


@pytest.fixture(scope="session")
def trust_with(trust: TrustList) -> Callable[..., TrustList]:
    """Return the trust list with some fields of Paula Producer's key changed."""

    def make(**changes: Any) -> TrustList:
        return TrustList.of(
            replace(key, **changes) if key.holder == "Paula Producer" else key
            for key in trust.keys.values()
        )

    return make


@pytest.fixture(scope="session")
def spoil(people: People) -> Callable[..., bytes]:
    """Return an envelope with one signer's signature, the producer's by default, made wrong."""

    def make(data: bytes, signer: CryptoSigner = people.producer) -> bytes:
        fields = json.loads(data)
        for entry in fields["signatures"]:
            if entry["keyid"] == signer.public_key.keyid:
                entry["sig"] = ("B" if entry["sig"][0] == "A" else "A") + entry["sig"][1:]
        return json.dumps(fields).encode()

    return make
