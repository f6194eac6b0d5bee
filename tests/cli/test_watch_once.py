"""`provenance watch --once`: one pass over every zone, and its exit code."""

import fcntl
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from provenance import zoning
from provenance.processes import host_name
from provenance.zoning import is_complete, is_media
from tests.cli.conftest import Terminal
from tests.cli.running import Result, Show, another_picture, declared, plain, sample, wait_until
from watchers.options import WatchOptions


def told(done: Result) -> list[str]:
    """Return the first line about each file."""
    return [line for line in done.out.splitlines() if not line.startswith(" ")][:-1]


def test_each_zone_gets_what_its_role_asks(run: Terminal, show: Show) -> None:
    show.put("generated/any.png", another_picture())
    show.put("generated/notes.txt", b"no media")
    show.put("generated/plate.exr", b"a format that is not read")
    show.put("work/says.png", declared())
    show.put("work/silent.png", plain())
    show.put("deliverables/silent.jpg", plain("caption.jpg"))
    done = run("watch", "--once")
    assert done.code == 0
    assert sorted(line.split()[:2] for line in told(done)) == [
        ["tagged", "generated/any.png"],
        ["tagged", "work/says.png"],
        ["tagged-beside", "generated/plate.exr"],
    ]
    assert show.listing("work")["work/silent.png"] == plain()
    assert show.listing("generated")["generated/notes.txt"] == b"no media"
    (landed,) = run("inspect", "--json", "generated/any.png").json
    assert landed["tag"]["declared_by"] == "zone"
    (found,) = run("inspect", "--json", "work/says.png").json
    assert found["tag"]["declared_by"] == "signal"


def test_a_second_pass_changes_nothing(run: Terminal, show: Show) -> None:
    show.put("generated/any.png", another_picture())
    show.put("generated/plate.exr", b"a format that is not read")
    run("watch", "--once")
    before = show.listing("generated")
    done = run("watch", "--once")
    assert done.code == 0
    assert (
        done.out == "4 files looked at (2 already-tagged, 2 left), 0 still arriving, 0 problems\n"
    )
    assert show.listing("generated") == before


def test_a_blocked_deliverable_exits_1_and_the_next_pass_0(run: Terminal, show: Show) -> None:
    show.put("deliverables/ai.png", declared())
    show.put("deliverables/clean.png", another_picture())
    done = run("watch", "--once")
    assert done.code == 1
    assert "quarantined deliverables/ai.png (now in .quarantine/deliverables: " in done.words
    assert show.listing("deliverables") == {"deliverables/clean.png": another_picture()}
    assert run("watch", "--once").code == 0


def test_an_undecided_deliverable_stays_and_exits_3(run: Terminal, show: Show) -> None:
    show.put("deliverables/title.psd", b"8BPS not read here")
    show.put("deliverables/ai.png", declared())
    done = run("watch", "--once")
    assert done.code == 3
    assert "undecided deliverables/title.psd (left where it is: " in done.words
    assert show.listing("deliverables").keys() == {"deliverables/title.psd"}


def test_what_the_settings_ignore_is_left(run: Terminal, show: Show) -> None:
    show.set("ignore = []", 'ignore = ["*.txt"]')
    show.put("deliverables/notes.txt", b"for the client")
    show.put("deliverables/desktop.ini", b"[.ShellClassInfo]")
    assert run("watch", "--once").code == 0
    assert len(show.listing("deliverables")) == 2
    actions = [entry["action"] for entry in run("log", "--json").json["entries"]]
    assert "scan" not in actions  # nothing was judged


def test_a_dry_run_moves_and_writes_nothing(run: Terminal, show: Show) -> None:
    show.put("generated/any.png", another_picture())
    show.put("work/says.png", declared())
    show.put("deliverables/ai.png", declared())
    before = show.listing("generated", "work", "deliverables")
    done = run("watch", "--once", "--dry-run")
    assert done.code == 1
    assert sorted(line.split()[0] for line in told(done)) == [
        *("would-quarantine", "would-tag", "would-tag"),
    ]
    assert show.listing("generated", "work", "deliverables") == before
    assert run("status", "--json").json["registry"]["temporary_assets"] == 0
    assert not (show.home / ".quarantine").exists()


