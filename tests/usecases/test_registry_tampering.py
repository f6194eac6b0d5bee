"""What somebody does to the database never makes the gate let a temporary file through."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from provenance.attestation.signers import load_signer
from provenance.errors import RegistryError
from provenance.model.approval import RevocationKind
from provenance.model.finding import Verdict
from provenance.registry.records import AttestationKind
from tests.usecases.studio import USE, Studio
from tests.usecases.tampering import SAMPLES, Sample, each_kind, other_of, strip_everything, tagged


@each_kind
def test_an_edited_approval_is_worth_nothing(kind: str, studio: Studio, sample: Sample) -> None:
    file = tagged(studio, sample, kind)
    studio.approve(file, uses=frozenset({"internal-review"}))
    assert studio.verdict(file, use="internal-review") is Verdict.PASS
    (stored,) = studio.production.registry.attestations(AttestationKind.APPROVAL)
    studio.close()
    position = stored.envelope.index(b'"payload"') + 20
    for at in range(position, position + 4):
        edited = bytearray(stored.envelope)
        edited[at] ^= 1
        _sql(studio, "UPDATE attestations SET envelope = ? WHERE kind = 'approval'", bytes(edited))
        studio.reopen()
        assert studio.verdict(file, use="internal-review") is Verdict.BLOCK
        studio.close()


def test_the_uses_of_an_approval_cannot_be_widened_in_the_database(
    studio: Studio, sample: Sample
) -> None:
    file = tagged(studio, sample, "png")
    studio.approve(file, uses=frozenset({"internal-review"}))
    assert "only for internal-review" in studio.messages(file)
    (stored,) = studio.production.registry.attestations(AttestationKind.APPROVAL)
    wide = studio.approve(studio.put(other_of(sample, "png"), "other.png"))
    (_, other) = studio.production.registry.attestations(AttestationKind.APPROVAL)
    assert wide.approval.uses == {USE}
    swapped = stored.envelope[: stored.envelope.index(b'"signatures"')]
    forged = other.envelope[: other.envelope.index(b'"signatures"')]
    _sql(
        studio,
        "UPDATE attestations SET envelope = ? WHERE approval_id = ?",
        stored.envelope.replace(swapped, forged),
        stored.approval_id,
    )
    assert "tampered" in studio.messages(file)
    assert studio.verdict(file) is Verdict.BLOCK


def test_an_approval_filed_under_another_s_content_does_not_cover_it(
    studio: Studio, sample: Sample
) -> None:
    file = tagged(studio, sample, "png")
    other = studio.put(other_of(sample, "png"), "other.png")
    studio.approve(other)
    with studio.examined(file) as examined:
        essence = examined.identity.essence_digest
    _sql(studio, "UPDATE attestation_subjects SET essence_digest = ?", essence)
    assert studio.verdict(file) is Verdict.BLOCK
    assert "is for other picture or sound" in studio.messages(file)


def test_a_revocation_cannot_be_hidden_by_filing_the_approval_elsewhere(
    studio: Studio, sample: Sample
) -> None:
    file = tagged(studio, sample, "png")
    approval_id = studio.approve(file).approval.approval_id
    signer = load_signer(studio.production.approver_key)
    studio.production.approver.revoke(approval_id, RevocationKind.REVOKED, "withdrawn", signer)
    _sql(studio, "UPDATE attestations SET approval_id = 'urn:uuid:0' WHERE kind = 'approval'")
    assert studio.verdict(file) is Verdict.BLOCK
    assert "under another id" in studio.messages(file)


def test_an_envelope_of_which_nothing_can_be_read_blocks(studio: Studio, sample: Sample) -> None:
    file = tagged(studio, sample, "png")
    studio.approve(file)
    _sql(studio, "UPDATE attestations SET envelope = ? WHERE kind = 'approval'", b"nothing")
    assert "cannot be read" in studio.messages(file)
    assert studio.verdict(file) is Verdict.BLOCK


@each_kind
def test_an_older_copy_of_the_registry_is_refused(
    kind: str, studio: Studio, sample: Sample
) -> None:
    studio.put(sample(SAMPLES[kind]), "first.bin")
    studio.tag(studio.home / "work" / "first.bin")
    studio.close()
    older = shutil.copy(studio.database, studio.home / "older.db")
    studio.reopen()
    other = studio.put(other_of(sample, kind))
    studio.tag(other)
    strip_everything(other)
    assert studio.verdict(other) is Verdict.BLOCK
    _restore(studio, older)
    with pytest.raises(RegistryError, match="rolled back"):
        studio.verdict(other)
    studio.reopen()
    with pytest.raises(RegistryError, match="rolled back"):
        studio.verdict(other)


def test_a_revocation_cannot_be_undone_with_an_older_copy(studio: Studio, sample: Sample) -> None:
    file = tagged(studio, sample, "png")
    approval_id = studio.approve(file).approval.approval_id
    studio.close()
    older = shutil.copy(studio.database, studio.home / "older.db")
    studio.reopen()
    signer = load_signer(studio.production.approver_key)
    studio.production.approver.revoke(approval_id, RevocationKind.REVOKED, "withdrawn", signer)
    studio.close()
    _restore(studio, older)
    studio.reopen()
    with pytest.raises(RegistryError, match="rolled back"):
        studio.verdict(file)


@pytest.mark.parametrize("lost", ["database", "checkpoint"])
def test_a_lost_registry_passes_nothing(lost: str, studio: Studio, sample: Sample) -> None:
    file = strip_everything(tagged(studio, sample, "png"))
    studio.close()
    getattr(studio, lost).unlink()
    studio.reopen()
    with pytest.raises(RegistryError):
        studio.verdict(file)


def _sql(studio: Studio, statement: str, *values: object) -> None:
    """Do to the database what somebody without our code would do."""
    with closing(sqlite3.connect(studio.database)) as database, database:
        assert database.execute(statement, values).rowcount


def _restore(studio: Studio, copy: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{studio.database}{suffix}").unlink(missing_ok=True)
    shutil.copy(copy, f"{studio.database}.new")
    Path(f"{studio.database}.new").replace(studio.database)
