"""Storage that fails for real: what it refuses is said, harms no file and stops no other."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.png import encode
from fixtures.raster import picture
from provenance.writing import recover_writes
from tests.cli.running import Show, declared, sample, wait_until
from tests.cli.test_watch_daemon import is_tagged, said, watching
from tests.faults.crashing import (
    KILLED,
    find_litter,
    find_log_flaw,
    opened,
    put_victim,
    record_of,
    run,
)
from tests.faults.mounting import Faulty, faulty, memory

NO_EXCHANGE_POINTS = ("staging.before-link", "staging.before-plain-replace")


@pytest.fixture
def storage(show: Show, tmp_path: Path) -> Iterator[Faulty]:
    """Have the generated zone lie on storage that fails where it is told to."""
    with faulty(tmp_path, show.home / "generated") as mounted:
        yield mounted


# A file system that exchanges no names


def test_where_no_names_are_exchanged_the_tag_still_goes_into_the_file(
    show: Show, storage: Faulty
) -> None:
    victim = put_victim(show, "png", "generated")
    done = run(show, "", "tag", victim.path)
    assert (done.code, "tagged in xmp, c2pa" in done.words) == (0, True), record_of(done)
    assert [path.name for path in storage.backing.glob("*shot*")] == ["shot.png"]
    assert victim.find_unrecovered() == ""


@pytest.mark.parametrize("point", [*NO_EXCHANGE_POINTS, "staging.before-look"])
@pytest.mark.usefixtures("storage")
def test_a_kill_where_no_names_are_exchanged_leaves_a_whole_file(point: str, show: Show) -> None:
    victim = put_victim(show, "png", "generated")
    done = run(show, f"{point}:kill", "tag", victim.path)
    assert done.code == KILLED, record_of(done)
    assert victim.find_harm() == ""
    assert victim.find_unrecovered() == ""


@pytest.mark.parametrize("point", [*NO_EXCHANGE_POINTS, "staging.before-look"])
@pytest.mark.usefixtures("storage")
def test_an_error_where_no_names_are_exchanged_is_undone(point: str, show: Show) -> None:
    victim = put_victim(show, "png", "generated")
    done = run(show, f"{point}:EIO", "tag", victim.path)
    assert (done.code, "the original is as it was" in done.err) == (3, True), record_of(done)
    assert victim.path.read_bytes() == victim.before
    assert find_litter(show) == ""
    assert victim.find_unrecovered() == ""


@pytest.mark.parametrize("number", ["EPERM", "ENOSYS"])
def test_where_names_are_neither_exchanged_nor_linked_nothing_is_written(
    number: str, show: Show, storage: Faulty
) -> None:
    victim = put_victim(show, "png", "generated")
    storage.fail(f"link / {number}")
    done = run(show, "", "tag", victim.path)
    assert (done.code, "can neither exchange nor link" in done.words) == (0, True), record_of(done)
    assert victim.path.read_bytes() == victim.before
    names = sorted(path.name for path in storage.backing.glob("*shot*"))
    assert names == ["shot.png", "shot.png.c2pa", "shot.png.xmp"]
    assert run(show, "", "scan", victim.path).code == 1


# Storage that refuses


@pytest.mark.parametrize(
    "rule",
    [
        *("create / ENOSPC", "write / ENOSPC", "write / EIO", "fsync / EIO", "rename / EIO"),
        *("create / ESTALE", "utimens / EIO", "link / EIO"),
    ],
)
def test_what_storage_refuses_while_staging_is_said_and_undone(
    rule: str, show: Show, storage: Faulty
) -> None:
    victim = put_victim(show, "png", "generated")
    number = getattr(errno, rule.rpartition(" ")[2])
    storage.fail(rule)
    done = run(show, "", "tag", victim.path)
    assert done.code == 3, record_of(done)
    assert os.strerror(number) in " ".join(done.err.split())
    assert "defect" not in done.err
    storage.fail()
    assert victim.path.read_bytes() == victim.before
    assert victim.find_unrecovered() == ""


def test_what_cannot_be_removed_stays_announced_until_it_can(show: Show, storage: Faulty) -> None:
    victim = put_victim(show, "png", "generated")
    storage.fail("unlink / EIO")
    done = run(show, "", "tag", victim.path)
    assert (done.code, "cannot be removed yet" in done.err) == (3, True), record_of(done)
    assert victim.path.read_bytes() == victim.before
    assert find_litter(show) != ""
    storage.fail()
    assert victim.find_unrecovered() == ""


@pytest.mark.parametrize("number", ["EIO", "ESTALE"])
def test_one_bad_folder_stops_no_other_and_is_taken_up_again(
    number: str, show: Show, storage: Faulty
) -> None:
    show.set("reconcile_seconds = 300 ", "reconcile_seconds = 1 ")
    bad = show.put("generated/bad/a.png", sample("png"))
    tagged = run(show, "", "tag", show.put("generated/bad/known.png", encode(picture(3))))
    assert tagged.code == 0
    storage.fail(f"* /bad {number}")
    with watching(show):
        good = show.put("generated/good/b.png", encode(picture(2)))
        wait_until(lambda: is_tagged(good), "the file in the good folder")
        wait_until(lambda: "problem " in said(show), "the trouble to be said")
        storage.fail()
        wait_until(lambda: is_tagged(bad), "the file in the folder that is well again")
    assert os.strerror(getattr(errno, number)) in said(show)
    assert "Traceback" not in said(show)
    assert (find_litter(show), find_log_flaw(show)) == ("", "")


@pytest.mark.parametrize("number", ["EIO", "ESTALE"])
def test_a_deliverable_that_cannot_be_read_never_passes(
    number: str, show: Show, tmp_path: Path
) -> None:
    with faulty(tmp_path, show.home / "deliverables") as storage:
        show.put("deliverables/bad/ai.png", declared())
        show.put("deliverables/plain.png", sample("png"))
        for rule in (f"* /bad {number}", f"read /bad {number}", f"readdir /bad {number}"):
            storage.fail(rule)
            done = run(show, "", "scan", "deliverables")
            assert done.code in (1, 3), (rule, record_of(done))
        storage.fail()
        assert run(show, "", "scan", "deliverables").code == 1


# A disk that is full


def fill(path: Path) -> None:
    """Write until there is no room for a byte more."""
    with path.open("wb", 0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    assert not os.statvfs(path.parent).f_bavail


def test_a_disk_that_is_full_while_staging_leaves_the_file(show: Show) -> None:
    with memory(show.home / "generated", "256k"):
        victim = put_victim(show, "png", "generated", data=encode(picture(4, 250, 200)))
        filler = victim.path.with_name("filler.bin")
        fill(filler)
        done = run(show, "", "tag", victim.path)
        assert done.code == 3
        assert "No space left on device" in " ".join(done.err.split())
        assert victim.path.read_bytes() == victim.before
        assert not list(victim.path.parent.glob("*shot.png.*"))
        filler.unlink()
        assert victim.find_unrecovered() == ""


def test_a_full_disk_under_the_registry_stops_the_tagging_and_nothing_else(
    show: Show, tmp_path: Path
) -> None:
    victim = put_victim(show, "png")
    data = show.home / ".provenance"
    kept = tmp_path / "kept"
    shutil.move(data, kept)
    with memory(data, "1m"):
        for path in kept.iterdir():
            (shutil.copytree if path.is_dir() else shutil.copy2)(path, data / path.name)
        fill(data / "filler")
        done = run(show, "", "tag", victim.path)
        assert done.code == 3, record_of(done)
        assert "Traceback" not in done.err
        assert victim.path.read_bytes() == victim.before
        (data / "filler").unlink()
        with opened(show) as production:
            recover_writes(production.leases)
        assert victim.find_unrecovered() == ""