def test_a_file_that_is_still_arriving_waits_and_keeps_a_deliverable_undecided(
    run: Terminal, show: Show
) -> None:
    show.put("work/arriving.png", declared()[:-9])
    done = run("watch", "--once")
    assert done.code == 0
    assert "still arriving: " in done.err
    assert show.listing("work") == {"work/arriving.png": declared()[:-9]}
    show.put("deliverables/empty.mov", b"")
    assert run("watch", "--once").code == 3


def test_what_is_damaged_and_no_longer_arriving_is_judged_and_told(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoning, "_LONGEST_ARRIVAL", -1.0)
    show.put("deliverables/torn.png", declared()[:-9])
    show.put("generated/torn.png", another_picture()[:-9])
    done = run("watch", "--once")
    assert done.code == 3
    assert "quarantined      deliverables/torn.png" in done.out
    assert "DamagedMediaError" in done.err
    assert show.listing("generated") == {"generated/torn.png": another_picture()[:-9]}


def test_a_file_left_open_for_long_counts_as_complete(tmp_path: Path) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(sample("png")[:-9])
    written = torn.stat().st_ctime
    assert not is_complete(torn, now=lambda: written + 599)
    assert is_complete(torn, now=lambda: written + 601)
    assert not is_complete(tmp_path / "nowhere.png", now=lambda: written)
    torn.write_bytes(sample("png"))
    assert is_complete(torn, now=lambda: written)
    (tmp_path / "notes.txt").write_text("no format of ours")
    assert is_complete(tmp_path / "notes.txt", now=lambda: written)
    frame = tmp_path / "shot.0001.dpx"  # 4,096 bytes by its header
    frame.write_bytes(b"SDPX".ljust(16, b"\0") + (4096).to_bytes(4, "big") + bytes(2048))
    assert not is_complete(frame, now=lambda: written)
    frame.write_bytes(frame.read_bytes().ljust(4096, b"\0"))
    assert is_complete(frame, now=lambda: written)
    os.mkfifo(tmp_path / "pipe.png")
    assert not is_complete(tmp_path / "pipe.png", now=lambda: written)


def test_media_is_told_by_its_bytes_and_else_by_its_name(tmp_path: Path) -> None:
    for name, data in (("a.txt", sample("png")), ("b.exr", b"?"), ("c.txt", b"?")):
        (tmp_path / name).write_bytes(data)
    assert is_media(tmp_path / "a.txt")
    assert is_media(tmp_path / "b.exr")
    assert not is_media(tmp_path / "c.txt")
    assert not is_media(tmp_path / "nowhere.exr")


def test_a_missing_zone_is_a_problem_and_the_others_are_done(run: Terminal, show: Show) -> None:
    shutil.rmtree(show.home / "work")
    show.put("generated/any.png", another_picture())
    done = run("watch", "--once")
    assert done.code == 3
    assert "work: cannot be read" in done.err
    assert "tagged           generated/any.png" in done.out


def test_without_zones_there_is_nothing_to_watch(run: Terminal, show: Show) -> None:
    settings = show.home / "provenance.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text[: text.index("[[zones]]")] + text[text.index("[scan]") :], "utf-8")
    done = run("watch", "--once")
    assert done.code == 2
    assert "no [[zones]] to watch" in done.err


