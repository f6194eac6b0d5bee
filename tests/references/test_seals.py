"""Sealed packages are known by what their lists say, whatever state they are in."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.references.seals import SEALS, PackageFinder
from tests.builders.packages import (
    INTEROP_AM,
    SMPTE_AM,
    seal_asc_mhl,
    seal_dcp,
    seal_imf,
    seal_interop_dcp,
    seal_mhl,
)

KINDS = [
    pytest.param(seal_imf, "IMF package", id="imf"),
    pytest.param(seal_dcp, "DCP", id="dcp"),
    pytest.param(seal_interop_dcp, "DCP", id="interop-dcp"),
    pytest.param(seal_asc_mhl, "ASC MHL", id="asc-mhl"),
    pytest.param(seal_mhl, "MHL", id="mhl"),
]
FOLDERS = KINDS[:4]
Seal = Callable[[Path], None]
MEASURE = """
import sys, tracemalloc
from pathlib import Path
from provenance.references.seals import PackageFinder
finder, (warm, path) = PackageFinder(), map(Path, sys.argv[1:])
assert finder.find(warm) is not None
tracemalloc.start()
assert finder.find(path) is not None
print(tracemalloc.get_traced_memory()[1])
"""
"""In a process of its own, in which nothing else takes memory; what is done once is done before."""


class Clock:
    """Monotonic time that moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two files, one of them further down."""
    folder = tmp_path / "reel"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.mxf").write_bytes(b"picture")
    (folder / "sub/b.mxf").write_bytes(b"sound!")
    return folder


def test_no_two_kinds_have_one_name() -> None:
    assert len({seal.kind for seal in SEALS}) == len(SEALS)


@pytest.mark.parametrize(("seal", "kind"), KINDS)
def test_what_a_list_names_belongs_to_its_package(folder: Path, seal: Seal, kind: str) -> None:
    seal(folder)
    for name in ("a.mxf", "sub/b.mxf"):
        package = PackageFinder().find(folder / name)
        assert package is not None
        assert (package.kind, package.folder) == (kind, folder)
        assert package.name == f"{kind} {folder}"
        assert PackageFinder().lacks(package) == ""
    assert PackageFinder().find(folder.parent / "other.mxf") is None


@pytest.mark.parametrize(("seal", "kind"), FOLDERS)
def test_what_lies_in_a_sealed_folder_belongs_to_it_listed_or_not(
    folder: Path, seal: Seal, kind: str
) -> None:
    seal(folder)
    (folder / "sub/added.mxf").write_bytes(b"later")
    package = PackageFinder().find(folder / "sub/added.mxf")
    assert package is not None
    assert package.kind == kind


def test_an_mhl_seals_what_it_names_and_itself_and_nothing_else(folder: Path) -> None:
    seal_mhl(folder)
    (folder / "added.mxf").write_bytes(b"later")
    assert PackageFinder().find(folder / "added.mxf") is None
    assert PackageFinder().find(folder / "A001.mhl") is not None


@pytest.mark.parametrize(("seal", "kind"), KINDS)
def test_a_file_that_is_missing_or_not_whole_is_named(folder: Path, seal: Seal, kind: str) -> None:
    seal(folder)
    package = PackageFinder().find(folder / "a.mxf")
    assert package is not None
    assert package.kind == kind
    finder = PackageFinder()
    (folder / "sub/b.mxf").write_bytes(b"soun")
    assert finder.lacks(package) == "sub/b.mxf"
    (folder / "sub/b.mxf").unlink()
    assert finder.lacks(package) == "sub/b.mxf"
    (folder / "sub/b.mxf").write_bytes(b"sound!")
    assert finder.lacks(package) == ""


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ASSETMAP.xml", b"<AssetMap/>"),
        ("ASSETMAP.xml", b'<AssetMap xmlns="http://example.com/"/>'),
        ("ASSETMAP", b"a note of somebody"),
        ("ASSETMAP.xml", b""),
        ("notes.mhl", b"<notes/>"),
        ("notes.mhl", b"\0\1\2"),
        ("ascmhl", b"a file, no folder"),
    ],
)
def test_a_name_alone_seals_nothing(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    assert PackageFinder().find(folder / "a.mxf") is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ASSETMAP.xml", f'<AssetMap xmlns="{SMPTE_AM}"><AssetList><Asset><Id>urn:uu'),
        ("ASSETMAP", f'<AssetMap xmlns="{INTEROP_AM}"></AssetMap><junk/>'),
        ("A.mhl", '<hashlist version="1.1"><hash><file>a.mxf</file>'),
        ("A.mhl", '<hashlist version="1.1"><hash><file>../../etc/passwd</file></hash></hashlist>'),
        ("A.mhl", f"<hashlist>{'<a>' * 5000}{'</a>' * 5000}</hashlist>"),
    ],
    ids=["cut", "junk-behind", "cut-mhl", "leads-out", "deep"],
)
def test_a_list_that_cannot_be_read_to_its_end_seals_the_folder_and_is_never_complete(
    folder: Path, name: str, text: str
) -> None:
    (folder / name).write_text(text)
    package = PackageFinder().find(folder / "sub/b.mxf")
    assert package is not None
    assert PackageFinder().lacks(package) == "a readable list of its files"


def test_a_list_with_a_dtd_is_no_list(folder: Path) -> None:
    (folder / "B.mhl").write_text(
        "<!DOCTYPE hashlist><hashlist><hash><file>a.mxf</file></hash></hashlist>"
    )
    bomb = '<!DOCTYPE hashlist [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    (folder / "A.mhl").write_text(f"{bomb}<hashlist><hash><file>&b;</file></hash></hashlist>")
    assert PackageFinder().find(folder / "a.mxf") is None


def test_a_list_that_cannot_be_opened_seals(folder: Path) -> None:
    (folder / "map").write_text("opened by its own name only")
    (folder / "ASSETMAP.xml").symlink_to("map")
    package = PackageFinder().find(folder / "a.mxf")
    assert package is not None
    assert PackageFinder().lacks(package)


@pytest.mark.parametrize(
    "name", ["AssetMap", "ASSETMAP.xml", "x.mhl", "ascmhl/0001_x.mhl", "AssetMap/x.mhl"]
)
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_is_no_list(
    folder: Path, name: str, make: Callable[[Path], object]
) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    make(folder / name)
    assert PackageFinder().find(folder / "a.mxf") is None


def test_the_outermost_package_counts(folder: Path) -> None:
    seal_dcp(folder / "sub")
    seal_asc_mhl(folder)
    package = PackageFinder().find(folder / "sub/b.mxf")
    assert package is not None
    assert (package.kind, package.folder) == ("ASC MHL", folder)


@pytest.mark.parametrize(
    "record",
    [
        "<hash>" + "<a/>" * 100_000 + "</hash>",
        "<hash>" + "<file>a</file>" * 30_000 + "</hash>",
        "<hash><a " + " ".join(f'a{number}=""' for number in range(100_000)) + "/></hash>",
    ],
    ids=["elements", "one-element-often", "attributes"],
)
def test_a_list_takes_no_more_memory_than_it_is_big(folder: Path, record: str) -> None:
    warm = folder.parent / "warm"
    warm.mkdir()
    (warm / "a.mov").touch()
    seal_mhl(warm)
    (folder / "A.mhl").write_text(f"<hashlist>{record}</hashlist>")
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, warm / "a.mov", folder / "A.mhl"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert 0 < int(measured.stdout) < len(record)


def test_a_list_that_arrives_or_changes_is_noticed(folder: Path) -> None:
    finder = PackageFinder()
    assert finder.find(folder / "a.mxf") is None
    (folder / "A.mhl").write_text("<hashl")
    assert finder.find(folder / "a.mxf") is None
    os.utime(folder, (0, 0))  # it has not changed for long, and does not now
    assert finder.find(folder / "a.mxf") is None
    (folder / "A.mhl").write_text("<hashlist><hash><file>a.mxf</file></hash></hashlist>")
    package = finder.find(folder / "a.mxf")
    assert package is not None
    assert finder.find(folder / "sub/b.mxf") is None
    (folder / "A.mhl").unlink()
    assert finder.find(folder / "a.mxf") is None


def test_a_big_folder_is_listed_again_after_a_while_only(folder: Path) -> None:
    clock = Clock()
    finder = PackageFinder(clock=clock)
    for number in range(1001):
        (folder / f"{number}.txt").touch()
    assert finder.find(folder / "a.mxf") is None
    seal_mhl(folder)
    clock.now = 1.0
    assert finder.find(folder / "a.mxf") is None
    clock.now = 2.5
    assert finder.find(folder / "a.mxf") is not None
