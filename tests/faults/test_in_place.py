"""Masters tagged in place: whatever happens on the way, they are the old or the whole new file."""

import errno
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from provenance.writing import recover_writes
from tests.cli.running import Show
from tests.faults.crashing import (
    KILLED,
    find_litter,
    find_log_flaw,
    opened,
    put_victim,
    record_of,
    run,
    stopped,
)
from tests.faults.mounting import mount, unmount

FORMATS = ("mov", "wav", "tiff", "rf64")
TAGGING = (
    *("inplace.after-journal", "inplace.before-open", "inplace.before-write"),
    *("inplace.before-patch", "inplace.before-sync", "inplace.after-sync"),
)
"""Points that every tagging in place passes."""
UNTAGGING = (
    *("inplace.before-cut", "inplace.before-sync", "inplace.after-sync"),
    "untagging.before-commit",
)
NUMBERS = ("ENOSPC", "EIO")


@pytest.fixture
def masters(show: Show) -> Show:
    """Return a production to which every file is a master."""
    show.set("embed_limit = 268435456", "embed_limit = 100")
    return show


def recover(show: Show) -> None:
    with opened(show) as production:
        recover_writes(production.leases)


def state_of(path: Path) -> tuple[int, int]:
    """Return what must not change though the file does: where it lies, and when it was saved."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


@pytest.mark.parametrize(
    ("fault", "fmt"),
    [
        *((f"{point}:kill", FORMATS[at % len(FORMATS)]) for at, point in enumerate(TAGGING)),
        *(("inplace.before-write:kill:2", fmt) for fmt in FORMATS),
        ("writing.before-settle:kill", "mov"),
        ("tagging.before-scratch:kill", "rf64"),
    ],
)
def test_a_kill_while_tagging_in_place_is_undone(fault: str, fmt: str, masters: Show) -> None:
    victim = put_victim(masters, fmt)
    before = state_of(victim.path)
    done = run(masters, fault, "tag", victim.path)
    assert done.code == KILLED, record_of(done)
    recover(masters)
    assert victim.find_harm() == ""
    if fault.startswith("inplace"):
        assert victim.path.read_bytes() == victim.before
    assert state_of(victim.path) == before
    assert victim.find_unrecovered() == ""


@pytest.mark.parametrize(
    ("point", "fmt"), [*((point, "mov") for point in UNTAGGING), ("inplace.before-cut", "tiff")]
)
def test_a_kill_while_untagging_in_place_is_undone(point: str, fmt: str, masters: Show) -> None:
    victim = put_victim(masters, fmt)
    assert run(masters, "", "tag", victim.path).code == 0
    tagged = victim.path.read_bytes()
    assert tagged != victim.before
    assert run(masters, f"{point}:kill", "untag", victim.path).code == KILLED
    recover(masters)
    assert victim.path.read_bytes() == tagged
    assert run(masters, "", "untag", victim.path).code == 0
    assert victim.path.read_bytes() == victim.before
    assert (find_litter(masters), find_log_flaw(masters)) == ("", "")


@pytest.mark.parametrize("point", TAGGING)
def test_an_error_while_tagging_in_place_is_said_and_undone(point: str, masters: Show) -> None:
    victim = put_victim(masters, FORMATS[TAGGING.index(point) % len(FORMATS)])
    before = state_of(victim.path)
    number = NUMBERS[TAGGING.index(point) % len(NUMBERS)]
    done = run(masters, f"{point}:{number}:1", "tag", victim.path)
    assert done.code == 3, record_of(done)
    assert os.strerror(getattr(errno, number)) in " ".join(done.err.split())
    assert victim.path.read_bytes() == victim.before
    assert state_of(victim.path) == before
    assert find_litter(masters) == ""
    assert victim.find_unrecovered() == ""


def test_what_cannot_be_undone_at_once_is_undone_later(masters: Show) -> None:
    victim = put_victim(masters, "mov")
    done = run(masters, "inplace.before-sync:EIO,inplace.before-undo:EIO", "tag", victim.path)
    assert done.code == 3
    assert victim.path.read_bytes() != victim.before
    recover(masters)
    assert victim.path.read_bytes() == victim.before
    assert victim.find_unrecovered() == ""


def test_a_kill_while_undoing_is_recovered_from(masters: Show) -> None:
    victim = put_victim(masters, "wav")
    assert run(masters, "inplace.before-sync:kill", "tag", victim.path).code == KILLED
    assert run(masters, "inplace.before-undo:kill", "tag", victim.path).code == KILLED
    assert victim.find_unrecovered() == ""


def test_what_somebody_saved_over_a_torn_master_stays(masters: Show) -> None:
    victim = put_victim(masters, "wav")
    assert run(masters, "inplace.before-patch:kill", "tag", victim.path).code == KILLED
    edit = victim.before[:-4] + b"edit"
    victim.path.write_bytes(edit)
    recover(masters)
    assert victim.path.read_bytes() == edit
    with opened(masters) as production:
        assert production.registry.open_writes() == ()


def test_what_somebody_saves_before_the_write_stays(masters: Show) -> None:
    """The process stands still between its digests and its first write; somebody saves then."""
    victim = put_victim(masters, "mov")
    edit = victim.before + b"\0\0\0\x10free edited"[:16]
    with stopped(masters, "inplace.before-open:stop", victim.path) as process:
        victim.path.write_bytes(edit)
        process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=60) == 3
    assert victim.path.read_bytes() == edit


def test_a_master_that_another_program_writes_is_left_and_tagged_beside(masters: Show) -> None:
    victim = put_victim(masters, "mov")
    with victim.path.open("r+b"):
        done = run(masters, "", "tag", victim.path)
    assert done.code == 0
    assert "open for writing" in done.words
    assert victim.path.read_bytes() == victim.before
    assert victim.path.with_name("shot.mov.xmp").is_file()


@pytest.mark.parametrize("kind", ["btrfs", "xfs"])
@pytest.mark.parametrize("point", ["", "staging.before-exchange", "staging.before-look"])
def test_where_storage_is_shared_a_clone_takes_the_place(
    kind: str, point: str, masters: Show, tmp_path: Path
) -> None:
    make = shutil.which(f"mkfs.{kind}")
    if make is None:
        pytest.skip(f"there is no mkfs.{kind}")
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(512 << 20)
    subprocess.run([make, "-q", image], check=True, stdout=subprocess.DEVNULL)
    storage = masters.home / "work/ep1"
    storage.mkdir()
    mount("-o", "loop", image, storage)
    try:
        victim = put_victim(masters, "mov")
        inode, saved = state_of(victim.path)
        done = run(masters, f"{point}:kill" if point else "", "tag", victim.path)
        assert done.code == (KILLED if point else 0), record_of(done)
        recover(masters)
        assert victim.find_harm() == ""
        assert victim.find_unrecovered() == ""
        now, still_saved = state_of(victim.path)
        assert still_saved == saved
        assert now != inode
        assert run(masters, "", "untag", victim.path).code == 0
        assert victim.path.read_bytes() == victim.before
    finally:
        unmount(storage)
