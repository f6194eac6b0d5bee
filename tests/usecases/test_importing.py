"""`approvals import` of folders that somebody made to do harm: nothing of them is kept."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provenance.attestation.ai_use_statement import ai_use_statement
from provenance.attestation.approval_statement import approval_statement
from provenance.attestation.envelope import sign_statement
from provenance.attestation.revocation_statement import revocation_statement
from provenance.errors import AttestationError
from provenance.model.ai_use import AiUse, Prominence
from provenance.model.approval import ApprovalStatus, Revocation, RevocationKind
from provenance.model.finding import Verdict
from tests.usecases.audit_desk import Desk

UNKNOWN_ID = "urn:uuid:11111111-1111-4111-8111-111111111111"
Edit = Callable[[dict[str, Any]], object]


def put(desk: Desk, envelope: bytes, name: str = "a-1.dsse.json") -> Path:
    """Put an envelope into the folder that is imported."""
    folder = desk.studio.home / "in"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(envelope)
    return folder


def without_signature(envelope: bytes) -> bytes:
    return json.dumps({**json.loads(envelope), "signatures": []}).encode()


def edited(envelope: bytes, edit: Edit) -> bytes:
    """Return the envelope with its predicate edited; its signature is wrong then."""
    whole = json.loads(envelope)
    statement = json.loads(b64decode(whole["payload"]))
    edit(statement["predicate"])
    text = json.dumps(statement, sort_keys=True, separators=(",", ":"))
    return json.dumps({**whole, "payload": b64encode(text.encode()).decode()}).encode()


def approval(desk: Desk, edit: Edit = lambda _: None) -> bytes:
    """Return an approval of the file that a stranger signed and nobody filed."""
    envelope = sign_statement(approval_statement(desk.draft()), desk.stranger())
    changed = edited(envelope, edit)
    payload = b64decode(json.loads(changed)["payload"])
    return sign_statement(payload, desk.stranger())


def revocation(desk: Desk) -> bytes:
    record = Revocation(
        record_id=desk.last,
        kind=RevocationKind.REVOKED,
        revoked_at=desk.studio.clock(),
        reason="Rights are unclear.",
    )
    return sign_statement(revocation_statement(record, approval_envelope=None), desk.stranger())


def ai_use(desk: Desk) -> bytes:
    record = AiUse(
        record_id=UNKNOWN_ID,
        subjects=(desk.studio.subject(desk.file),),
        declared_by="Nobody",
        declared_at=desk.studio.clock(),
        prominence=Prominence.INCIDENTAL,
    )
    return sign_statement(ai_use_statement(record), desk.stranger())


def require_untouched(desk: Desk) -> None:
    """Assert that the one approval still holds and that list and export still work."""
    (known,) = desk.studio.production.approver.list()
    assert known.status is ApprovalStatus.VALID
    assert desk.studio.verdict(desk.file) is Verdict.PASS
    assert len(desk.studio.production.exchange.export(desk.studio.home / "out", ())) == 1


@pytest.mark.parametrize(
    "edit",
    [
        lambda predicate: predicate.update(consents=["\ud800"]),
        lambda predicate: predicate.update(supersedes="\ud800"),
        lambda predicate: predicate.update(
            conditions=[{"kind": "text", "text": "x", "seconds": int("1" + "0" * 400)}]
        ),
        lambda predicate: predicate.update(
            conditions=[{"kind": "text", "text": "x", "seconds": float("1e308") * 10}]
        ),
    ],
    ids=["consents", "supersedes", "seconds", "infinite"],
)
def test_what_cannot_be_read_is_refused_whole(edit: Edit, desk: Desk) -> None:
    desk.approve()
    put(desk, approval(desk), "a-0.dsse.json")
    folder = put(desk, approval(desk, edit))
    with pytest.raises(AttestationError, match="nothing was imported"):
        desk.studio.production.exchange.import_from(folder)
    require_untouched(desk)


@pytest.mark.parametrize("make", [revocation, ai_use], ids=["revocation", "ai-use"])
def test_a_record_without_a_signature_is_refused(make: Callable[[Desk], bytes], desk: Desk) -> None:
    desk.approve()
    folder = put(desk, without_signature(make(desk)))
    with pytest.raises(AttestationError, match="bears no signature"):
        desk.studio.production.exchange.import_from(folder)
    require_untouched(desk)


@pytest.mark.parametrize("make", [revocation, ai_use, approval])
def test_a_record_of_an_unknown_key_is_not_kept(make: Callable[[Desk], bytes], desk: Desk) -> None:
    desk.approve()
    imported = desk.studio.production.exchange.import_from(put(desk, make(desk)))
    assert (imported.approvals, imported.others) == ((), 0)
    assert imported.left_out + len(imported.strangers) == 1
    require_untouched(desk)


def test_a_wrong_signature_of_a_trusted_key_is_refused(desk: Desk) -> None:
    desk.approve()
    whole = json.loads(desk.studio.production.approver.find(desk.last).envelope)
    signature = bytearray(b64decode(whole["signatures"][0]["sig"]))
    signature[3] ^= 1
    whole["signatures"][0]["sig"] = b64encode(signature).decode()
    folder = put(desk, json.dumps(whole).encode())
    with pytest.raises(AttestationError, match=r"is not what .* signed; nothing was imported"):
        desk.studio.production.exchange.import_from(folder)
    require_untouched(desk)


def test_a_forged_approval_does_not_take_the_id_of_a_real_one(desk: Desk) -> None:
    real = sign_statement(approval_statement(desk.draft()), desk.own)
    name = json.loads(b64decode(json.loads(real)["payload"]))["predicate"]["approval_id"]
    statement = edited(real, lambda predicate: predicate.update(authority="More"))
    forged = sign_statement(b64decode(json.loads(statement)["payload"]), desk.stranger())
    exchange = desk.studio.production.exchange
    assert exchange.import_from(put(desk, forged)).approvals == ()
    put(desk, real, "b-2.dsse.json")
    (imported,) = exchange.import_from(desk.studio.home / "in").approvals
    assert (imported.approval.approval_id, imported.status) == (name, ApprovalStatus.VALID)


def test_two_signatures_of_one_stranger_do_not_suspend_an_approval(desk: Desk) -> None:
    desk.approve()
    whole = json.loads(desk.studio.production.approver.find(desk.last).envelope)
    for name, byte in (("a-1.dsse.json", "00"), ("a-2.dsse.json", "11")):
        more = [
            *whole["signatures"],
            {"keyid": "ab" * 32, "sig": b64encode(byte.encode()).decode()},
        ]
        folder = put(desk, json.dumps({**whole, "signatures": more}).encode(), name)
    with pytest.raises(AttestationError, match="in two ways; nothing was imported"):
        desk.studio.production.exchange.import_from(folder)
    require_untouched(desk)


@pytest.mark.parametrize("name", ["a\0b.eml", "x" * 300 + ".eml", "../../up.eml"])
def test_evidence_is_exported_under_a_name_of_our_own(name: str, desk: Desk) -> None:
    envelope = sign_statement(approval_statement(desk.draft()), desk.own)
    named = edited(envelope, lambda predicate: predicate["evidence"][0].update(name=name))
    signed = sign_statement(b64decode(json.loads(named)["payload"]), desk.own)
    desk.studio.production.exchange.import_from(put(desk, signed))
    desk.studio.production.exchange.export(desk.studio.home / "out", ())
    (document,) = (desk.studio.home / "out").glob("evidence-*")
    assert document.suffix == ".eml"
    assert len(document.name) < 40
