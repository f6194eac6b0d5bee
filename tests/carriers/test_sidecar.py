"""Sidecars: which files they are, what they say, and whose they are."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.carriers import sidecar as sidecar_module
from provenance.carriers.sidecar import (
    find_c2pa_sidecar,
    is_sidecar,
    read_xmp_sidecar,
    remove_c2pa_sidecar,
    remove_xmp_sidecar,
    write_c2pa_sidecar,
    write_xmp_sidecar,
)
from provenance.carriers.xmp_packet import find_tag
from provenance.errors import CarrierError, DamagedMediaError, UnreadableError
from tests.carriers.drafting import LATER, TAG

FOREIGN = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="video/quicktime"/></rdf:RDF>'
    b"</x:xmpmeta>"
)
STORE = b"\0\0\0\x18jumb\0\0\0\x10jumdc2pa\0\0\0\0"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mov"
    path.write_bytes(b"a movie")
    return path


def beside(path: Path, name: str, data: bytes) -> Path:
    sidecar = path.with_name(name)
    sidecar.write_bytes(data)
    return sidecar


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("clip.mov.xmp", FOREIGN),
        ("clip.xmp", FOREIGN),
        ("clip.mov.xmp", b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- by hand -->" + FOREIGN),
        ("clip.xmp", FOREIGN.decode().encode("utf-16")),
        ("clip.mov.c2pa", STORE),
        ("clip.c2pa", STORE),
    ],
)
def test_what_speaks_of_a_file_beside_it_is_a_sidecar(clip: Path, name: str, data: bytes) -> None:
    assert is_sidecar(beside(clip, name, data))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("clip.mov", FOREIGN),
        ("other.xmp", FOREIGN),
        ("other.mov.xmp", FOREIGN),
        ("clip.mov.xmp", b"\x89PNG\r\n\x1a\n"),
        ("clip.mov.xmp", b""),
        ("clip.mov.XMP", FOREIGN),
        ("clip.mov.xmp", b"<svg/>"),
        ("clip.mov.xmp", FOREIGN + b"\x89PNG"),
        ("clip.mov.c2pa", STORE + b"more"),
        ("clip.mov.xmp", b"\xff\xff\xff"),
        ("clip.mov.c2pa", b"RIFF\0\0\0\0WAVE"),
        ("clip.mov.c2pa", FOREIGN),
    ],
)
def test_anything_else_is_none_and_has_to_be_judged(clip: Path, name: str, data: bytes) -> None:
    assert not is_sidecar(beside(clip, name, data))


def test_a_sidecar_has_no_sidecar(clip: Path) -> None:
    beside(clip, "clip.mov.xmp", FOREIGN)
    assert not is_sidecar(beside(clip, "clip.mov.xmp.c2pa", STORE))


def test_what_cannot_be_read_is_no_sidecar(clip: Path) -> None:
    assert not is_sidecar(clip.with_name("clip.xmp"))
    clip.with_name("clip.xmp").symlink_to(clip)
    assert not is_sidecar(clip.with_name("clip.xmp"))
    clip.with_name("clip.mov.xmp").mkdir()
    assert not is_sidecar(clip.with_name("clip.mov.xmp"))


def test_both_names_of_a_sidecar_are_read(clip: Path) -> None:
    assert read_xmp_sidecar(clip) == ()
    beside(clip, "clip.mov.xmp", FOREIGN)
    beside(clip, "clip.xmp", FOREIGN.replace(b"quicktime", b"mp4"))
    assert [(found.place, found.value) for found in read_xmp_sidecar(clip)] == [
        ("sidecar/clip.mov.xmp", "video/quicktime"),
        ("sidecar/clip.xmp", "video/mp4"),
    ]


def test_a_file_is_no_sidecar_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "alone.xmp"
    path.write_bytes(FOREIGN)
    assert read_xmp_sidecar(path) == ()
    path = tmp_path / "alone.c2pa"
    path.write_bytes(STORE)
    assert find_c2pa_sidecar(path) is None


def test_a_sidecar_that_is_damaged_is_reported(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sidecar = beside(clip, "clip.mov.xmp", b"<broken")
    with pytest.raises(DamagedMediaError):
        read_xmp_sidecar(clip)
    with pytest.raises(CarrierError):
        write_xmp_sidecar(clip, TAG)
    assert remove_xmp_sidecar(clip) is None
    assert sidecar.read_bytes() == b"<broken"
    monkeypatch.setattr(sidecar_module, "_LARGEST", 3)
    with pytest.raises(DamagedMediaError, match="7 bytes"):
        read_xmp_sidecar(clip)


def test_a_sidecar_that_is_there_and_cannot_be_opened_is_reported(clip: Path) -> None:
    clip.with_name("clip.xmp").symlink_to(clip)
    with pytest.raises(UnreadableError, match="symbolic link"):
        read_xmp_sidecar(clip)


def test_a_tag_is_written_beside_and_taken_away(clip: Path) -> None:
    for tag in (TAG, LATER):
        sidecar = write_xmp_sidecar(clip, tag)
        assert sidecar.name == "clip.mov.xmp"
        assert find_tag(read_xmp_sidecar(clip)) == tag
    assert remove_xmp_sidecar(clip) == sidecar
    assert remove_xmp_sidecar(clip) is None
    assert [entry.name for entry in clip.parent.iterdir()] == ["clip.mov"]


def test_a_sidecar_of_another_keeps_what_it_says_and_stays(clip: Path) -> None:
    sidecar = beside(clip, "clip.mov.xmp", FOREIGN)
    assert remove_xmp_sidecar(clip) is None
    write_xmp_sidecar(clip, TAG)
    found = read_xmp_sidecar(clip)
    assert find_tag(found) == TAG
    assert "video/quicktime" in [one.value for one in found]
    assert remove_xmp_sidecar(clip) is None
    assert find_tag(read_xmp_sidecar(clip)) == TAG
    assert sidecar.exists()


def test_a_manifest_store_is_written_beside_once(clip: Path) -> None:
    assert find_c2pa_sidecar(clip) is None
    sidecar = write_c2pa_sidecar(clip, STORE)
    assert find_c2pa_sidecar(clip) == sidecar
    with pytest.raises(CarrierError, match="left as it is"):
        write_c2pa_sidecar(clip, b"another")
    assert sidecar.read_bytes() == STORE
    assert remove_c2pa_sidecar(clip) == sidecar
    assert remove_c2pa_sidecar(clip) is None


def test_a_store_under_the_short_name_is_found_and_a_link_is_not(clip: Path) -> None:
    store = beside(clip, "clip.c2pa", STORE)
    assert find_c2pa_sidecar(clip) == store
    store.unlink()
    store.symlink_to(clip)
    assert find_c2pa_sidecar(clip) is None


@pytest.fixture(params=["x" * 251 + ".mov", "☂" * 83 + ".mov", os.fsdecode(b"\xe9.mov")])
def oddly_named(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / request.param
    path.write_bytes(b"a movie")
    yield path
    path.unlink()


def test_a_name_too_long_for_a_sidecar_has_none(oddly_named: Path) -> None:
    assert read_xmp_sidecar(oddly_named) == ()
    assert find_c2pa_sidecar(oddly_named) is None
    assert remove_c2pa_sidecar(oddly_named) is None
    assert remove_xmp_sidecar(oddly_named) is None
