"""What a gate moves away is known, listed, and comes back whole."""

import json
import logging
import os
import shutil
from pathlib import Path

import pytest

from provenance.media.replacing import rename_new
from tests.cli.conftest import Terminal
from tests.cli.running import Show, declared, plain, sample

BLOCKED = "deliverables/ep1/poster.png"
KEPT = ".quarantine/deliverables/ep1/poster.png"


@pytest.fixture
def quarantined(run: Terminal, show: Show) -> Show:
    """Stand in a production whose gate has moved a poster away."""
    show.put(BLOCKED, declared())
    assert run("watch", "--once").code == 1
    return show


def test_a_blocked_arrival_is_moved_and_not_changed(quarantined: Show) -> None:
    assert not (quarantined.home / BLOCKED).exists()
    assert (quarantined.home / KEPT).read_bytes() == declared()
    why = (quarantined.home / f"{KEPT}.why.txt").read_text("utf-8")
    assert str(quarantined.home / BLOCKED) in why
    assert f"provenance quarantine restore {quarantined.home / KEPT}" in why
    assert "a1111-parameters" in why


def test_the_list_says_what_lies_there_and_why(run: Terminal, quarantined: Show) -> None:
    assert quarantined
    done = run("quarantine", "list")
    assert done.code == 0
    first, *reasons = done.out.splitlines()
    assert first.endswith(f"  {KEPT}")
    assert any("a1111-parameters" in reason for reason in reasons)


def test_an_empty_quarantine_says_so(run: Terminal, show: Show) -> None:
    assert show
    assert run("quarantine", "list").out == "nothing is in quarantine\n"


def test_a_file_comes_back_and_leaves_nothing_behind(run: Terminal, quarantined: Show) -> None:
    done = run("quarantine", "restore", KEPT)
    assert done.code == 0
    assert done.out == f"restored         {quarantined.home / BLOCKED}\n"
    assert (quarantined.home / BLOCKED).read_bytes() == declared()
    assert quarantined.listing(".quarantine") == {}


def test_nothing_is_overwritten_by_a_restore(run: Terminal, quarantined: Show) -> None:
    quarantined.put(BLOCKED, plain())
    done = run("quarantine", "restore", KEPT)
    assert (done.code, done.out) == (2, "")
    assert "something lies there already" in done.err
    assert (quarantined.home / BLOCKED).read_bytes() == plain()
    assert (quarantined.home / KEPT).read_bytes() == declared()


def test_what_is_no_file_in_quarantine_cannot_be_restored(run: Terminal, quarantined: Show) -> None:
    quarantined.put("work/plain.png", plain())
    assert run("quarantine", "restore", "work/plain.png").code == 2
    assert run("quarantine", "restore", "nowhere").code == 2
    (quarantined.home / KEPT).unlink()
    assert run("quarantine", "restore", KEPT).code == 3


def test_two_of_one_name_are_kept_apart_and_come_back_under_it(
    run: Terminal, quarantined: Show
) -> None:
    second = declared("graphs.png")
    quarantined.put(BLOCKED, second)
    assert run("watch", "--once").code == 1
    other = KEPT.replace("poster.png", "poster.1.png")
    assert (quarantined.home / KEPT).read_bytes() == declared()
    assert (quarantined.home / other).read_bytes() == second
    assert run("quarantine", "restore", other).code == 0
    assert (quarantined.home / BLOCKED).read_bytes() == second


def test_the_longest_name_is_kept_and_comes_back(run: Terminal, show: Show) -> None:
    names = ["ü" * 125 + ".png", "x." + "y" * 253]
    for name in names:
        show.put(f"deliverables/{name}", declared())
    assert run("watch", "--once").code == 1
    assert show.listing("deliverables") == {}
    listed = run("quarantine", "list").out.splitlines()
    kept = [line.split("  ")[1] for line in listed if ".quarantine" in line]
    assert len(kept) == 2
    for place in show.listing(".quarantine"):
        if not place.endswith((".quarantine.json", ".why.txt")):
            assert run("quarantine", "restore", place).code == 0
    assert sorted(show.listing("deliverables")) == sorted(f"deliverables/{name}" for name in names)


