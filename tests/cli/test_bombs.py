"""A few of the bombs that `make torture` sets off, all of them for what they end in."""

from pathlib import Path

import pytest

from tests.benchmarks import bombs
from tests.benchmarks.bomb_files import bombs as all_bombs
from tests.benchmarks.bomb_files import build

A_FEW = [
    "png/ztxt_inflates.png",
    "png/xmp_entities.png",
    "svg/elements.svg",
    "tiff/directory_loop.tif",
    "wav/claims_4gib.wav",
    "mkv/nested_unknown.mkv",
    "pixels/inflates.png",
]
HEAVY = ["honest/json_nested_xmp.png", "honest/json_nested_objects.png"]


@pytest.mark.parametrize("name", A_FEW)
def test_a_bomb_ends_in_a_finding(name: str, tmp_path: Path) -> None:
    (path,) = build(tmp_path, [name])
    ended = bombs.inspect_once(path)
    assert ended.finding
    assert not bombs.lacks_finding(path, ended)


@pytest.mark.parametrize("name", HEAVY)
def test_what_is_heavy_but_sound_ends_with_a_status(name: str, tmp_path: Path) -> None:
    (path,) = build(tmp_path, [name])
    ended = bombs.inspect_once(path)
    assert ended.status == "no-declaration"
    assert not bombs.lacks_finding(path, ended)


def test_an_inspection_that_says_nothing_lacks_a_finding(tmp_path: Path) -> None:
    ended = bombs.inspect_once(tmp_path)
    assert (ended.status, ended.finding) == ("", "")
    assert bombs.lacks_finding(tmp_path / "honest" / "nothing.png", ended)


def test_every_format_has_a_bomb() -> None:
    folders = {Path(name).parts[0] for name in all_bombs()}
    assert {"png", "jpeg", "tiff", "svg", "mkv", "ogg", "mp4", "heif", "pixels"} <= folders
