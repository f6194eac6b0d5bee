"""Sealed packages: judged, moved and reported as a whole, never written, never taken apart."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.packages import seal_asc_mhl, seal_dcp, seal_imf, seal_mhl
from tests.cli.conftest import Terminal
from tests.cli.running import Show, another_picture, declared, plain, sample

Seal = Callable[[Path], None]
FOLDERS = pytest.mark.parametrize(
    "seal", [seal_imf, seal_dcp, seal_asc_mhl], ids=["imf", "dcp", "asc-mhl"]
)
EACH = pytest.mark.parametrize(
    "seal", [seal_imf, seal_dcp, seal_asc_mhl, seal_mhl], ids=["imf", "dcp", "asc-mhl", "mhl"]
)


@pytest.fixture
def show(show: Show) -> Show:
    """Stand in a production that lets lists and what it cannot read through."""
    show.set("ignore = []", 'ignore = ["*.xml", "*.mhl", "ASSETMAP*"]')
    return show


def package(show: Show, seal: Seal, zone: str = "deliverables/reel", *, ai: bool = True) -> Path:
    """Put a package into a zone; with `ai` two of its three pictures are blocked."""
    show.put(f"{zone}/clean.png", another_picture())
    show.put(f"{zone}/ai.png", declared() if ai else plain())
    show.put(f"{zone}/sub/more.png", declared("graphs.png") if ai else plain())
    seal(show.home / zone)
    return show.home / zone


@EACH
def test_nothing_in_a_package_is_tagged_or_untagged(run: Terminal, show: Show, seal: Seal) -> None:
    folder = package(show, seal, "generated/reel")
    before = show.listing("generated")
    done = run("watch", "--once")
    assert done.code == 0
    assert done.words.count("belongs to; the registry knows it)") == 3
    assert "registered-only generated/reel/ai.png" in done.words
    assert f"{folder}" in done.words
    assert run("tag", folder / "clean.png").code == 0
    assert show.listing("generated") == before
    assert (
        run("status", "--json").json["registry"]["temporary_assets"] == 2
    )  # two show the same picture


@EACH
def test_a_tag_that_was_sealed_in_stays(run: Terminal, show: Show, seal: Seal) -> None:
    show.put("work/reel/a.png", another_picture())
    assert run("tag", "work/reel").code == 0
    seal(show.home / "work/reel")
    before = show.listing("work")
    done = run("untag", "work/reel/a.png")
    assert done.code == 3
    assert (
        "which another file in its place would break; nothing was changed"
        in done.words + " ".join(done.err.split())
    )
    assert run("tag", "work/reel/a.png").code == 0
    assert show.listing("work") == before


def test_a_manifest_that_a_sealed_file_lacks_is_not_put_beside_it(
    run: Terminal, show: Show
) -> None:
    show.put("work/reel/plate.rf64", sample("rf64"))
    assert run("tag", "work/reel").code == 0
    (show.home / "work/reel/plate.rf64.c2pa").unlink()
    seal_dcp(show.home / "work/reel")
    before = show.listing("work")
    assert run("tag", "work/reel/plate.rf64").code == 0
    assert show.listing("work") == before


@EACH
def test_a_scan_names_the_package(run: Terminal, show: Show, seal: Seal) -> None:
    folder = package(show, seal)
    done = run("scan", "--format", "json", "deliverables")
    assert done.code == 1
    blocked = [one for one in done.json["findings"] if one["verdict"] == "block"]
    assert {Path(one["path"]).name for one in blocked} == {"ai.png", "more.png"}
    for one in blocked:
        assert f"{folder}, which is sealed and goes or stays as a whole" in one["message"]


@FOLDERS
def test_a_blocked_package_is_moved_as_a_whole_and_comes_back_so(
    run: Terminal, show: Show, seal: Seal
) -> None:
    folder = package(show, seal)
    before = show.listing("deliverables")
    done = run("watch", "--once")
    assert done.code == 1
    assert done.words.count("quarantined deliverables") == 1
    assert "quarantined deliverables/reel (now in .quarantine/deliverables: in the " in done.words
    assert "2 of " in done.words
    assert "ai.png: " in done.words
    assert "more.png: " in done.words
    assert not folder.exists()
    kept = show.listing(".quarantine")
    assert {f".quarantine/{name}": data for name, data in before.items()}.items() <= kept.items()
    assert len(kept) == len(before) + 2
    (entry,) = run("quarantine", "list", "--json").json
    assert entry["original"] == str(folder)
    assert any(reason.startswith("ai.png: ") for reason in entry["reasons"])
    assert run("watch", "--once").code == 0
    done = run("quarantine", "restore", ".quarantine/deliverables/reel")
    assert done.out == f"restored         {folder}\n"
    assert show.listing("deliverables") == before
    assert show.listing(".quarantine") == {}


@EACH
def test_a_zone_that_only_reports_says_one_line_for_a_package(
    run: Terminal, show: Show, seal: Seal
) -> None:
    show.set('role = "deliverable"', 'role = "deliverable"\non_block = "report"')
    package(show, seal)
    before = show.listing("deliverables")
    done = run("watch", "--once")
    assert done.code == 1
    assert done.words.count("blocked deliverables/reel (") == 1
    assert done.words.count("blocked deliverables") == 1
    assert show.listing("deliverables") == before


def test_of_what_an_mhl_names_nothing_is_moved_and_what_it_does_not_name_is(
    run: Terminal, show: Show
) -> None:
    package(show, seal_mhl)
    show.put("deliverables/reel/added.png", declared())
    before = show.listing("deliverables")
    done = run("watch", "--once")
    assert done.code == 1
    assert "blocked deliverables/reel (left where it is: in the MHL 2 of " in done.words
    assert "quarantined deliverables/reel/added.png" in done.words
    del before["deliverables/reel/added.png"]
    assert show.listing("deliverables") == before


@FOLDERS
def test_a_package_that_is_the_zone_is_reported(run: Terminal, show: Show, seal: Seal) -> None:
    package(show, seal, "deliverables")
    before = show.listing("deliverables")
    done = run("watch", "--once")
    assert done.code == 1
    assert done.words.count("blocked deliverables (left where it is: ") == 1
    assert show.listing("deliverables") == before


@FOLDERS
def test_a_package_that_lacks_a_file_is_not_touched_until_it_is_complete(
    run: Terminal, show: Show, seal: Seal
) -> None:
    folder = package(show, seal)
    late = (folder / "clean.png").rename(show.home / "late.png")
    before = show.listing("deliverables")
    done = run("watch", "--once")
    assert done.code == 1
    assert done.words.count("blocked deliverables/reel (left where it is: ") == 1
    assert "of which clean.png is not there yet, " in done.words
    assert show.listing("deliverables") == before
    late.rename(folder / "clean.png")
    assert run("watch", "--once").code == 1
    assert not folder.exists()
    assert (show.home / ".quarantine/deliverables/reel/clean.png").is_file()


@EACH
def test_a_package_without_ai_passes(run: Terminal, show: Show, seal: Seal) -> None:
    package(show, seal, ai=False)
    before = show.listing("deliverables")
    done = run("watch", "--once")
    assert done.code == 0
    assert "1 passed" in done.words
    assert show.listing("deliverables") == before
    assert run("scan", "deliverables").code == 0


def test_a_package_of_which_something_cannot_be_judged_is_undecided_in_one_line(
    run: Terminal, show: Show
) -> None:
    show.put("deliverables/reel/one.psd", b"8BPS not read here")
    show.put("deliverables/reel/two.psd", b"8BPS not read either")
    seal_imf(show.home / "deliverables/reel")
    done = run("watch", "--once")
    assert done.code == 3
    assert done.words.count("undecided deliverables/reel (left whole where it is: ") == 1
    assert "one.psd: " in done.words


def test_what_looks_like_a_record_in_a_package_is_none(run: Terminal, show: Show) -> None:
    folder = show.home / "deliverables/reel"
    show.put("deliverables/reel/x.png", another_picture())
    show.put("deliverables/reel/x.png.quarantine.json", b'{"original": "2f65"}')
    show.set('"ASSETMAP*"]', '"ASSETMAP*", "*.json"]')
    show.put("deliverables/reel/ai.png", declared())
    seal_imf(folder)
    assert run("watch", "--once").code == 1
    assert [entry["original"] for entry in run("quarantine", "list", "--json").json] == [
        str(folder)
    ]
    assert run("quarantine", "purge", "--all", "--yes").code == 0
    assert show.listing(".quarantine") == {}
