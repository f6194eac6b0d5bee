"""Daemons of several hosts at one share and one registry: each file is written once, and whole."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.png import encode
from fixtures.raster import picture
from tests.hosts import Share, name_of, shared, wait_until
from tests.postgres import Server

SHORT = 3
BACK = "the registry answers again"


def media(number: int) -> bytes:
    return encode(picture(number))


@pytest.fixture
def share(founded: Path, tmp_path: Path, postgres_url: str) -> Iterator[Share]:
    """Return a share with two hosts."""
    with shared(founded, tmp_path, postgres_url, ("ash", "birch"), lease_seconds=SHORT) as made:
        yield made


def test_hosts_share_the_work_and_none_does_it_twice(share: Share) -> None:
    ash, birch = share.hosts
    for number in range(8):
        share.put(name_of(number), media(number))
    # One that is busy with a file for long keeps nobody from the others.
    ash.start("tagging.before-commit:stop:1")
    wait_until(lambda: ash.is_stopped, "a host amid a write", ash)
    birch.start()
    wait_until(lambda: len(share.untagged()) <= 1, "the other host to do the rest", birch)
    ash.send(signal.SIGCONT)
    wait_until(lambda: not share.untagged(), "the last file", ash, birch)
    for host in share.hosts:
        host.stop()
    assert share.find_harm() == []
    assert set((ash.tagged() + birch.tagged()).values()) == {1}
    assert len(birch.tagged()) >= 7
    assert "problem" not in ash.said + birch.said
    assert "ERROR" not in ash.said + birch.said


def test_a_host_that_slept_longer_than_its_lease_writes_nothing_late(share: Share) -> None:
    ash, birch = share.hosts
    file = share.put("a.png", media(1))
    ash.start("tagging.before-commit:stop:1")
    wait_until(lambda: ash.is_stopped, "a host amid a write", ash)
    birch.start()
    wait_until(lambda: share.is_tagged(file), "the other host to take over", birch)
    birch.stop()
    before = file.read_bytes(), file.stat().st_ino
    ash.send(signal.SIGCONT)
    share.put("b.png", media(2))
    wait_until(lambda: not share.untagged(), "the host that slept to go on", ash)
    ash.stop()
    assert (file.read_bytes(), file.stat().st_ino) == before
    assert birch.tagged() == {"a.png": 1}
    assert ash.tagged() == {"b.png": 1}
    assert share.find_harm() == []


def test_a_lease_that_ended_is_no_right_to_write_even_if_nobody_took_it(share: Share) -> None:
    ash, _ = share.hosts
    file = share.put("a.png", media(1))
    before = file.stat().st_ino
    ash.start("tagging.before-commit:stop:1,writing.before-settle:stop:1")
    wait_until(lambda: ash.is_stopped, "a host amid a write", ash)
    assert ash.run("registry", "check").code == 0
    wait_until(lambda: not share.leases(), "the lease to end", ash)
    ash.send(signal.SIGCONT)
    wait_until(lambda: ash.is_stopped, "it to give up", ash)
    assert file.stat().st_ino == before
    ash.send(signal.SIGCONT)
    wait_until(lambda: share.is_tagged(file), "it to begin anew", ash)
    ash.stop()
    assert share.find_harm() == []
    assert share.actions()["begin-write"] == 2


def test_what_a_host_left_that_died_is_repaired_by_another(share: Share) -> None:
    ash, birch = share.hosts
    file = share.put("a.png", media(1))
    ash.start("tagging.before-commit:kill")
    wait_until(lambda: ash.process is not None and ash.process.poll() is not None, "the kill", ash)
    assert share.open_writes() == 1
    birch.start()
    wait_until(lambda: share.is_tagged(file) and not share.open_writes(), "the repair", birch)
    birch.stop()
    assert share.find_harm() == []


def test_a_server_that_crashes_under_load_costs_nothing(
    share: Share, postgres_server: Server
) -> None:
    for host in share.hosts:
        host.start()
    wait_until(lambda: all("watching " in host.said for host in share.hosts), "both to begin")
    for number in range(4):
        share.put(name_of(number), media(number))
    wait_until(lambda: len(share.untagged()) < 4, "the first file", *share.hosts)
    postgres_server.crash()
    for number in range(4, 8):
        share.put(name_of(number), media(number))
    wait_until(lambda: all("nothing is tagged" in host.said for host in share.hosts), "both to say")
    postgres_server.start()
    wait_until(lambda: not share.untagged(), "all to be tagged", *share.hosts)
    wait_until(lambda: not share.open_writes(), "all to be settled", *share.hosts)
    wait_until(lambda: all(BACK in host.said for host in share.hosts), "both to say so")
    for host in share.hosts:
        host.stop()
        assert host.said.count("nothing is tagged") == 1
        assert host.said.count(BACK) == 1
        assert "problem " not in host.said
    assert share.find_harm() == []
