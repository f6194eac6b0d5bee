"""Somebody who makes a whole new chain, but has no key of ours, is found by the signatures."""

import base64
import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from provenance.attestation.envelope import sign_statement
from provenance.attestation.log_statement import (
    check_log_checkpoint,
    log_checkpoint_statement,
    read_log_checkpoint,
)
from provenance.attestation.signers import create_key, load_signer
from provenance.attestation.trust import TrustList
from provenance.attestation.trusted_key import KeyRole, TrustedKey
from provenance.errors import AttestationError, SignatureInvalidError, UnknownKeyError
from provenance.logbook import Logbook, LogCheck, check_log
from provenance.model.log import EventKind, LogHead
from provenance.registry.backends import verify
from provenance.registry.journal import canonical_json
from provenance.registry.memory import MemoryRegistry
from tests.usecases.studio import MORNING, Clock, Studio
from tests.usecases.tampering import Sample, tagged

Edit = Callable[[sqlite3.Connection], None]


def url(studio: Studio) -> str:
    return studio.production.config.registry


def check(studio: Studio, **handed: bytes) -> LogCheck:
    return check_log(url(studio), studio.checkpoint, studio.production.trust, **handed)


def scanned(studio: Studio, sample: Sample) -> None:
    """Tag and scan a file, and sign the log, as commands do."""
    report = studio.scan(tagged(studio, sample, "png"))
    studio.production.logbook.record_scan(report)
    studio.production.sign_log()


def rewrite(studio: Studio, edit: Edit) -> None:
    """Edit the database and make everything in it agree: rows, chain, head, checkpoint file."""
    studio.close()
    with closing(sqlite3.connect(studio.database)) as database, database:
        edit(database)
        head = _rechain(database)
    record = json.loads(studio.checkpoint.read_text())
    studio.checkpoint.write_text(json.dumps(record | {"sequence": head[0], "hash": head[1]}))
    studio.reopen()
    assert verify(url(studio), studio.checkpoint) == (), "the rewrite is not as good as it could be"


def _rechain(database: sqlite3.Connection) -> tuple[int, str]:
    beginning, *entries = database.execute("SELECT * FROM journal ORDER BY sequence").fetchall()
    reached = (0, beginning[1])
    for sequence, _, action, written_at, detail in entries:
        text = f"{reached[1]}\n{canonical_json([sequence, action, written_at, detail])}"
        reached = (sequence, hashlib.sha256(text.encode()).hexdigest())
        database.execute("UPDATE journal SET chain_hash = ? WHERE sequence = ?", reached[::-1])
    database.execute("UPDATE head SET sequence = ?, chain_hash = ?", reached)
    return reached


def _cover(database: sqlite3.Connection, table: str, sequence: int) -> None:
    """Make the entry of a row fit the row as it now is."""
    cursor = database.execute(f"SELECT * FROM {table} WHERE sequence = ?", (sequence,))  # noqa: S608  (names of our own)
    names = [column[0] for column in cursor.description]
    row = dict(zip(names, cursor.fetchone(), strict=True))
    del row["sequence"]
    (detail,) = database.execute(
        "SELECT detail FROM journal WHERE sequence = ?", (sequence,)
    ).fetchone()
    digest = hashlib.sha256(canonical_json(row).encode()).hexdigest()
    database.execute(
        "UPDATE journal SET detail = ? WHERE sequence = ?",
        (canonical_json(json.loads(detail) | {"row": digest}), sequence),
    )


def whitewash(database: sqlite3.Connection) -> None:
    """Turn the verdict of the scan into a pass."""
    ((sequence,),) = database.execute("SELECT sequence FROM events").fetchall()
    database.execute("UPDATE events SET detail = replace(detail, 'block', 'pass')")
    _cover(database, "events", sequence)


def test_a_sound_log_passes_through_what_was_signed(studio: Studio, sample: Sample) -> None:
    scanned(studio, sample)
    (checkpoint,) = studio.production.registry.log_checkpoints()
    found = check(studio)
    assert found == LogCheck(
        flaws=(), entries=checkpoint.covers + 1, signed_until=found.entries - 1
    )
    signed = check_log_checkpoint(checkpoint.envelope, studio.production.trust)
    assert signed.signed_at == MORNING


def test_a_chain_made_anew_does_not_pass_through_what_was_signed(
    studio: Studio, sample: Sample
) -> None:
    scanned(studio, sample)
    (checkpoint,) = studio.production.registry.log_checkpoints()
    rewrite(studio, whitewash)
    found = check(studio)
    assert [flaw.sequence for flaw in found.flaws] == [checkpoint.covers]
    assert "the log was rewritten: this is not the entry that was signed" in str(found.flaws[0])
    assert found.signed_until == 0


