"""Blocked arrivals: moved beside the zone, listed, and brought back."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.errors import TaggingError, UsageError
from provenance.model.outcome import Action
from provenance.quarantining import (
    Quarantined,
    list_quarantine,
    quarantine,
    quarantine_of,
    restore,
)
from tests.usecases.studio import Studio, listing

Sample = Callable[[str], Path]


@pytest.fixture
def zone(studio: Studio) -> Path:
    folder = studio.home / "deliverables"
    folder.mkdir()
    studio.configure('[[zones]]\npath = "deliverables"\nrole = "deliverable"\n')
    return folder


def arrive(studio: Studio, zone: Path, sample: Path, name: str) -> Path:
    """Have a temporary file arrive in the zone."""
    studio.tag(studio.put(sample, name.rpartition("/")[2]))
    file = zone / name
    file.parent.mkdir(parents=True, exist_ok=True)
    return (studio.home / "work" / file.name).rename(file)


def keep_out(studio: Studio, zone: Path, file: Path) -> Quarantined:
    (result,) = studio.scan(file).results
    return quarantine(result, file, zone, studio.clock.now)


def test_a_blocked_file_is_moved_beside_its_zone_with_the_reason(
    studio: Studio, zone: Path, sample: Sample
) -> None:
    file = arrive(studio, zone, sample("png/rgb.png"), "reel 1/plate.png")
    data = file.read_bytes()
    moved = keep_out(studio, zone, file)
    assert moved.path == studio.home / ".quarantine/deliverables/reel 1/plate.png"
    assert moved.path.read_bytes() == data
    assert listing(zone) == {"reel 1": None}
    why = moved.path.with_name("plate.png.why.txt").read_text()
    assert "Tagged TEMPORARY since 2026-11-03" in why
    assert f"provenance quarantine restore '{moved.path}'" in why
    assert list_quarantine(zone) == (moved,)
    assert moved.quarantined_at == "2026-11-03T09:00:00+00:00"


def test_a_scan_of_the_production_leaves_the_quarantine_out(
    studio: Studio, zone: Path, sample: Sample
) -> None:
    keep_out(studio, zone, arrive(studio, zone, sample("png/rgb.png"), "plate.png"))
    seen = [result.facts.path for result in studio.scan(studio.home).results]
    assert seen == [str(studio.home / "provenance.toml")]


def test_files_of_one_name_get_numbers(studio: Studio, zone: Path, sample: Sample) -> None:
    names = []
    for source in ("png/rgb.png", "png/deep.png", "png/palette.png"):
        file = arrive(studio, zone, sample(source), "plate.png")
        names.append(keep_out(studio, zone, file).path.name)
    assert names == ["plate.png", "plate.1.png", "plate.2.png"]
    assert [each.path.name for each in list_quarantine(zone)] == sorted(names)


@pytest.mark.parametrize(
    "name", ["reel/plate.png", os.fsdecode(b"sc\xe9ne.png"), "ä" * 100 + ".png"]
)
def test_a_restored_file_lies_where_it_lay(
    name: str, studio: Studio, zone: Path, sample: Sample
) -> None:
    file = arrive(studio, zone, sample("png/rgb.png"), name)
    data = file.read_bytes()
    moved = keep_out(studio, zone, file)
    file.parent.rmdir() if file.parent != zone else None
    assert restore(moved.path) == file
    assert file.read_bytes() == data
    assert list_quarantine(zone) == ()
    left = [path for path in (studio.home / ".quarantine").rglob("*") if path.is_file()]
    assert left == []


def test_sidecars_go_and_come_back_with_their_file(
    studio: Studio, zone: Path, sample: Sample
) -> None:
    file = studio.put(sample("png/rgb.png")).rename(zone / "plate.png")
    file.chmod(0o444)
    assert studio.tag(file).action is Action.DETACHED
    before = listing(zone)
    assert len(before) == 3
    moved = keep_out(studio, zone, file)
    assert listing(zone) == {}
    restore(moved.path)
    assert listing(zone) == before


def test_restoring_overwrites_nothing(studio: Studio, zone: Path, sample: Sample) -> None:
    file = arrive(studio, zone, sample("png/rgb.png"), "plate.png")
    moved = keep_out(studio, zone, file)
    file.write_text("theirs")
    before = listing(studio.home / ".quarantine")
    with pytest.raises(UsageError, match=r"plate\.png: something lies there already"):
        restore(moved.path)
    assert file.read_text() == "theirs"
    assert listing(studio.home / ".quarantine") == before


def test_only_what_is_in_quarantine_can_be_restored(studio: Studio, sample: Sample) -> None:
    file = studio.put(sample("png/rgb.png"))
    with pytest.raises(UsageError, match="is no file in quarantine"):
        restore(file)


def test_a_damaged_record_is_listed_and_moves_nothing(
    studio: Studio, zone: Path, sample: Sample
) -> None:
    moved = keep_out(studio, zone, arrive(studio, zone, sample("png/rgb.png"), "plate.png"))
    record = moved.path.with_name("plate.png.quarantine.json")
    for text in ("{", "[]", '{"original": "zz"}', '{"original": 1}'):
        record.write_text(text)
        (listed,) = list_quarantine(zone)
        assert listed.path == moved.path
        assert "the quarantine record is damaged" in listed.reasons[0]
        with pytest.raises(TaggingError, match="the quarantine record is damaged"):
            restore(moved.path)
        assert moved.path.is_file()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.write_text("[" * 200_000),
        lambda record: record.write_text(record.read_text() + " " * (1 << 20)),
        lambda record: record.write_text(
            '{"original": "2e2e", "reasons": [], "quarantined_at": 1}'
        ),
        lambda record: (record.unlink(), os.mkfifo(record)),
        lambda record: (record.unlink(), record.symlink_to("/dev/zero")),
    ],
    ids=["nested", "too-large", "no-file", "pipe", "link"],
)
def test_a_record_that_somebody_else_wrote_is_damaged_and_stops_nobody(
    studio: Studio, zone: Path, sample: Sample, spoil: Callable[[Path], object]
) -> None:
    for name in ("bad.png", "good.png"):
        moved = keep_out(studio, zone, arrive(studio, zone, sample("png/rgb.png"), name))
    spoil(moved.path.with_name("bad.png.quarantine.json"))
    bad, good = list_quarantine(zone)
    assert (bad.path.name, bad.content) == ("bad.png", None)
    assert "bad.png.quarantine.json: the quarantine record is damaged: " in bad.reasons[0]
    assert good == moved


def test_a_quarantine_however_deep_is_listed(zone: Path) -> None:
    place = quarantine_of(zone)
    place.mkdir(parents=True)
    (place / "x.png.quarantine.json").write_text("{}")
    for _ in range(1200):
        place = place / "d"
        place.mkdir()
    listed = list_quarantine(zone)
    subprocess.run(
        ["/bin/rm", "-r", quarantine_of(zone)], check=True
    )  # the standard library cannot
    assert [entry.path.name for entry in listed] == ["x.png"]


def test_a_zone_without_quarantine_has_an_empty_list(zone: Path) -> None:
    assert list_quarantine(zone) == ()


def test_a_file_that_cannot_be_moved_stays_in_the_zone(
    studio: Studio, zone: Path, sample: Sample, tmp_path: Path
) -> None:
    """A quarantine on another disk cannot be reached by renaming; nothing is copied."""
    if tmp_path.stat().st_dev == zone.stat().st_dev:
        pytest.skip("there is only one file system here")
    (studio.home / ".quarantine").symlink_to(tmp_path)
    file = arrive(studio, zone, sample("png/rgb.png"), "plate.png")
    with pytest.raises(TaggingError, match=r"plate\.png: could not be moved to"):
        keep_out(studio, zone, file)
    assert file.is_file()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_quarantined_file_whose_zone_is_gone_stays(
    studio: Studio, zone: Path, sample: Sample
) -> None:
    moved = keep_out(studio, zone, arrive(studio, zone, sample("png/rgb.png"), "plate.png"))
    zone.rmdir()
    zone.write_text("no folder any more")
    with pytest.raises(TaggingError, match="cannot be moved back"):
        restore(moved.path)
    assert moved.path.is_file()


@pytest.mark.parametrize("link", ["deliverables/reel", ".quarantine/deliverables/reel"])
def test_nothing_is_moved_back_through_a_link(
    studio: Studio, zone: Path, sample: Sample, link: str
) -> None:
    moved = keep_out(studio, zone, arrive(studio, zone, sample("png/rgb.png"), "reel/plate.png"))
    linked = studio.home / link
    linked.rename(studio.home / "elsewhere")
    linked.symlink_to(studio.home / "elsewhere")
    before = listing(studio.home)
    with pytest.raises(TaggingError, match=f"{link} is a link; take it away"):
        restore(moved.path)
    assert listing(studio.home) == before


def test_no_folder_is_made_behind_a_link(studio: Studio, zone: Path, sample: Sample) -> None:
    moved = keep_out(studio, zone, arrive(studio, zone, sample("png/rgb.png"), "a/b/plate.png"))
    (zone / "a/b").rmdir()
    (zone / "a").rmdir()
    (studio.home / "elsewhere").mkdir()
    (zone / "a").symlink_to(studio.home / "elsewhere")
    with pytest.raises(TaggingError, match="deliverables/a is a link"):
        restore(moved.path)
    assert listing(studio.home / "elsewhere") == {}
    assert moved.path.is_file()


@pytest.mark.parametrize("link", ["deliverables/reel", ".quarantine/deliverables/reel"])
def test_nothing_is_quarantined_through_a_link(
    studio: Studio, zone: Path, sample: Sample, link: str
) -> None:
    file = arrive(studio, zone, sample("png/rgb.png"), "reel/plate.png")
    (result,) = studio.scan(file).results
    linked = studio.home / link
    linked.mkdir(parents=True, exist_ok=True)
    linked.rename(studio.home / "elsewhere")
    linked.symlink_to(studio.home / "elsewhere")
    before = listing(studio.home)
    with pytest.raises(TaggingError, match=f"could not be moved to .*{link} is a link"):
        quarantine(result, file, zone, studio.clock.now)
    after = listing(studio.home)
    assert {name: after[name] for name in before} == before
    assert {name for name in after.keys() - before.keys() if after[name] is not None} == set()


def test_a_zone_and_a_quarantine_may_be_links_themselves(
    studio: Studio, zone: Path, sample: Sample
) -> None:
    for name in ("deliverables", ".quarantine"):
        (studio.home / name).mkdir(exist_ok=True)
        (studio.home / name).rename(studio.home / f"real-{name}")
        (studio.home / name).symlink_to(studio.home / f"real-{name}")
    file = arrive(studio, zone, sample("png/rgb.png"), "reel/plate.png")
    moved = keep_out(studio, zone, file)
    assert (studio.home / "real-.quarantine/deliverables/reel/plate.png").is_file()
    assert restore(moved.path) == file