def test_sidecars_go_where_their_file_goes(run: Terminal, show: Show) -> None:
    show.put("deliverables/plate.rf64", sample("rf64"))
    assert run("tag", "deliverables/plate.rf64").code == 0
    before = show.listing("deliverables")
    assert "deliverables/plate.rf64.c2pa" in before
    assert run("watch", "--once").code == 1
    assert show.listing("deliverables") == {}
    kept = ".quarantine/deliverables/plate.rf64"
    assert show.listing(".quarantine")[f"{kept}.c2pa"] == before["deliverables/plate.rf64.c2pa"]
    in_the_way = show.put("deliverables/plate.rf64.c2pa", b"another")
    refused = run("quarantine", "restore", kept)
    assert refused.code == 2
    assert "plate.rf64.c2pa: something lies there already" in refused.err
    in_the_way.unlink()
    assert run("quarantine", "restore", kept).code == 0
    assert show.listing("deliverables") == before


def test_a_damaged_record_is_listed_with_the_others(run: Terminal, quarantined: Show) -> None:
    quarantined.put("deliverables/second.png", declared())
    run("watch", "--once")
    (quarantined.home / f"{KEPT}.quarantine.json").write_text('{"original": "zz"}')
    done = run("quarantine", "list")
    assert done.code == 0
    assert "the quarantine record is damaged" in done.out
    assert "second.png" in done.out
    assert run("quarantine", "restore", KEPT).code == 3
    assert run("status", "--json").json["quarantined"] == 2


