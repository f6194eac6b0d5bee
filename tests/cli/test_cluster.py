"""Scans by workers at a queue in PostgreSQL, by the command line."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from provenance.cluster.database import Database
from provenance.cluster.parting import FILES, digest_of
from provenance.cluster.queue import Queue
from provenance.cluster.records import Found
from provenance.stores import CHECKPOINT_FILE
from tests.cli.conftest import Terminal
from tests.cli.running import Show, declared, plain, sample, wait_until
from tests.cli.workers import Worker

_DEADLINE = 30
_SILENCE = 2
_TELL = "cluster.before-tell"


@pytest.fixture
def cluster_show(show: Show, run: Terminal, postgres_url: str) -> Show:
    """Return a production with a registry on a server, and files of every sort in `incoming`."""
    (show.home / ".provenance" / CHECKPOINT_FILE).unlink()
    show.set("sqlite:///.provenance/registry.db", postgres_url)
    show.set("[tagging]", f"[tagging]\nlease_seconds = {_SILENCE}")
    assert run("registry", "migrate").code == 0
    for number in range(3):
        for name in ("b.jpg", "a.wav", "c.mp4"):
            show.put(f"incoming/reel{number}/{name}", sample(name[-3:].replace("jpg", "jpeg")))
    show.put("incoming/reel1/made.png", declared())
    show.put("incoming/reel1/.DS_Store", b"\0\0\0\1Bud1")
    show.put("incoming/reel2/notes.txt", b"no media")
    show.put("incoming/short.png", plain()[:60])
    (show.home / "incoming" / os.fsdecode(b"caf\xe9.jpg")).write_bytes(sample("jpeg"))
    (show.home / "incoming/empty").mkdir()
    (show.home / "incoming/linked").symlink_to("reel0")
    return show


@pytest.fixture
def worker(cluster_show: Show) -> Iterator[Callable[..., Worker]]:
    """Return what starts workers; none is left."""
    started: list[Worker] = []

    def start(*words: str, faults: str = "") -> Worker:
        started.append(Worker(cluster_show.home, *words, faults=faults))
        return started[-1].arrived()

    yield start
    for one in started:
        one.kill()


def report_of(run: Terminal, *words: str | Path) -> dict[str, Any]:
    scanned = run("scan", "--format", "json", *words)
    assert scanned.out, scanned.err
    report: dict[str, Any] = scanned.json
    report.pop("judged_at", None)
    return report


def left_in_queue(url: str) -> list[Any]:
    with psycopg.connect(url, options="-c search_path=provenance_queue") as connection:
        return [
            *connection.execute("SELECT series, number FROM tasks").fetchall(),
            *connection.execute("SELECT id FROM series").fetchall(),
            *connection.execute("SELECT id, status FROM procrastinate_jobs").fetchall(),
        ]


def tell_nothing(url: str) -> None:
    """Do one task as a worker does on whose host the share is not mounted."""
    database = Database(url)
    database.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    while (row := database.row("SELECT series::text, number FROM tasks")) is None:
        pass
    Queue(database).tell(*row, Found(worker="blind/1", seen=(digest_of([]),)))
    database.close()


def test_workers_report_what_one_process_does_file_for_file(
    run: Terminal, cluster_show: Show, worker: Callable[..., Worker], postgres_url: str
) -> None:
    workers = [worker(), worker()]
    for number in range(FILES + 1):
        cluster_show.put(f"many/{number:04}.jpg", sample("jpeg"))
    for words in (
        ["incoming"],
        [cluster_show.home / "incoming"],
        ["incoming/reel2", "incoming"],
        ["incoming/empty", "many"],
        ["incoming/empty"],
        ["--pixels", "incoming/reel1"],
        ["--use", "trailer", "--policy", "house", "."],
    ):
        alone = report_of(run, *words)
        assert report_of(run, "--cluster", *words) == alone
        assert alone["counts"]["files"] >= 1
    here = run("scan", "--cluster", "--strict", "--no-cache", "incoming")
    assert (here.code, here.out) == (1, run("scan", "--strict", "--no-cache", "incoming").out)
    wait_until(lambda: not left_in_queue(postgres_url), "an empty queue")
    assert [one.stop() for one in workers] == [0, 0]


def test_a_zone_that_is_lost_is_told_once(
    run: Terminal, cluster_show: Show, worker: Callable[..., Worker]
) -> None:
    cluster_show.put("deliverables/a/one.jpg", sample("jpeg"))
    for number in range(FILES + 1):
        cluster_show.put(f"deliverables/b/{number:04}.jpg", sample("jpeg"))
    assert run("watch", "--once").code == 0
    (cluster_show.home / "deliverables").rename(cluster_show.home / "elsewhere")
    shutil.copytree(cluster_show.home / "elsewhere/a", cluster_show.home / "deliverables/a")
    shutil.copytree(cluster_show.home / "elsewhere/b", cluster_show.home / "deliverables/b")
    worker()
    alone = report_of(run, "deliverables")
    assert report_of(run, "--cluster", "deliverables") == alone
    assert "the zone is not itself" in alone["findings"][0]["message"]
    assert len(alone["findings"]) == 1


def test_without_a_worker_nothing_passes(run: Terminal, worker: Callable[..., Worker]) -> None:
    assert worker("--once").ended() == 0
    scanned = run("scan", "--cluster", "incoming/reel0")
    assert (scanned.code, scanned.out) == (3, "")
    assert "no worker is at the queue" in scanned.err
    assert "provenance worker" in scanned.err


def test_a_worker_killed_amid_a_task_loses_and_doubles_nothing(
    run: Terminal, cluster_show: Show, worker: Callable[..., Worker]
) -> None:
    alone = report_of(run, "incoming")
    killed = worker(faults=f"{_TELL}:kill:1")
    process = subprocess.Popen(
        [sys.executable, "-m", "provenance", "scan", "--cluster", "--format", "json", "incoming"],
        cwd=cluster_show.home,
        stdout=subprocess.PIPE,
    )
    assert killed.ended() == -signal.SIGKILL
    worker()
    out, _ = process.communicate(timeout=_DEADLINE)
    again = report_of(run, "--cluster", "incoming")
    assert again == alone
    assert out.decode() == run("scan", "--format", "json", "incoming").out


def test_a_task_that_fails_three_times_leaves_its_files_undecided(
    run: Terminal, worker: Callable[..., Worker]
) -> None:
    worker(faults=f"{_TELL}:EIO")
    report = report_of(run, "--cluster", "incoming/reel0")
    assert [one["verdict"] for one in report["assets"]] == ["undecided"] * 3
    assert report["exit_code"] == 3
    assert all("Input/output error" in one["message"] for one in report["findings"])


def test_a_worker_with_other_settings_is_refused(
    run: Terminal, cluster_show: Show, worker: Callable[..., Worker]
) -> None:
    worker()
    cluster_show.set("ignore = []", 'ignore = ["*.wav"]')
    scanned = run("scan", "--cluster", "incoming")
    assert (scanned.code, scanned.out) == (3, "")
    assert "refused: it has not the same patterns to ignore" in scanned.err


def test_what_a_worker_does_not_see_is_undecided(
    run: Terminal, cluster_show: Show, postgres_url: str
) -> None:
    assert run("worker", "--setup").code == 0
    blind = threading.Thread(target=tell_nothing, args=(postgres_url,))
    blind.start()
    report = report_of(run, "--cluster", cluster_show.home / "incoming/reel0")
    blind.join()
    assert (report["exit_code"], report["counts"]["undecided"]) == (3, 1)
    assert "sees other files in this folder" in report["findings"][0]["message"]


def test_a_queue_of_another_edition_is_made_anew_by_hand_only(
    run: Terminal, worker: Callable[..., Worker], postgres_url: str
) -> None:
    worker("--once")
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE provenance_queue.edition SET made_by = '0'")
    refused = run("scan", "--cluster", "incoming")
    assert refused.code == 2
    assert "provenance worker --setup" in refused.err
    assert run("worker", "--setup").code == 0
    worker()
    assert run("scan", "--cluster", "incoming/reel0").code == 0
    assert run("registry", "check").code == 0


def test_several_workers_of_one_host_are_started_and_stopped_together(
    run: Terminal, worker: Callable[..., Worker]
) -> None:
    assert worker("--concurrency", "2", "--once").ended() == 0
    several = worker("--concurrency", "2")
    wait_until(lambda: several.said.count("worker of ") == 2, "both workers")
    assert run("scan", "--cluster", "incoming/reel0").code == 0
    assert several.stop() == 0


def test_workers_need_a_registry_on_a_server(run: Terminal, show: Show) -> None:
    show.put("generated/new.png", plain())
    for words in (["scan", "--cluster", "generated"], ["worker"]):
        refused = run(*words)
        assert (refused.code, refused.out) == (2, "")
        assert "provenance registry move postgresql://" in refused.err


@pytest.mark.usefixtures("show")
def test_a_receipt_is_of_what_this_host_read(run: Terminal) -> None:
    refused = run("scan", "--cluster", "--receipt", "receipt.json", "generated")
    assert refused.code == 2
    assert "--receipt" in refused.err
