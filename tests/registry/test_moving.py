"""A registry that is moved to a server is the same there, or is not there."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from provenance.errors import ConfigError, RegistryError
from provenance.registry.backends import check, migrate, open_registry
from provenance.registry.moving import move_registry
from tests.contracts.test_registry import asset, attestation, digest_of, intent, sighting
from tests.registry.conftest import Place


@pytest.fixture
def full(sqlite_place: Place) -> Place:
    """Return a registry with something of everything."""
    migrate(sqlite_place.url)
    with sqlite_place.opened() as registry:
        for number in range(3):
            registry.record_asset(asset(number), sighting(number, f"/share/\udcff{number}.png"))
            registry.add_attestation(attestation(number, 1, 2))
        registry.withdraw_asset("urn:uuid:1", "not AI after all")
        registry.begin_write(intent(1))
        registry.take_lease(digest_of(1), "host", 3600)
    return sqlite_place


def test_everything_comes_over_and_the_log_goes_on(full: Place, postgres_url: str) -> None:
    with full.opened() as old:
        before = (old.assets(), old.log(), old.log_head(), old.open_writes())
        fence = old.find_lease(digest_of(1)).fence
        stored = old.attestations_for(digest_of(1), attestation(1).kind)
        seen = old.sightings_of("urn:uuid:2")
    head, rows = move_registry(full.url, postgres_url, full.checkpoint)
    assert (head, rows > len(before[1])) == (before[2], True)
    new = open_registry(postgres_url, full.checkpoint)
    with closing(new):
        assert (new.assets(), new.log(), new.log_head(), new.open_writes()) == before
        assert new.attestations_for(digest_of(1), attestation(1).kind) == stored
        assert new.sightings_of("urn:uuid:2") == seen
        new.record_asset(asset(9))
        assert new.log_head().sequence == head.sequence + 1
        assert new.take_lease(digest_of(1), "other", 3600).fence > fence
    assert check(postgres_url, full.checkpoint) == ()


def test_the_old_one_stays_untouched(full: Place, postgres_url: str) -> None:
    before = full.query("SELECT * FROM journal"), full.query("SELECT * FROM leases")
    move_registry(full.url, postgres_url, full.checkpoint)
    assert (full.query("SELECT * FROM journal"), full.query("SELECT * FROM leases")) == before
    assert check(full.url, full.checkpoint) == ()


def fill_with_a_registry(url: str, folder: Path) -> None:
    migrate(url)
    with closing(open_registry(url, folder / "other.json")) as other:
        other.record_asset(asset(7))


def fill_with_something_else(url: str, folder: Path) -> None:
    del folder
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE assets (mine text)")


@pytest.mark.parametrize("fill", [fill_with_a_registry, fill_with_something_else])
def test_a_database_that_is_not_empty_is_left_alone(
    fill: Callable[[str, Path], None], full: Place, postgres_url: str, tmp_path: Path
) -> None:
    fill(postgres_url, tmp_path)
    with pytest.raises(RegistryError, match="is not empty"):
        move_registry(full.url, postgres_url, full.checkpoint)
    with psycopg.connect(postgres_url) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM assets").fetchall()
    assert rows == ((1 if fill is fill_with_a_registry else 0),)


def test_a_registry_that_is_not_sound_is_not_moved(full: Place, postgres_url: str) -> None:
    full.run_sql("UPDATE assets SET media_type = 'text/plain' WHERE asset_id = 'urn:uuid:0'")
    with pytest.raises(RegistryError, match=r"not sound.*the row was altered"):
        move_registry(full.url, postgres_url, full.checkpoint)
    with psycopg.connect(postgres_url) as connection:
        assert (
            connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchall()
            == []
        )


def test_what_breaks_off_leaves_nothing_and_may_be_tried_again(
    full: Place, postgres_url: str
) -> None:
    with closing(sqlite3.connect(full.url.removeprefix("sqlite:///"))) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(RegistryError, match="locked"):
            move_registry(full.url, postgres_url, full.checkpoint)
    assert move_registry(full.url, postgres_url, full.checkpoint)[1] > 0


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("memory:", "postgresql://x/y"),
        ("sqlite:////a", "sqlite:////b"),
        ("sqlite:////a", "memory:"),
    ],
)
def test_other_kinds_are_not_moved(source: str, target: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="from SQLite to PostgreSQL"):
        move_registry(source, target, tmp_path / "checkpoint.json")
