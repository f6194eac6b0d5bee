"""The way through the gate into a folder: all of it or nothing."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.delivering import Delivery
from provenance.errors import ChangedMeanwhileError, TaggingError, UnreadableError, UsageError
from provenance.model.finding import Verdict
from tests.usecases.meddling import MeddlingRunner, no_room
from tests.usecases.studio import Studio, listing

Sample = Callable[[str], Path]


@pytest.fixture
def target(studio: Studio) -> Path:
    folder = studio.home / "delivered"
    folder.mkdir()
    return folder


def deliver(studio: Studio, target: Path, *sources: Path) -> Delivery:
    options = studio.production.scan_options()
    return studio.production.deliverer.deliver(sources, target, options)


def test_files_and_folders_that_pass_are_copied_whole(
    studio: Studio, sample: Sample, target: Path
) -> None:
    single = studio.put(sample("wav/pcm16.wav"))
    single.chmod(0o640)
    os.utime(single, (1_700_000_000, 1_700_000_000))
    reel = studio.put(sample("png/rgb.png").read_bytes(), "reel/a/rgb.png").parent.parent
    studio.put(sample("mp4/moov_last.mp4").read_bytes(), "reel/b.mp4")
    before = listing(reel)
    studio.put(b"\0\0\0\1Bud1" + bytes(100), "reel/.DS_Store")
    delivery = deliver(studio, target, single, reel)
    assert delivery.report.verdict is Verdict.PASS
    assert delivery.delivered == (
        target / "pcm16.wav",
        target / "reel" / "b.mp4",
        target / "reel" / "a" / "rgb.png",
    )
    assert listing(target / "reel") == before, "what an operating system drops is left out"
    copied = target / "pcm16.wav"
    assert copied.read_bytes() == single.read_bytes()
    assert copied.stat().st_mode == single.stat().st_mode
    assert copied.stat().st_mtime == 1_700_000_000
    assert {path.name for path in target.iterdir()} == {"pcm16.wav", "reel"}


def test_one_blocked_file_keeps_them_all_out(studio: Studio, sample: Sample, target: Path) -> None:
    good = studio.put(sample("wav/pcm16.wav"))
    bad = studio.put(sample("png/rgb.png"))
    studio.tag(bad)
    delivery = deliver(studio, target, good, bad)
    assert delivery.delivered == ()
    assert delivery.report.verdict is Verdict.BLOCK
    assert listing(target) == {}
    studio.approve(bad)
    assert len(deliver(studio, target, good, bad).delivered) == 2


def test_a_file_that_could_not_be_judged_keeps_them_all_out(
    studio: Studio, sample: Sample, target: Path
) -> None:
    good = studio.put(sample("wav/pcm16.wav"))
    delivery = deliver(studio, target, good, studio.put(b"notes", "notes.txt"))
    assert delivery.report.verdict is Verdict.UNDECIDED
    assert listing(target) == {}


@pytest.mark.parametrize("kind", ["file", "folder", "broken link"])
def test_nothing_is_ever_overwritten(
    kind: str, studio: Studio, sample: Sample, target: Path
) -> None:
    there = target / "rgb.png"
    if kind == "file":
        there.write_text("theirs")
    elif kind == "folder":
        there.mkdir()
    else:
        there.symlink_to("nowhere")
    before = listing(target)
    good, clash = studio.put(sample("wav/pcm16.wav")), studio.put(sample("png/rgb.png"))
    with pytest.raises(UsageError, match=r"rgb\.png would be overwritten"):
        deliver(studio, target, good, clash)
    assert listing(target) == before
    assert there.is_symlink() is (kind == "broken link")


def test_two_sources_of_one_name_are_refused(studio: Studio, sample: Sample, target: Path) -> None:
    first = studio.put(sample("png/rgb.png").read_bytes(), "a/rgb.png")
    assert len(deliver(studio, target, first, first).delivered) == 1
    (target / "rgb.png").unlink()
    second = studio.put(sample("png/deep.png").read_bytes(), "b/rgb.png")
    with pytest.raises(UsageError, match=r"rgb\.png would be overwritten"):
        deliver(studio, target, first, second)
    assert listing(target) == {}


def test_the_folder_has_to_be_there(studio: Studio, sample: Sample, target: Path) -> None:
    good = studio.put(sample("png/rgb.png"))
    for missing in (target / "none", good):
        with pytest.raises(UsageError, match="is no folder"):
            deliver(studio, missing, good)


def test_a_folder_is_not_delivered_into_itself(studio: Studio, sample: Sample) -> None:
    folder = studio.put(sample("png/rgb.png")).parent
    inside = folder / "out"
    inside.mkdir()
    for target in (inside, folder):
        with pytest.raises(UsageError, match="which is to be delivered"):
            deliver(studio, target, folder)
    assert set(listing(folder)) == {"rgb.png", "out"}


def test_what_is_ours_is_never_delivered(studio: Studio, sample: Sample, tmp_path: Path) -> None:
    studio.configure('[scan]\nignore = ["provenance.toml"]\n')
    studio.put(sample("png/rgb.png"))
    deliver(studio, tmp_path, studio.home)
    found = listing(tmp_path / studio.home.name)
    assert set(found) == {"provenance.toml", "work", "work/rgb.png"}


def test_an_approved_file_takes_its_sidecars_along(
    studio: Studio, sample: Sample, target: Path
) -> None:
    file = studio.put(sample("rf64/pcm16.rf64"))
    studio.tag(file)
    studio.approve(file)
    assert deliver(studio, target, file).report.verdict is Verdict.PASS
    assert {path.name for path in target.iterdir()} == {"pcm16.rf64", "pcm16.rf64.c2pa"}
    with studio.examined(target / "pcm16.rf64") as examined:
        assert examined.reading.credentials is not None
        assert examined.reading.credentials.is_ours


def test_the_sidecars_in_a_delivered_folder_travel_along(
    studio: Studio, sample: Sample, target: Path
) -> None:
    file = studio.put(sample("png/rgb.png"))
    file.chmod(0o444)
    studio.tag(file)
    studio.approve(file)
    before = listing(file.parent)
    assert len(before) == 3
    deliver(studio, target, file.parent)
    assert listing(target / "work") == before


def test_a_full_disk_leaves_nothing_behind(studio: Studio, sample: Sample, target: Path) -> None:
    small = studio.put(sample("png/rgb.png"))
    free_space = (8 + (1 << 20)).to_bytes(4, "big") + b"free" + bytes(1 << 20)
    large = studio.put(sample("mp4/moov_last.mp4").read_bytes() + free_space, "large.mp4")
    room = large.stat().st_size - 1
    assert small.stat().st_size < room
    assert studio.scan(small, large).verdict is Verdict.PASS
    with no_room(room), pytest.raises(TaggingError, match="File too large"):
        deliver(studio, target, small, large)
    assert listing(target) == {}


def test_a_source_that_vanishes_after_it_was_judged_leaves_nothing_behind(
    studio: Studio, sample: Sample, target: Path
) -> None:
    first = studio.put(sample("png/rgb.png"))
    second = studio.put(sample("wav/pcm16.wav"))
    last = studio.put(sample("jpeg/baseline.jpg"))
    studio.tag(last)
    studio.approve(last)
    studio.runner = MeddlingRunner(
        runner=studio.runner, task="read_store", before=lambda: second.unlink(missing_ok=True)
    )
    studio.reopen()
    with pytest.raises(UnreadableError, match=r"pcm16\.wav"):
        deliver(studio, target, first, second, last)
    assert listing(target) == {}


def test_a_source_that_is_swapped_after_it_was_judged_is_not_delivered(
    studio: Studio, sample: Sample, target: Path
) -> None:
    blocked = studio.put(sample("png/palette.png"), "blocked.png")
    studio.tag(blocked)
    first = studio.put(sample("png/rgb.png"), "a.png")
    last = studio.put(sample("jpeg/baseline.jpg"), "z.jpg")
    studio.tag(last)
    studio.approve(last)
    studio.runner = MeddlingRunner(
        runner=studio.runner,
        task="read_store",
        before=lambda: shutil.copyfile(blocked, first),
    )
    studio.reopen()
    with pytest.raises(ChangedMeanwhileError, match=r"a\.png: no longer passes"):
        deliver(studio, target, first, last)
    assert listing(target) == {}


def test_what_appears_in_the_folder_meanwhile_is_not_overwritten(
    studio: Studio, sample: Sample, target: Path
) -> None:
    first = studio.put(sample("png/rgb.png"), "a.png")
    last = studio.put(sample("jpeg/baseline.jpg"), "z.jpg")
    studio.tag(last)
    studio.approve(last)
    studio.runner = MeddlingRunner(
        runner=studio.runner,
        task="read_store",
        before=lambda: (target / "z.jpg").write_text("theirs"),
    )
    studio.reopen()
    with pytest.raises(TaggingError, match="File exists"):
        deliver(studio, target, first, last)
    assert listing(target) == {"z.jpg": b"theirs"}