def test_a_chain_made_anew_cannot_be_signed_with_another_key(
    studio: Studio, sample: Sample, place: Path
) -> None:
    scanned(studio, sample)
    (checkpoint,) = studio.production.registry.log_checkpoints()
    create_key(place / "forger.pem", "Forger")
    signer = load_signer(place / "forger.pem")

    def forge(database: sqlite3.Connection) -> None:
        whitewash(database)
        _rechain(database)
        ((chain_hash,),) = database.execute(
            "SELECT chain_hash FROM journal WHERE sequence = ?", (checkpoint.covers,)
        )
        head = LogHead(sequence=checkpoint.covers, chain_hash=chain_hash)
        envelope = sign_statement(log_checkpoint_statement(head, MORNING), signer)
        database.execute("UPDATE log_checkpoints SET envelope = ?", (envelope,))
        _cover(database, "log_checkpoints", checkpoint.covers + 1)

    rewrite(studio, forge)
    (flaw,) = check(studio).flaws
    assert "its signed checkpoint does not count" in str(flaw)
    assert "not in the trust list" in str(flaw)


def test_a_checkpoint_moved_to_another_entry_is_found(studio: Studio, sample: Sample) -> None:
    scanned(studio, sample)
    (checkpoint,) = studio.production.registry.log_checkpoints()

    def move(database: sqlite3.Connection) -> None:
        database.execute("UPDATE log_checkpoints SET covers = 1")
        _cover(database, "log_checkpoints", checkpoint.covers + 1)

    rewrite(studio, move)
    (flaw,) = check(studio).flaws
    assert str(flaw) == f"entry 1: its signed checkpoint is of entry {checkpoint.covers}"


def test_a_log_without_its_checkpoints_is_held_to_the_one_that_was_handed_out(
    studio: Studio, sample: Sample
) -> None:
    scanned(studio, sample)
    (checkpoint,) = studio.production.registry.log_checkpoints()

    def unsign(database: sqlite3.Connection) -> None:
        whitewash(database)
        database.execute("DELETE FROM log_checkpoints")
        database.execute("DELETE FROM journal WHERE action = 'sign-checkpoint'")

    rewrite(studio, unsign)
    found = check(studio)
    assert found == LogCheck(
        flaws=(), entries=checkpoint.covers, signed_until=0, lacks_signature=True
    )
    assert not found.is_sound
    (flaw,) = check(studio, against=checkpoint.envelope).flaws
    assert flaw.sequence == checkpoint.covers


def test_nothing_is_signed_twice_and_an_empty_log_not_at_all(place: Path) -> None:
    create_key(place / "key.pem", "Ada")
    signer, registry = load_signer(place / "key.pem"), MemoryRegistry()
    book = Logbook(registry, Clock())
    book.sign(signer)
    assert registry.sequence == 0
    book.record(EventKind.TRUST_CHANGE, keys=2)
    for _ in range(3):
        book.sign(signer)
    assert [entry.action for entry in registry.log()] == ["trust-change", "sign-checkpoint"]
    assert registry.log_checkpoints()[0].covers == 1


@pytest.fixture
def keyed(place: Path) -> tuple[TrustedKey, bytes]:
    """Return a trusted key and the envelope of a checkpoint it signed."""
    key = create_key(place / "key.pem", "Ada", roles=frozenset({KeyRole.GATE}))
    statement = log_checkpoint_statement(LogHead(sequence=7, chain_hash="ab" * 32), MORNING)
    return key, sign_statement(statement, load_signer(place / "key.pem"))


def test_a_checkpoint_counts_only_with_a_trusted_signature(
    keyed: tuple[TrustedKey, bytes],
) -> None:
    key, envelope = keyed
    assert check_log_checkpoint(envelope, TrustList.of([key])).head.sequence == 7
    with pytest.raises(UnknownKeyError):
        check_log_checkpoint(envelope, TrustList.of([]))
    other = log_checkpoint_statement(LogHead(sequence=8, chain_hash="ab" * 32), MORNING)
    forged = json.loads(envelope) | {"payload": base64.b64encode(other).decode("ascii")}
    with pytest.raises(SignatureInvalidError):
        check_log_checkpoint(json.dumps(forged).encode(), TrustList.of([key]))


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("schema", "other", "schema is not"),
        ("version", 2, "version is not 1"),
        ("sequence", -1, "sequence is not a whole number from 0 up"),
        ("chain_hash", "00", "digest is not the hash of the predicate"),
        ("signed_at", "2026-11-03", "signed_at is not a time with a zone"),
    ],
)
def test_a_statement_that_contradicts_itself_is_no_checkpoint(
    field: str, value: object, complaint: str
) -> None:
    head = LogHead(sequence=7, chain_hash="ab" * 32)
    statement = json.loads(log_checkpoint_statement(head, MORNING))
    assert read_log_checkpoint(json.dumps(statement).encode()).head == head
    statement["predicate"][field] = value
    with pytest.raises(AttestationError, match=complaint):
        read_log_checkpoint(json.dumps(statement).encode())
