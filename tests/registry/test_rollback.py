"""An older copy of the registry must never speak for the newest."""

import json

import pytest
from sqlalchemy import event

from provenance.errors import RegistryError
from provenance.model.log import LogHead
from provenance.registry.backends import accept_checkpoint, check
from provenance.registry.checkpoint import CheckpointFile
from provenance.registry.sql import SqlRegistry


def test_the_checkpoint_follows_each_write(migrated):
    with migrated.opened():
        assert json.loads(migrated.checkpoint.read_text())["sequence"] == 0
    migrated.write("one", "two")
    record = json.loads(migrated.checkpoint.read_text())
    assert (record["schema"], record["version"]) == ("provenance-checkpoint", 1)
    assert record["sequence"] == 2
    assert len(record["hash"]) == 64
    assert migrated.checkpoint.stat().st_mode & 0o777 == 0o600


def test_an_older_copy_of_the_database_is_refused(migrated):
    migrated.write("one")
    older = migrated.copy()
    migrated.write("two")
    migrated.restore(older)
    with pytest.raises(RegistryError, match="rolled back: it has 1 writes, 2 were seen; restore"):
        migrated.write("three")
    assert any("rolled back" in problem for problem in check(migrated.url, migrated.checkpoint))


def test_an_older_copy_is_refused_by_a_registry_that_is_already_open(migrated):
    migrated.write("one")
    older = migrated.copy()
    with migrated.opened() as registry:
        migrated.write("two")
        assert len(registry.open_writes()) == 2
        migrated.restore(older)
        with pytest.raises(RegistryError, match="rolled back"):
            registry.open_writes()
        with pytest.raises(RegistryError, match="rolled back"):
            registry.end_write("one")


def test_a_copy_that_went_its_own_way_is_refused(migrated):
    migrated.write("one")
    older, checkpoint = migrated.copy(), migrated.checkpoint.read_bytes()
    migrated.write("two")
    newest = migrated.checkpoint.read_bytes()
    migrated.restore(older)
    migrated.checkpoint.write_bytes(checkpoint)
    migrated.write("other", "another")
    migrated.checkpoint.write_bytes(newest)
    with pytest.raises(RegistryError, match="rolled back: write 2 is not the one that was seen"):
        migrated.write("three")


def test_a_database_ahead_of_its_checkpoint_is_a_crash_and_no_rollback(migrated):
    migrated.write("one")
    earlier = migrated.checkpoint.read_bytes()
    migrated.write("two")
    migrated.checkpoint.write_bytes(earlier)
    with migrated.opened() as registry:
        assert registry.sequence == 2
    migrated.write("three")
    assert json.loads(migrated.checkpoint.read_text())["sequence"] == 3


def test_a_checkpoint_ahead_of_the_database_stops_an_open_registry(migrated):
    migrated.write("one", "two")
    newest = migrated.checkpoint.read_bytes()
    with migrated.opened() as registry:
        registry.end_write("one")
        further = json.loads(newest) | {"sequence": 9}
        migrated.checkpoint.write_text(json.dumps(further))
        with pytest.raises(RegistryError, match="3 writes, 9 were seen"):
            registry.end_write("two")
    assert json.loads(migrated.checkpoint.read_text())["sequence"] == 9


def test_a_missing_checkpoint_is_refused_until_a_person_accepts(migrated):
    migrated.write("one")
    migrated.checkpoint.unlink()
    with pytest.raises(RegistryError, match=r"is missing.*provenance registry check --accept"):
        migrated.write("two")
    assert any("is missing" in problem for problem in check(migrated.url, migrated.checkpoint))
    accept_checkpoint(migrated.url, migrated.checkpoint)
    migrated.write("two")
    assert check(migrated.url, migrated.checkpoint) == ()


def test_a_checkpoint_that_goes_missing_is_noticed_by_an_open_registry(migrated):
    with migrated.opened() as registry:
        migrated.checkpoint.unlink()
        with pytest.raises(RegistryError, match="is missing"):
            registry.count_assets()


def test_a_rolled_back_registry_can_be_accepted(migrated):
    migrated.write("one")
    older = migrated.copy()
    migrated.write("two")
    migrated.restore(older)
    accept_checkpoint(migrated.url, migrated.checkpoint)
    with migrated.opened() as registry:
        assert registry.sequence == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b'{"schema": "provenance-checkpoint", "version": 2, "sequence": 1, "hash": "x"}',
        b'{"schema": "provenance-checkpoint", "version": 1, "sequence": null, "hash": "x"}',
    ],
    ids=["empty", "no text", "no record", "deep", "newer", "no number"],
)
def test_a_damaged_checkpoint_is_refused(migrated, content):
    migrated.write("one")
    migrated.checkpoint.write_bytes(content)
    with pytest.raises(RegistryError, match="is damaged"):
        migrated.write("two")
    assert any("is damaged" in problem for problem in check(migrated.url, migrated.checkpoint))


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("UPDATE journal SET detail = '{}' WHERE sequence = 1", "journal entry 1 was altered"),
        ("DELETE FROM journal WHERE sequence = 1", "journal entry 2 was altered"),
        ("DELETE FROM journal WHERE sequence = 2", "journal ends at 1"),
        ("DELETE FROM journal WHERE sequence = 0", "journal has no beginning"),
        ("UPDATE head SET chain_hash = 'x'", "journal ends at 2"),
    ],
)
def test_an_altered_journal_is_found_and_cannot_be_accepted(migrated, script, problem):
    migrated.write("one", "two")
    migrated.run_sql(script)
    assert any(problem in found for found in check(migrated.url, migrated.checkpoint))
    before = migrated.checkpoint.read_bytes()
    with pytest.raises(RegistryError, match=f"cannot be accepted: .*{problem}"):
        accept_checkpoint(migrated.url, migrated.checkpoint)
    assert migrated.checkpoint.read_bytes() == before


def test_the_journal_says_what_was_done_and_nothing_of_people(migrated):
    migrated.write("one")
    with migrated.opened() as registry:
        registry.end_write("one")
    rows = migrated.query("SELECT action, detail FROM journal ORDER BY sequence")
    assert [action for action, _ in rows] == ["create-registry", "begin-write", "end-write"]
    for _, detail in rows[1:]:
        assert json.loads(detail).keys() == {"id", "row"}
        assert "/a" not in detail
        assert b"/a".hex() not in detail


def test_a_checkpoint_never_goes_backwards(migrated):
    migrated.write("one", "two")
    newest = migrated.checkpoint.read_bytes()
    CheckpointFile(migrated.checkpoint).advance(LogHead(sequence=1, chain_hash="earlier"))
    assert migrated.checkpoint.read_bytes() == newest


def test_a_write_of_somebody_else_while_we_read_is_no_rollback(migrated):
    migrated.write("one")
    engine = migrated.engine()
    interruptions = iter(["two"])

    def interrupt(*details: object) -> None:
        if "FROM head" in str(details[2]):
            migrated.write(*(name for name in [next(interruptions, None)] if name))

    registry = SqlRegistry(engine, location=migrated.url, checkpoint=migrated.checkpoint)
    event.listen(engine, "after_cursor_execute", interrupt)
    assert len(registry.open_writes()) == 1
    assert len(registry.open_writes()) == 2
    registry.close()
