"""Workers on other hosts than the one that asks, each with a data folder and name of its own."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.png import encode
from fixtures.raster import picture
from provenance.cluster.database import Database
from provenance.processes import HOST_VARIABLE
from tests.cli.workers import Worker
from tests.hosts import Host, Share, name_of, shared, wait_until

SILENCE = 2


@pytest.fixture
def share(founded: Path, tmp_path: Path, postgres_url: str) -> Iterator[Share]:
    """Return a share with two hosts; the watch of the first hands over to workers."""
    names = ("ash", "birch")
    with shared(founded, tmp_path, postgres_url, names, lease_seconds=SILENCE) as made:
        with (made.hosts[0].home / "provenance.toml").open("a") as settings:
            settings.write("cluster = true\n")
        yield made


@pytest.fixture
def worker() -> Iterator[Callable[..., Worker]]:
    """Return what starts workers on a host; none is left."""
    started: list[Worker] = []

    def start(host: Host, faults: str = "") -> Worker:
        started.append(Worker(host.home, faults=faults, **{HOST_VARIABLE: host.name}))
        return started[-1].arrived()

    yield start
    for one in started:
        one.kill()


def queued(share: Share) -> int:
    database = Database(share.url)
    try:
        row = database.row("SELECT count(*) FROM tasks")
    finally:
        database.close()
    return int(row[0]) if row else 0


def test_a_scan_is_done_on_another_host(share: Share, worker: Callable[..., Worker]) -> None:
    ash, birch = share.hosts
    for number in range(3):
        share.put(name_of(number), encode(picture(number)))
    worker(birch)
    words = ("scan", "--format", "json", share.folder)
    assert ash.run(*words, "--cluster").out == ash.run(*words).out


def test_a_watch_has_files_tagged_by_workers_and_none_is_lost_with_one(
    share: Share, worker: Callable[..., Worker]
) -> None:
    ash, birch = share.hosts
    killed = worker(birch, faults="tagging.before-commit:kill:2")
    for number in range(6):
        share.put(name_of(number), encode(picture(number)))
    ash.start()
    assert killed.ended() == -signal.SIGKILL
    others = [worker(birch), worker(birch)]
    wait_until(lambda: not share.untagged(), "every file to be tagged", ash)
    wait_until(lambda: len(ash.tagged()) + ash.said.count("already") >= 5, "the word of it", ash)
    wait_until(lambda: queued(share) == 0, "an empty queue", ash)
    wait_until(lambda: share.open_writes() == 0, "all to be cleaned up", ash)
    ash.stop()
    assert [one.stop() for one in others] == [0, 0]
    assert share.find_harm() == []
    assert "ERROR" not in ash.said


def test_a_watch_without_a_worker_says_so_and_keeps_the_files_in_mind(
    share: Share, worker: Callable[..., Worker]
) -> None:
    ash, birch = share.hosts
    share.put("a.png", encode(picture(1)))
    ash.start()
    wait_until(lambda: "no worker is at the queue" in ash.said, "a complaint", ash)
    assert share.untagged() == [share.folder / "a.png"]
    worker(birch)
    wait_until(lambda: not share.untagged(), "it to be tagged", ash)
    wait_until(lambda: queued(share) == 0, "an empty queue", ash)
    ash.stop()
    assert share.find_harm() == []
