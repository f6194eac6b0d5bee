"""Opening and migrating databases of every version, ours, older, newer and somebody else's."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from provenance.errors import RegistryError
from provenance.registry.backends import accept_checkpoint, check, migrate, open_registry
from provenance.registry.records import AttestationKind
from provenance.registry.tables import METADATA, VERSIONS

FIXTURES = Path(__file__).with_name("fixtures")
PATH_DIGEST = "sha256:43f0e46670c6267981e4b860ec29d69a75363d257c3ff0b9e14e0d51fc62be9a"
SEQUENCES = {"0001": 7, "0002": 9, "0003": 9, "0004": 12, "0005": 15}
"""How many entries a registry of each version has once it is of ours."""


def test_an_empty_place_migrates_to_our_tables(migrated):
    engine = migrated.engine()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_migrating_says_nothing_and_twice_is_once(place, capfd):
    migrate(place.url)
    place.write("one")
    migrate(place.url)
    with place.opened() as registry:
        assert registry.sequence == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_registry_of_every_version_migrates_and_reads(place, version):
    place.load((FIXTURES / f"{version}.sql").read_text())
    migrate(place.url)
    place.checkpoint.write_text((FIXTURES / "checkpoint.json").read_text())
    assert check(place.url, place.checkpoint) == ()
    with place.opened() as registry:
        asset = registry.find_by_id("urn:uuid:1")
        assert asset.reasons == ("zone",)
        assert registry.find_sighting("/show/\udcff.png").asset_id == asset.asset_id
        assert [write.intent_id for write in registry.open_writes()] == ["w1"]
        assert (
            registry.attestations_for(asset.essence_digest, AttestationKind.APPROVAL)[0].envelope
            == b"envelope"
        )
        assert registry.sequence == SEQUENCES[version]
        assert [entry.sequence for entry in registry.log()] == list(
            range(1, SEQUENCES[version] + 1)
        )


def test_what_a_migration_adopted_is_covered_from_then_on(place):
    place.load((FIXTURES / "0001.sql").read_text())
    migrate(place.url)
    place.checkpoint.write_text((FIXTURES / "checkpoint.json").read_text())
    for script, flaw in (
        ("DELETE FROM attestation_subjects", "entry 7: adopt-attestation a1: the row was altered"),
        ("DELETE FROM sightings", "adopt-sighting urn:uuid:1"),
        ("UPDATE journal SET written_at = 'x' WHERE sequence = 0", "the beginning, was altered"),
    ):
        copy = place.copy()
        place.run_sql(script)
        assert [flaw in found for found in check(place.url, place.checkpoint)] == [True], script
        place.restore(copy)


def test_a_migration_does_not_vouch_for_a_row_that_was_altered_before(place):
    place.load((FIXTURES / "0001.sql").read_text())
    place.run_sql("UPDATE attestations SET envelope = X'00'; UPDATE sightings SET carriers = '[]'")
    migrate(place.url)
    place.checkpoint.write_text((FIXTURES / "checkpoint.json").read_text())
    assert check(place.url, place.checkpoint) == (
        "entry 2: record-sighting urn:uuid:1 " + PATH_DIGEST + ": the row was altered",
        "entry 4: add-approval a1: the row was altered",
    )


def test_every_version_has_a_migration_and_a_fixture():
    versions = Path(import_module("provenance.registry.migrations.versions").__path__[0])
    assert sorted(path.name[:4] for path in versions.glob("0*.py")) == sorted(VERSIONS)
    assert sorted(path.stem for path in FIXTURES.glob("0*.sql")) == sorted(VERSIONS)


def test_opening_does_not_import_alembic(migrated):
    script = (
        "import sys; from pathlib import Path;"
        "from provenance.registry.backends import open_registry;"
        "open_registry(sys.argv[1], Path(sys.argv[2])).close();"
        "sys.exit('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", script, migrated.url, str(migrated.checkpoint)]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0


def test_a_missing_database_is_not_created_by_opening_it(sqlite_place):
    place = sqlite_place
    with pytest.raises(RegistryError, match="run `provenance registry migrate`"):
        open_registry(place.url, place.checkpoint)
    assert not place.database.exists()
    assert any("registry migrate" in found for found in check(place.url, place.checkpoint))


def test_an_unmigrated_database_is_refused(place):
    place.make_empty()
    with pytest.raises(RegistryError, match=r"has schema none.*run `provenance registry migrate`"):
        open_registry(place.url, place.checkpoint)
    assert any("registry migrate" in found for found in check(place.url, place.checkpoint))
    with pytest.raises(RegistryError, match="registry migrate"):
        accept_checkpoint(place.url, place.checkpoint)


def test_a_database_whose_version_is_gone_is_refused(migrated):
    migrated.run_sql("DELETE FROM alembic_version")
    with pytest.raises(RegistryError, match="has schema none"):
        migrated.write("one")
    with pytest.raises(RegistryError, match="not a provenance registry"):
        migrate(migrated.url)


def test_a_newer_schema_is_neither_opened_nor_migrated(migrated):
    migrated.run_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RegistryError, match="9999, which is newer than this version"):
        migrated.write("one")
    with pytest.raises(RegistryError, match="newer than this version"):
        migrate(migrated.url)
    assert any("newer" in problem for problem in check(migrated.url, migrated.checkpoint))


def test_a_database_of_another_product_is_not_migrated(place):
    place.run_sql("CREATE TABLE photos (name TEXT)")
    with pytest.raises(RegistryError, match="not a provenance registry"):
        migrate(place.url)
    engine = place.engine()
    assert inspect(engine).get_table_names() == ["photos"]
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing_half_done(sqlite_place, no_room):
    place = sqlite_place
    place.database.touch()
    with no_room(40_000), pytest.raises(RegistryError, match=str(place.database)):
        migrate(place.url)
    with pytest.raises(RegistryError, match="has schema none"):
        place.write("one")
    migrate(place.url)
    place.write("one")
