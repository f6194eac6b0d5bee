"""A zone that is not itself is never taken for an empty one, and a person says what it is."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.rooting import MARKER
from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared, plain


def unmount(show: Show, zone: str) -> Path:
    """Leave what an unmounted share leaves: an empty folder; return where the share is now."""
    away = show.home.parent / f"unmounted-{zone}"
    (show.home / zone).rename(away)
    (show.home / zone).mkdir()
    return away


def test_init_marks_its_zones_and_a_scan_does_not_count_the_markers(
    run: Terminal, show: Show
) -> None:
    for zone in ("generated", "work", "deliverables"):
        assert (show.home / zone / MARKER).is_file()
    show.put("deliverables/clean.png", another_picture())
    done = run("scan", "--format", "json", "deliverables")
    assert (done.code, done.json["counts"]["files"]) == (0, 1)
    assert run("status", "--json").json["problems"] == []


@pytest.mark.parametrize(
    "data",
    [
        lambda marker: marker + b" ",
        lambda marker: marker * 2,
        lambda marker: marker.replace(b"provenance-root", b"provenance-boot"),
    ],
    ids=["something-appended", "twice", "another-schema"],
)
def test_what_only_bears_the_name_of_a_marker_is_judged(run: Terminal, show: Show, data) -> None:
    show.put("deliverables/clean.png", another_picture())
    marker = (show.home / "deliverables" / MARKER).read_bytes()
    show.put(f"deliverables/sub/{MARKER}", data(marker))
    done = run("scan", "--format", "json", "deliverables")
    assert done.code in (1, 3)
    assert done.json["counts"]["files"] == 2


def test_a_gate_over_an_unmounted_zone_is_undecided_and_says_what_to_do(
    run: Terminal, show: Show
) -> None:
    show.put("deliverables/clean.png", another_picture())
    assert run("scan", "deliverables").code == 0
    away = unmount(show, "deliverables")
    show.put("deliverables/clean.png", another_picture())  # as if somebody wrote to the mount point
    for place in ("deliverables", "deliverables/clean.png", "."):
        done = run("scan", "--format", "json", place)
        assert done.json["verdict"] != "pass"
        lost = next(one for one in done.json["findings"] if "lost-root" in one["message"])
        assert lost["path"] == str(show.home / "deliverables")
    show.put("deliverables/second.png", another_picture())
    done = run("scan", "--format", "json", "deliverables/clean.png", "deliverables/second.png")
    assert len([one for one in done.json["findings"] if "lost-root" in one["message"]]) == 1
    done = run("scan", "deliverables")
    assert done.code == 3
    assert f"provenance zones adopt \\ {show.home / 'deliverables'}" in done.words
    assert "deliverables" not in run("scan", "--format", "json", "work").out
    shutil.rmtree(show.home / "deliverables")
    away.rename(show.home / "deliverables")
    assert run("scan", "deliverables").code == 0


def test_nothing_is_delivered_into_a_folder_that_is_not_the_zone(run: Terminal, show: Show) -> None:
    source = show.put("work/clean.png", another_picture())
    unmount(show, "deliverables")
    done = run("deliver", source, "deliverables")
    assert done.code == 3
    assert "deliverables: the zone is not itself" in done.err
    assert list((show.home / "deliverables").iterdir()) == []


def test_a_watch_writes_nothing_in_a_folder_that_is_not_the_zone(run: Terminal, show: Show) -> None:
    unmount(show, "generated")
    unmount(show, "deliverables")
    show.put("generated/any.png", another_picture())
    show.put("deliverables/ai.png", declared())
    before = show.listing("generated", "deliverables")
    done = run("watch", "--once")
    assert done.code == 3
    assert "the zone is not itself" in done.err
    assert show.listing("generated", "deliverables") == before
    assert not (show.home / ".quarantine").exists()


def test_an_unmounted_zone_is_no_empty_zone_to_a_watch(run: Terminal, show: Show) -> None:
    away = unmount(show, "deliverables")
    done = run("watch", "--once")
    assert done.code == 3
    assert "deliverables: the zone is not itself: its marker" in done.words + done.err
    (show.home / "deliverables").rmdir()
    away.rename(show.home / "deliverables")
    assert run("watch", "--once").code == 0


def test_status_names_a_zone_that_is_not_itself(run: Terminal, show: Show) -> None:
    unmount(show, "work")
    done = run("status", "--json")
    assert done.code == 3
    (problem,) = done.json["problems"]
    assert problem.startswith(f"{show.home / 'work'}: the zone is not itself: its marker")
    assert f"provenance zones adopt {show.home / 'work'}" in problem


def test_a_replaced_folder_is_a_zone_again_once_it_is_adopted(run: Terminal, show: Show) -> None:
    unmount(show, "deliverables")
    show.put("deliverables/clean.png", another_picture())
    assert run("scan", "deliverables").code == 3
    done = run("zones", "adopt", "deliverables")
    assert done.out == f"adopted          {show.home / 'deliverables'}\n"
    assert run("scan", "deliverables").code == 0
    assert "zone-adopted" in run("log").out


def test_two_zones_that_changed_places_are_found_out(run: Terminal, show: Show) -> None:
    (show.home / "work").rename(show.home / "swapped")
    (show.home / "deliverables").rename(show.home / "work")
    (show.home / "swapped").rename(show.home / "deliverables")
    problems = run("status", "--json").json["problems"]
    assert len(problems) == 2
    assert all("bears the marker of another folder" in problem for problem in problems)
    assert run("scan", "deliverables").code == 3


@pytest.mark.parametrize("happens", ["copied over", "deleted"])
def test_a_marker_that_somebody_copied_over_or_deleted_is_put_back(
    run: Terminal, show: Show, happens: str
) -> None:
    """As `cp -r generated/. deliverables` and `rsync --delete` do."""
    assert run("watch", "--once").code == 0
    marker = show.home / "deliverables" / MARKER
    before = marker.read_bytes()
    if happens == "deleted":
        marker.unlink()
    else:
        shutil.copytree(show.home / "generated", show.home / "deliverables", dirs_exist_ok=True)
    show.put("deliverables/clean.png", another_picture())
    assert run("scan", "deliverables").code == 0
    assert run("status").code == 0
    assert run("watch", "--once").code == 0
    assert marker.read_bytes() == before


@pytest.mark.parametrize("happens", ["copied over", "deleted"])
@pytest.mark.parametrize("fsid", [lambda _: 0, lambda fsid: fsid ^ 1], ids=["unsaid", "another"])
def test_a_folder_that_only_has_the_same_inode_is_not_the_zone(
    run: Terminal, show: Show, fsid: Callable[[int], int], happens: str
) -> None:
    """Fresh file systems give their folders equal numbers."""
    for place in (show.home / ".provenance/roots").iterdir():
        kept = json.loads(place.read_bytes())
        place.write_text(json.dumps({**kept, "fsid": fsid(kept["fsid"])}))
    marker = show.home / "deliverables" / MARKER
    marker.unlink()
    if happens == "copied over":
        shutil.copy(show.home / "generated" / MARKER, marker)
    delivered = show.put("deliverables/ai.png", declared())
    assert run("scan", "deliverables").code != 0
    done = run("watch", "--once")
    assert done.code == 3
    assert "deliverables: the zone is not itself" in done.err
    assert delivered.is_file()
    theirs = (show.home / "generated" / MARKER).read_bytes()
    assert (marker.read_bytes() if marker.exists() else None) == (
        theirs if happens == "copied over" else None
    )


def test_a_record_from_before_file_systems_were_kept_is_brought_up_to_date(
    run: Terminal, show: Show
) -> None:
    places = list((show.home / ".provenance/roots").iterdir())
    for place in places:
        kept = json.loads(place.read_bytes())
        del kept["fsid"]
        place.write_text(json.dumps(kept))
    assert run("status").code == 0
    assert run("watch", "--once").code == 0
    assert all(json.loads(place.read_bytes())["fsid"] for place in places)


def test_the_marker_of_a_zone_of_another_production_is_not_written_over(
    run: Terminal, show: Show
) -> None:
    assert run("init", "other", "--name", "Other").code == 0
    marker = show.home / "deliverables" / MARKER
    shutil.copy(show.home / "other/deliverables" / MARKER, marker)
    before = marker.read_bytes()
    done = run("watch", "--once")
    assert done.code == 3
    assert "it bears the marker of another folder" in done.err
    assert marker.read_bytes() == before


def test_only_a_zone_can_be_adopted(run: Terminal, show: Show) -> None:
    (show.home / "elsewhere").mkdir()
    done = run("zones", "adopt", "elsewhere")
    assert done.code == 2
    assert "elsewhere: is no zone of" in done.err


def test_a_folder_in_which_something_else_bears_the_markers_name_is_not_adopted(
    run: Terminal, show: Show
) -> None:
    marker = show.put(f"deliverables/{MARKER}", plain())
    assert "is no marker of a zone" in run("status").words
    done = run("zones", "adopt", "deliverables")
    assert done.code == 3
    assert "is no marker of a zone; take it away" in done.err
    assert marker.read_bytes() == plain()
    marker.unlink()
    assert run("zones", "adopt", "deliverables").code == 0
    assert run("status").code == 0


def test_a_watch_marks_a_zone_it_has_never_seen_and_says_so(run: Terminal, show: Show) -> None:
    shutil.rmtree(show.home / ".provenance/roots")  # as before zones had markers
    (show.home / "work" / MARKER).unlink()
    assert run("scan", "work").code == 3  # for it is empty; nothing was adopted
    assert not (show.home / "work" / MARKER).exists()
    assert run("watch", "--once", "--dry-run").code == 0
    assert not (show.home / "work" / MARKER).exists()
    marker = (show.home / "deliverables" / MARKER).read_bytes()
    done = run("watch", "--once")
    assert done.code == 0
    assert done.err.count("is known by its marker .provenance-root from here on") == 3
    assert (show.home / "work" / MARKER).is_file()
    assert (show.home / "deliverables" / MARKER).read_bytes() == marker
    assert "from here on" not in run("watch", "--once").err


def test_a_production_that_was_copied_knows_its_zones(
    run: Terminal, show: Show, tmp_path: Path
) -> None:
    shutil.copytree(show.home, tmp_path / "copy")
    config = tmp_path / "copy/provenance.toml"
    assert run("--config", config, "status", "--json").json["problems"] == []


def test_a_damaged_memory_of_a_zone_is_no_trust(run: Terminal, show: Show) -> None:
    for place in (show.home / ".provenance/roots").iterdir():
        place.write_text('{"root_id": 5}')
    done = run("status", "--json")
    assert len(done.json["problems"]) == 3
    assert "is damaged" in done.json["problems"][0]
    assert run("zones", "adopt", "generated", "work", "deliverables").code == 0
    assert run("status").code == 0


def test_a_receipt_leaves_the_marker_out_and_holds_for_a_copy_with_it(
    run: Terminal, show: Show, tmp_path: Path
) -> None:
    show.put("deliverables/clean.png", another_picture())
    receipt = tmp_path / "receipt.json"
    assert run("scan", "deliverables", "--receipt", receipt).code == 0
    assert MARKER not in run("receipt", "show", receipt).out
    trust = show.home / ".provenance/trust.toml"
    assert run("receipt", "verify", receipt, "deliverables", "--trust", trust).code == 0
    (show.home / "deliverables" / MARKER).unlink()
    assert run("receipt", "verify", receipt, "deliverables", "--trust", trust).code == 0
