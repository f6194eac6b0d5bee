"""Leases on files: who may write, until when, and what a write costs the registry."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from provenance.errors import ChangedMeanwhileError, ConfigError, LeaseHeldError, LeaseLostError
from provenance.leasing import LeaseKeeper, lease_key
from provenance.model.outcome import Action
from provenance.processes import HOST_VARIABLE, host_name, is_dead, process_name
from provenance.registry.memory import MemoryRegistry
from provenance.registry.transactions import WRITES
from provenance.writing import announced_write
from tests.usecases.studio import Studio, listing

Sample = Callable[[str], Path]
LONG = 3600.0


def test_hosts_that_mount_a_share_elsewhere_have_one_key_for_a_file(tmp_path: Path) -> None:
    here, there = tmp_path / "mnt/show/generated", tmp_path / "volumes/generated"
    for zone in (here, there):
        (zone / "ep1").mkdir(parents=True)
    key = lease_key(here / "ep1/a.png", [tmp_path / "work", here])
    assert lease_key(there / "ep1/a.png", [there]) == key
    assert lease_key(there / "ep1/b.png", [there]) != key
    (tmp_path / "link").symlink_to(here)
    assert lease_key(tmp_path / "link/ep1/a.png", [here]) == key
    assert lease_key(here / "ep1/a.png", [tmp_path / "link"]) == key
    assert lease_key(here / "ep1/a.png", []) != key


def test_a_file_somebody_works_on_is_left_alone_and_said_so(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    before = listing(file.parent)
    other = LeaseKeeper(studio.production.registry, zones=studio.production.leases.zones)
    with (
        other.hold(file),
        pytest.raises(LeaseHeldError, match=r"rgb\.png: another host or command works on it"),
    ):
        studio.tag(file)
    assert listing(file.parent) == before
    assert studio.tag(file).action is Action.TAGGED
    with other.hold(file), pytest.raises(LeaseHeldError):
        studio.production.untagger.untag(file)


def test_a_file_that_another_wrote_before_we_had_the_lease_is_looked_at_again(
    studio: Studio, sample: Sample
) -> None:
    file = studio.put(sample("png/rgb.png"))
    with studio.examined(file) as examined:
        studio.tag(file)
        write = announced_write(examined.source, studio.production.leases, studio.clock)
        with pytest.raises(ChangedMeanwhileError), write:
            pytest.fail("the write began")
    assert studio.production.registry.open_writes() == ()
    assert studio.tag(file).action is Action.ALREADY


def test_who_slept_publishes_nothing_though_the_registry_knows_of_no_end() -> None:
    now = [100.0]
    keeper = LeaseKeeper(MemoryRegistry(), seconds=LONG, clock=lambda: now[0])
    with keeper.hold(Path("/a")) as held:
        with held.publishing():
            pass
        now[0] += LONG - 1  # so close to the end that the exchange might come after it
        with pytest.raises(LeaseLostError), held.publishing():
            pytest.fail("it was published")
        with held.kept():
            pass


def test_a_lease_is_renewed_for_as_long_as_the_work_takes() -> None:
    registry, now, asked = MemoryRegistry(), [0.0], threading.Event()

    def clock() -> float:
        if threading.current_thread() is not threading.main_thread():
            asked.set()
        return now[0]

    keeper = LeaseKeeper(registry, seconds=6, clock=clock)
    with keeper.hold(Path("/a")) as held:
        now[0] = 5.9
        with pytest.raises(LeaseLostError):
            held.require_time()
        with held.kept():
            assert asked.wait(30)
            with held.publishing():
                pass


def test_a_lease_of_a_process_that_died_is_not_waited_for(tmp_path: Path) -> None:
    registry = MemoryRegistry()
    keeper = LeaseKeeper(registry, seconds=LONG)
    host, pid, _ = process_name().split("/")
    key = lease_key(tmp_path / "a", [])
    registry.take_lease(key, f"{host}/{pid}/0", LONG)
    with keeper.hold(tmp_path / "a"):
        pass
    for living in (process_name(), "elsewhere/1/1", f"{host}/{pid}/0-1", "odd", f"{host}/x/1"):
        registry.drop_leases_of(living)
        registry.take_lease(key, living, LONG)
        with pytest.raises(LeaseHeldError), keeper.hold(tmp_path / "a"):
            pytest.fail("it was taken")
        registry.drop_leases_of(living)


def test_a_host_is_named_by_the_environment_or_by_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert host_name() == socket.gethostname()
    assert not is_dead(process_name())
    monkeypatch.setenv(HOST_VARIABLE, "farm-7.b")
    assert process_name().startswith(f"farm-7.b/{os.getpid()}/")
    for strange in ("", "a/b", "a b", "x" * 65):
        monkeypatch.setenv(HOST_VARIABLE, strange)
        with pytest.raises(ConfigError, match=HOST_VARIABLE):
            host_name()


@contextmanager
def counted_writes() -> Iterator[list[Connection]]:
    """Give the transactions that are committed inside and may have written."""
    committed: list[Connection] = []

    def note(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            committed.append(connection)

    event.listen(Engine, "commit", note)
    try:
        yield committed
    finally:
        event.remove(Engine, "commit", note)


@pytest.mark.parametrize(("name", "transactions"), [("png/rgb.png", 2), ("rf64/pcm16.rf64", 3)])
def test_a_write_takes_few_transactions(
    name: str, transactions: int, studio: Studio, sample: Sample
) -> None:
    """One announces; one publishes, which is the last unless a manifest comes beside."""
    file = studio.put(sample(name))
    with counted_writes() as committed:
        assert studio.tag(file).action is Action.TAGGED
    assert len(committed) == transactions
    with counted_writes() as committed:
        assert studio.tag(file).action is Action.ALREADY
    assert committed == []
