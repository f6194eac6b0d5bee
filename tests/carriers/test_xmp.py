"""The packet inside a container: written, replaced, taken out; others' packets left alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.jpeg import encode, segment, with_segment
from provenance.errors import CarrierError
from provenance.media.formats import FORMATS
from tests.carriers.drafting import LATER, TAG, Desk

Copy = Callable[[str], Path]
XMP = b"http://ns.adobe.com/xap/1.0/\0"


def test_every_format_with_a_slot_can_bear_it(desk: Desk) -> None:
    unable = [fmt.name for fmt in FORMATS if not desk.carriers["xmp"].can_bear(fmt)]
    assert set(unable) == {fmt.name for fmt in FORMATS if not fmt.xmp_place}
    assert "mp3" in unable


def test_a_file_without_a_packet_comes_back_exactly(desk: Desk, copied: Copy) -> None:
    path = copied("media/png/sound/rgb.png")
    before = path.read_bytes()
    carrier = desk.carriers["xmp"]
    desk.remove(carrier, path)
    assert path.read_bytes() == before
    desk.write(carrier, path, TAG)
    desk.write(carrier, path, LATER)
    assert path.read_bytes() != before
    desk.remove(carrier, path)
    assert path.read_bytes() == before


def test_a_packet_of_another_comes_back_exactly(desk: Desk, copied: Copy) -> None:
    path = copied("media/jpeg/sound/foreign_xmp.jpg")
    before = path.read_bytes()
    desk.write(desk.carriers["xmp"], path, TAG)
    desk.remove(desk.carriers["xmp"], path)
    assert path.read_bytes() == before


def test_a_file_of_several_packets_loses_none(desk: Desk, copied: Copy) -> None:
    path = copied("media/jpeg/sound/foreign_xmp.jpg")
    path.write_bytes(with_segment(segment(0xE1, XMP + b"<x/>"), path.read_bytes()))
    before = path.read_bytes()
    for change in (desk.remove, lambda *args: desk.write(*args, TAG)):
        with pytest.raises(CarrierError, match="several"):
            change(desk.carriers["xmp"], path)
        assert path.read_bytes() == before


@pytest.mark.parametrize("packet", [b"<broken", b"<x/>" + b" " * 64_000, b"\xff\xff<"])
def test_a_file_whose_packet_cannot_be_added_to_is_as_it_was(
    packet: bytes, desk: Desk, copied: Copy
) -> None:
    path = copied("media/jpeg/sound/baseline.jpg")
    path.write_bytes(with_segment(segment(0xE1, XMP + packet), encode()))
    before = path.read_bytes()
    with pytest.raises(CarrierError):
        desk.write(desk.carriers["xmp"], path, TAG)
    assert path.read_bytes() == before