def test_a_quarantine_that_is_mounted_elsewhere_restores_beside_itself(
    run: Terminal, quarantined: Show, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere"
    shutil.move(quarantined.home / ".quarantine", moved / ".quarantine")
    assert run("quarantine", "restore", moved / KEPT).code == 0
    assert (moved / BLOCKED).read_bytes() == declared()


def test_a_forged_record_cannot_choose_where_a_file_goes(
    run: Terminal, quarantined: Show, tmp_path: Path
) -> None:
    target = tmp_path / "authorized_keys"
    record_file = quarantined.home / f"{KEPT}.quarantine.json"
    record = json.loads(record_file.read_text("utf-8"))
    record["original"] = os.fsencode(target).hex()
    record_file.write_text(json.dumps(record))
    assert run("quarantine", "restore", KEPT).code == 0
    assert not target.exists()
    assert (quarantined.home / "deliverables/ep1/authorized_keys").read_bytes() == declared()


def test_a_file_that_cannot_be_moved_lies_where_it_lay(run: Terminal, show: Show) -> None:
    path = show.put("deliverables/poster.png", declared())
    show.put(".quarantine", b"a file in the way")
    done = run("watch", "--once")
    assert done.code == 3
    assert "could not be moved to" in done.err
    assert path.read_bytes() == declared()
    assert show.listing("deliverables") == {"deliverables/poster.png": declared()}


def test_a_file_whose_sidecar_cannot_follow_is_known_in_quarantine(
    run: Terminal, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        if source.suffix == ".c2pa":
            raise OSError(13, "Permission denied")
        rename_new(source, target)

    show.put("deliverables/plate.rf64", sample("rf64"))
    run("tag", "deliverables/plate.rf64")
    monkeypatch.setattr("provenance.quarantining.rename_new", refuse)
    monkeypatch.setattr(logging.root, "handlers", [])  # as in a process of its own
    done = run("watch", "--once")
    assert done.code in (1, 3)  # 3 if what stays is looked at when its file went
    assert run("scan", "deliverables").code == 3  # for what stays is no media that could be judged
    assert "plate.rf64.c2pa' cannot follow its file: Permission denied" in done.err
    assert "plate.rf64" in run("quarantine", "list").out
    assert (show.home / "deliverables/plate.rf64.c2pa").exists()


def test_an_approved_file_stays_after_it_came_back(run: Terminal, quarantined: Show) -> None:
    quarantined.put("mail.eml", b"fine")
    run("approve", KEPT, "--approver", "Jo", "--evidence", "mail.eml")
    run("quarantine", "restore", KEPT)
    assert run("watch", "--once").code == 0
    assert (quarantined.home / BLOCKED).read_bytes() == declared()


def test_a_pass_brings_back_what_was_approved_meanwhile(run: Terminal, quarantined: Show) -> None:
    quarantined.put("mail.eml", b"fine")
    run("approve", KEPT, "--approver", "Jo", "--evidence", "mail.eml")
    done = run("watch", "--once", "--dry-run")
    assert "would-return" in done.out
    assert (quarantined.home / KEPT).is_file()
    done = run("watch", "--once")
    assert done.code == 0
    assert f"returned         {BLOCKED}" in done.out
    assert (quarantined.home / BLOCKED).read_bytes() == declared()


def test_a_name_with_a_quote_in_it_is_quoted_for_the_shell(run: Terminal, show: Show) -> None:
    show.put("deliverables/it's; x.png", declared())
    assert run("watch", "--once").code == 1
    why = next((show.home / ".quarantine").rglob("*.why.txt")).read_text("utf-8")
    assert """it'"'"'s; x.png'""" in why


def test_several_files_come_back_at_once(run: Terminal, show: Show) -> None:
    for name in ("a.png", "b.png", "sub/c.png"):
        show.put(f"deliverables/{name}", declared())
    assert run("watch", "--once").code == 1
    done = run("quarantine", "restore", ".quarantine/deliverables/a.png", "nowhere")
    assert done.code == 2
    assert done.out.count("restored ") == 1
    assert (show.home / "deliverables/a.png").exists()
    folder = "work/../.quarantine/deliverables/sub"
    done = run("quarantine", "restore", folder)
    assert done.out == f"restored         {show.home / 'deliverables/sub/c.png'}\n"
    done = run("quarantine", "restore", "--all")
    assert (done.code, done.out.count("restored ")) == (0, 1)
    assert run("quarantine", "restore", "--all").out == "nothing is in quarantine\n"
    assert run("quarantine", "restore").code == 2
    assert run("quarantine", "restore", "--all", "work").code == 2
    assert run("quarantine", "restore", "work").code == 2


def test_a_file_somebody_took_away_is_listed_as_missing(run: Terminal, quarantined: Show) -> None:
    (entry,) = run("quarantine", "list", "--json").json
    assert (entry["is_there"], len(entry["reasons"])) == (True, 1)
    (quarantined.home / KEPT).unlink()
    assert "MISSING" in run("quarantine", "list").out
    (entry,) = run("quarantine", "list", "--json").json
    assert not entry["is_there"]
    assert run("quarantine", "restore", "--all").code == 0


def test_frames_are_listed_and_named_as_one(run: Terminal, show: Show) -> None:
    for number in range(1, 5):
        show.put(f"deliverables/shot.{number:04d}.png", declared())
    assert run("watch", "--once").code == 1
    listed = run("quarantine", "list").out
    assert ".quarantine/deliverables/shot.[0001-0004].png" in listed
    assert listed.count("a1111-parameters") == 1
    assert len(json.loads(run("quarantine", "list", "--json").out)) == 4
    named = ".quarantine/deliverables/shot.[0001-0003].png"
    assert run("quarantine", "restore", named).out.count("restored") == 3
    assert ".quarantine/deliverables/shot.0004.png" in run("quarantine", "list").out
    purged = run("quarantine", "purge", ".quarantine/deliverables/shot.####.png", "--yes")
    assert purged.out.count("purged") == 1
