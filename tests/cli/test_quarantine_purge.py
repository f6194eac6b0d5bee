"""What is purged is gone with all that was beside it, and nothing else is."""

import json
import os
import pty
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.cli.running import Show, declared, sample, wait_until

KEPT = ".quarantine/deliverables"


@pytest.fixture
def full(run: Terminal, show: Show) -> Show:
    """Stand in a production with three files in quarantine."""
    show.put("deliverables/ep1/a.png", declared())
    show.put("deliverables/ep1/b.png", declared("graphs.png"))
    show.put("deliverables/plate.rf64", sample("rf64"))
    run("tag", "deliverables/plate.rf64")  # it gets a sidecar
    assert run("watch", "--once").code == 1
    assert len(run("quarantine", "list", "--json").json) == 3
    return show


def age(show: Show, name: str, **by: float) -> None:
    """Have a file lie in quarantine for longer."""
    place = show.home / KEPT / f"{name}.quarantine.json"
    record = json.loads(place.read_text("utf-8"))
    record["quarantined_at"] = (datetime.now(UTC) - timedelta(**by)).isoformat()
    place.write_text(json.dumps(record))


def test_what_is_named_is_gone_with_all_that_lay_beside_it(run: Terminal, full: Show) -> None:
    others = {
        name: data for name, data in full.listing(".quarantine").items() if "plate" not in name
    }
    assert f"{KEPT}/plate.rf64.c2pa" in full.listing(".quarantine")
    done = run("quarantine", "purge", f"{KEPT}/plate.rf64", "--yes")
    assert (done.code, done.out) == (0, f"purged           {full.home / KEPT}/plate.rf64\n")
    assert full.listing(".quarantine") == others
    entries = run("log", "--json").json["entries"]
    assert [one["action"] for one in entries].count("purge") == 1


def test_a_folder_goes_with_everything_in_it_and_empty_folders_with_it(
    run: Terminal, full: Show
) -> None:
    done = run("quarantine", "purge", f"{KEPT}/ep1", "--yes")
    assert (done.code, done.out.count("purged ")) == (0, 2)
    assert not (full.home / KEPT / "ep1").exists()
    assert run("quarantine", "purge", "--all", "--yes").code == 0
    assert not (full.home / KEPT).exists()
    assert run("quarantine", "purge", "--all", "--yes").out == (
        "nothing in quarantine is to be deleted\n"
    )


def test_only_what_lies_there_for_longer_goes(run: Terminal, full: Show) -> None:
    age(full, "ep1/a.png", days=31)
    age(full, "ep1/b.png", days=29)
    (full.home / KEPT / "plate.rf64.quarantine.json").write_text("{}")  # since when, nobody knows
    before = full.listing(".quarantine")
    done = run("quarantine", "purge", "--older-than", "30d", "--dry-run")
    assert done.out == f"would purge      {full.home / KEPT}/ep1/a.png\n"
    assert full.listing(".quarantine") == before
    assert run("quarantine", "purge", "--older-than", "5w", "--yes", f"{KEPT}/ep1").code == 0
    assert full.listing(".quarantine") == before
    assert run("quarantine", "purge", "--older-than", "30d", "--yes").code == 0
    assert {name for name in before if "/a.png" not in name} == set(full.listing(".quarantine"))


def test_without_a_terminal_and_without_yes_nothing_is_deleted(run: Terminal, full: Show) -> None:
    before = full.listing(".quarantine")
    done = run("quarantine", "purge", "--all")
    assert done.code == 2
    assert "say --yes" in done.err
    assert full.listing(".quarantine") == before


@pytest.mark.parametrize(("answer", "left"), [("n", 3), ("y", 0)])
def test_at_a_terminal_it_asks(run: Terminal, full: Show, answer: str, left: int) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keyboard:
        process = subprocess.Popen(
            [sys.executable, "-m", "provenance", "quarantine", "purge", "--all"],
            cwd=full.home,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        os.close(theirs)
        keyboard.write(answer.encode() + b"\n")
        _, asked = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"Delete 3 files for good?" in asked
    assert len(run("quarantine", "list", "--json").json) == left


@pytest.mark.parametrize(
    "words",
    [(), ("--all", KEPT), ("--all", "--older-than", "30d"), ("--older-than", "soon"), ("work",)],
    ids=["nothing", "all-and-named", "all-and-age", "no-age", "not-in-quarantine"],
)
def test_what_is_not_said_plainly_deletes_nothing(
    run: Terminal, full: Show, words: tuple[str, ...]
) -> None:
    before = full.listing(".quarantine", "work", "deliverables")
    assert run("quarantine", "purge", "--yes", *words).code == 2
    assert full.listing(".quarantine", "work", "deliverables") == before


def test_a_link_in_quarantine_leads_nowhere(run: Terminal, full: Show, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    for name in ("a.png", "a.png.quarantine.json"):
        shutil.copy(full.home / KEPT / "ep1" / name, precious / name)
    (full.home / KEPT / "plate.rf64").unlink()
    (full.home / KEPT / "plate.rf64").symlink_to(precious / "a.png")
    shutil.rmtree(full.home / KEPT / "ep1")
    (full.home / KEPT / "ep1").symlink_to(precious)
    done = run("quarantine", "purge", "--all", "--yes")
    assert done.out == f"purged           {full.home / KEPT}/plate.rf64\n"
    assert {path.name for path in precious.iterdir()} == {"a.png", "a.png.quarantine.json"}
    assert run("quarantine", "purge", f"{KEPT}/ep1/a.png", "--yes").code == 2
    assert {path.name for path in precious.iterdir()} == {"a.png", "a.png.quarantine.json"}


def test_a_quarantine_that_is_a_link_is_not_purged(run: Terminal, full: Show) -> None:
    away = full.home.with_name("away")
    (full.home / ".quarantine").rename(away)
    (full.home / ".quarantine").symlink_to(away)
    done = run("quarantine", "purge", "--all", "--yes")
    assert (done.code, done.out) == (3, "")
    assert "cannot be deleted: " in done.err
    assert (away / "deliverables/ep1/a.png").is_file()


@pytest.mark.parametrize("happens", ["another came", "restored"])
def test_what_took_the_name_of_a_listed_file_is_not_deleted(
    run: Terminal, full: Show, happens: str
) -> None:
    """Between the question and the answer it is restored, and another of its name is blocked."""
    ours, theirs = pty.openpty()
    asked = full.home / "asked"
    with os.fdopen(ours, "wb", buffering=0) as keyboard, asked.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "provenance", "quarantine", "purge", f"{KEPT}/ep1/a.png"],
            cwd=full.home,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        os.close(theirs)
        wait_until(lambda: b"for good?" in asked.read_bytes(), "the question")
        assert run("quarantine", "restore", f"{KEPT}/ep1/a.png").code == 0
        if happens == "another came":
            full.put("deliverables/ep1/a.png", declared("graphs.png"))
            assert run("watch", "--once").code == 1
        before = full.listing(".quarantine", "deliverables")
        keyboard.write(b"y\n")
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, b"")
    assert b"is not what was listed any more" in asked.read_bytes()
    assert full.listing(".quarantine", "deliverables") == before


def test_without_a_registry_nothing_is_deleted(run: Terminal, full: Show) -> None:
    before = full.listing(".quarantine")
    for path in (full.home / ".provenance").glob("registry.db*"):
        path.unlink()
    assert run("quarantine", "purge", "--all", "--yes").code == 3
    assert full.listing(".quarantine") == before
