"""SQLite where it must, must not and cannot work."""

import os
from pathlib import Path

import pytest

from provenance.errors import ConfigError, RegistryError
from provenance.registry.backends import check, migrate
from provenance.registry.filesystem import filesystem_type, is_remote
from provenance.registry.sqlite import (
    accept_sqlite,
    migrate_sqlite,
    open_sqlite,
    sqlite_engine,
    verify_sqlite,
)


@pytest.fixture
def place(sqlite_place):
    return sqlite_place


def test_the_database_is_for_its_owner_only_whatever_the_umask(place):
    earlier = os.umask(0)
    try:
        migrate(place.url)
        place.write("one")
    finally:
        os.umask(earlier)
    assert place.database.stat().st_mode & 0o777 == 0o600


def test_every_connection_is_durable_and_patient(migrated):
    engine = sqlite_engine(migrated.url)
    with engine.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    engine.dispose()
    assert values == {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 10_000,
        "foreign_keys": 1,
    }


@pytest.mark.parametrize("fstype", ["nfs", "nfs4", "cifs", "smb3", "fuse", "fuse.sshfs", "9p"])
def test_a_network_file_system_is_refused_by_every_way_in(migrated, fstype):
    def probe(_path):
        return fstype

    message = rf"{migrated.database} .*\({fstype}\).* local disk .* use PostgreSQL"
    with pytest.raises(RegistryError, match=message):
        open_sqlite(migrated.url, migrated.checkpoint, probe=probe)
    with pytest.raises(RegistryError, match=message):
        accept_sqlite(migrated.url, migrated.checkpoint, probe=probe)
    with pytest.raises(RegistryError, match=message):
        verify_sqlite(migrated.url, migrated.checkpoint, probe=probe)
    migrated.database.unlink()
    with pytest.raises(RegistryError, match=message):
        migrate_sqlite(migrated.url, probe=probe)
    assert not migrated.database.exists()


@pytest.mark.parametrize("fstype", ["ext4", "ext2/ext3", "xfs", "btrfs", "tmpfs", "overlay", "zfs"])
def test_a_local_file_system_is_not_remote(fstype):
    assert not is_remote(fstype)


def test_the_file_system_is_that_of_the_deepest_and_latest_mount(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw shared:1 - ext4 /dev/sda rw\n"
        r"2 1 0:5 / /srv/my\040share rw - nfs4 host:/x rw" + "\n"
        "3 1 0:6 / /srv/twice rw master:1 shared:2 - xfs /dev/sdb rw\n"
        "4 1 0:7 / /srv/twice rw - fuse.sshfs host:/y rw\n"
    )
    for path, expected in (
        ("/srv/registry.db", "ext4"),
        ("/srv/my share/deep/registry.db", "nfs4"),
        ("/srv/my shared/registry.db", "ext4"),
        ("/srv/twice", "fuse.sshfs"),
    ):
        assert filesystem_type(Path(path), mounts=mounts) == expected


def test_a_path_no_mount_covers_is_an_error(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text("2 1 0:5 / /srv rw - nfs4 host:/x rw\n")
    with pytest.raises(OSError, match="names no file system"):
        filesystem_type(tmp_path, mounts=mounts)


def test_a_link_to_elsewhere_is_judged_by_where_it_leads(tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to("/proc/registry.db")
    assert filesystem_type(link) == "proc"


def test_a_file_that_is_no_database_is_refused(place):
    place.database.write_bytes(b"GIF89a" * 1000)
    with pytest.raises(RegistryError, match=f"{place.database}.*not a database"):
        place.write("one")
    with pytest.raises(RegistryError, match="not a database"):
        migrate(place.url)
    assert any("not a database" in found for found in check(place.url, place.checkpoint))


def test_a_corrupt_database_is_refused_or_found_wherever_it_is_broken(migrated):
    migrated.write(*(str(number) for number in range(20)))
    sound = migrated.database.read_bytes()
    page = 4096
    for start in range(page, len(sound), page):
        broken = sound[:start] + b"\xa5" * page + sound[start + page :]
        migrated.database.write_bytes(broken)
        assert check(migrated.url, migrated.checkpoint), f"page {start // page} may be anything"
    migrated.database.write_bytes(sound)
    assert check(migrated.url, migrated.checkpoint) == ()


def test_a_database_cut_short_is_refused(migrated):
    migrated.write("one")
    os.truncate(migrated.database, 8192)
    with pytest.raises(RegistryError, match="malformed"):
        migrated.write("two")


def test_a_row_that_is_no_record_is_refused(migrated):
    migrated.write("one")
    migrated.run_sql("UPDATE write_intents SET begun_at = 'yesterday'")
    with migrated.opened() as registry, pytest.raises(RegistryError, match="yesterday"):
        registry.open_writes()


def test_a_row_that_refers_to_nothing_is_found(migrated):
    migrated.run_sql("INSERT INTO attestation_subjects VALUES ('gone', 0, 'sha256:00')")
    problems = check(migrated.url, migrated.checkpoint)
    assert problems == (
        "a row of attestation_subjects refers to a missing row of attestations",
        "attestation_subjects row gone has no entry in the log",
    )


def test_a_full_disk_is_an_error_and_loses_nothing(migrated, no_room):
    migrated.write("one")
    with migrated.opened() as registry:
        with no_room(), pytest.raises(RegistryError, match=str(migrated.database)):
            registry.end_write("one")
        assert [write.intent_id for write in registry.open_writes()] == ["one"]
        registry.end_write("one")
        assert registry.open_writes() == ()


def test_a_database_deleted_under_an_open_registry_is_an_error(migrated):
    migrated.write("one")
    with migrated.opened() as registry:
        migrated.database.unlink()
        with pytest.raises(RegistryError, match=str(migrated.database)):
            registry.open_writes()


def test_a_directory_that_takes_no_files_is_an_error(place):
    url = "sqlite:////proc/registry.db"
    with pytest.raises(RegistryError, match=r"/proc/registry\.db"):
        migrate(url)
    blocker = place.database.parent / "file"
    blocker.touch()
    with pytest.raises(RegistryError, match=str(blocker)):
        migrate(f"sqlite:///{blocker}/registry.db")


def test_a_checkpoint_that_cannot_be_written_is_an_error(migrated):
    nowhere = migrated.checkpoint.parent / "missing" / "checkpoint.json"
    with pytest.raises(RegistryError, match=str(nowhere)):
        open_sqlite(migrated.url, nowhere)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///a/b.db", "sqlite:x"])
def test_a_url_without_an_absolute_path_is_a_mistake_of_the_configuration(url, tmp_path):
    with pytest.raises(ConfigError, match="absolute path"):
        migrate(url)
    with pytest.raises(ConfigError, match="absolute path"):
        check(url, tmp_path / "checkpoint.json")


def test_a_path_may_hold_what_urls_give_a_meaning(tmp_path):
    database = tmp_path / "100 %20?#\udcff.db"
    migrate(f"sqlite:///{database}")
    assert database.stat().st_size > 0