def test_a_zone_elsewhere_is_named_whole(
    run: Terminal, show: Show, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("renders")
    (elsewhere / "any.png").write_bytes(another_picture())
    show.set('path = "generated"', f'path = "{elsewhere}"')
    assert f"tagged           {elsewhere}/any.png" in run("watch", "--once").out


def test_a_foreseen_failure_is_told_once_without_a_traceback(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoning, "_LONGEST_ARRIVAL", -1.0)
    monkeypatch.setattr(logging.root, "handlers", [])  # as in a process of its own
    show.put("generated/to\x1b[31mrn.png", another_picture()[:-9])
    done = run("watch", "--once")
    assert done.code == 3
    assert "Traceback" not in done.err
    assert "\x1b" not in done.err
    assert done.err.count("DamagedMediaError") == 1


def test_a_defect_is_told_with_its_traceback_safely(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> bool:
        raise ZeroDivisionError("by\x1b[31m nothing")

    monkeypatch.setattr(zoning, "is_media", broken)
    monkeypatch.setattr(logging.root, "handlers", [])  # as in a process of its own
    show.put("generated/any.png", another_picture())
    done = run("watch", "--once")
    assert done.code == 3
    assert "Traceback" in done.err
    assert "by\\x1b[31m nothing" in done.err
    assert "\x1b" not in done.err


def test_a_signal_ends_the_watch_and_exits_0(run: Terminal, show: Show) -> None:
    picture = show.put("generated/any.png", another_picture())

    def ask() -> None:
        wait_until(lambda: picture.read_bytes() != another_picture(), "a tagged picture")
        os.kill(os.getpid(), 15)  # the watch has its handler by now

    asking = threading.Thread(target=ask)
    asking.start()
    done = run("watch")
    asking.join()
    assert done.code == 0
    assert [line.split(" ")[0] for line in done.err.splitlines()] == ["watching"] * 3 + ["stopped"]
    assert "tagged           generated/any.png" in done.out


def test_what_was_withdrawn_is_not_tagged_again_and_told(run: Terminal, show: Show) -> None:
    plate = show.put("generated/plate.png", another_picture())
    assert "tagged" in run("watch", "--once").out
    done = run("untag", plate, "--withdraw", "--reason", "camera original")
    assert done.code == 0
    bare = plate.read_bytes()
    done = run("watch", "--once")
    assert done.code == 0
    assert "withdrawn        generated/plate.png" in done.out
    assert "camera original" in done.words
    assert plate.read_bytes() == bare
    assert run("scan", "generated").code == 0
    assert "tagged " in run("tag", plate).out, "a person may declare it again"


def test_a_file_that_may_not_be_opened_is_no_arrival_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed.png"
    closed.write_bytes(sample("png"))

    def refuse(path: Path, _: int) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.open", refuse)  # root may open everything
    assert is_complete(closed)
    assert not is_complete(tmp_path / "nowhere.png")


def test_an_empty_deliverable_is_judged_once_nobody_writes_it(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    show.put("deliverables/empty.mov", b"")
    assert "still arriving" in run("watch", "--once").err
    show.set("settle_seconds = 0.2 ", "settle_seconds = 0 ")
    hasty = partial(WatchOptions, empty_seconds=0.0)
    monkeypatch.setattr("provenance.cli.watching.WatchOptions", hasty)
    done = run("watch", "--once")
    assert done.code == 3
    assert "still arriving" not in done.err
    assert "holds no bytes" in done.words


def test_a_pass_fits_the_terminal_and_counts_what_it_did(run: Terminal, show: Show) -> None:
    for number in range(3):
        show.put(f"deliverables/{number}.png", declared())
    show.put("deliverables/a.bin", bytes(9))
    show.put("deliverables/b.png", another_picture())
    done = run("watch", "--once")
    assert done.code == 3
    assert max(map(len, done.out.splitlines())) <= 80
    assert "5 files looked at (1 passed, 3 quarantined, 1 undecided), 0 still" in done.words


def test_links_and_pipes_among_deliverables_are_told(run: Terminal, show: Show) -> None:
    target = show.put("work/a.png", another_picture())
    (show.home / "deliverables/link.png").symlink_to(target)
    os.mkfifo(show.home / "deliverables/pipe")
    (show.home / "work/link.png").symlink_to(target)
    done = run("watch", "--once")
    assert done.code == 3
    assert [line.split()[:2] for line in told(done)] == [
        ["undecided", "deliverables/link.png"],
        ["undecided", "deliverables/pipe"],
    ]


def test_a_zone_that_cannot_be_asked_after_ends_no_pass(run: Terminal, show: Show) -> None:
    show.set('path = "deliverables"', f'path = "{"d" * 300}"')
    show.put("generated/any.png", another_picture())
    done = run("watch", "--once")
    assert done.code == 3
    assert "tagged           generated/any.png" in done.out
    assert "1 file looked at (1 tagged), 0 still arriving" in done.words


@pytest.mark.parametrize("name", ["clip.png.part", ".clip.png.a8Xk2z"])
def test_a_deliverable_under_a_name_in_progress_still_arrives(
    run: Terminal, show: Show, name: str
) -> None:
    show.put(f"generated/{name}", another_picture())
    assert run("watch", "--once").code == 0
    show.put("deliverables/desktop.ini", b"[.ShellClassInfo]")
    arriving = show.put(f"deliverables/ep1/{name}", declared())
    done = run("watch", "--once")
    assert done.code == 3
    assert f"still arriving: {arriving}" in done.err
    assert "1 still arriving, 0 problems" in done.words
    arriving.unlink()
    assert run("watch", "--once").code == 0


def test_a_pass_that_is_interrupted_is_no_pass(show: Show) -> None:
    """It waits for a file that lies there too short a time, and is told to stop meanwhile."""
    shutil.rmtree(show.home / ".provenance/roots")  # so that it says something as it begins
    show.set("settle_seconds = 0.2 ", "settle_seconds = 600 ")
    show.put("work/fresh.png", declared())
    log = show.home / "watch.log"
    with (
        log.open("wb") as err,
        subprocess.Popen(
            [sys.executable, "-m", "provenance", "watch", "--once"], cwd=show.home, stderr=err
        ) as process,
    ):
        try:
            wait_until(lambda: log.read_text().count("from here on") == 3, "the pass to begin")
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 130
        finally:
            process.kill()
    assert "interrupted; no verdict was reached" in log.read_text()


def test_one_watch_at_a_time(run: Terminal, show: Show) -> None:
    with (show.home / f".provenance/watch-{host_name()}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = run("watch", "--once")
        assert (done.code, done.out) == (3, "")
        assert "another `provenance watch` of My Show is running" in done.err
        assert run("watch", "--once", "--dry-run").code == 0
    assert run("watch", "--once").code == 0


def test_a_log_nobody_reads_stops_no_gate(show: Show) -> None:
    for number in range(3):
        show.put(f"deliverables/{number}.png", declared())
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "provenance", "watch", "--once"],
            cwd=show.home,
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
        )
    finally:
        os.close(writing)
    assert done.returncode == 3, "who reads no summary gets no verdict"
    assert show.listing("deliverables") == {}
    assert "Traceback" not in done.stderr
    assert "not handled" not in done.stderr


def test_an_unreadable_arrival_is_told_in_every_zone(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = {
        show.put("generated/closed.png", another_picture()),
        show.put("deliverables/closed.png", another_picture()),
    }
    opened = os.open

    def refuse(path: object, *rest: int, **more: int) -> int:
        if path in closed:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *rest, **more)

    monkeypatch.setattr("os.open", refuse)  # root may open everything
    done = run("watch", "--once")
    assert done.code == 3
    assert "generated/closed.png: UnreadableError" in done.err
    assert "undecided deliverables/closed.png" in done.words
    assert "still arriving: " not in done.err


def test_a_defect_in_the_look_at_everything_does_not_end_the_pass(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> tuple[()]:
        raise ZeroDivisionError("by\x1b[31m nothing")

    monkeypatch.setattr("provenance.gating.list_quarantine", broken)
    monkeypatch.setattr(logging.root, "handlers", [])  # as in a process of its own
    landed = show.put("generated/any.png", another_picture())
    done = run("watch", "--once")
    assert done.code == 3
    assert "tagged           generated/any.png" in done.out
    assert landed.read_bytes() != another_picture()
    assert "Traceback" in done.err
    assert "\x1b" not in done.err


def test_a_pipe_in_the_quarantine_neither_ends_nor_holds_up_a_pass(
    run: Terminal, show: Show
) -> None:
    show.put("deliverables/ai.png", declared())
    assert run("watch", "--once").code == 1
    os.mkfifo(show.home / ".quarantine/deliverables/x.quarantine.json")
    show.put(".quarantine/deliverables/y.quarantine.json", b"[" * 200_000)
    assert run("watch", "--once").code == 0
    assert len(run("quarantine", "list", "--json").json) == 3
