"""Text fields: the caller's side of what the worker writes, and what it does when that fails."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from mutagen.id3 import ID3, PRIV

from provenance.carriers.native import NativeCarrier
from provenance.errors import CarrierError, IsolationError
from provenance.isolation.interface import Json
from provenance.media.formats import FORMATS
from provenance.media.xmp import parse_packets
from provenance.model.metadata import Contents, MetadataField
from provenance.model.reading import Reading
from tests.carriers.drafting import LATER, TAG, Desk
from tests.carriers.test_c2pa import Answering

Copy = Callable[[str], Path]
MP3 = "media/mp3/sound/id3v24.mp3"
EACH = ("media/mp3/sound/bare.mp3", "media/flac/sound/bare.flac", "media/mp4/sound/moov_last.mp4")
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="audio/mpeg"/></rdf:RDF>'
    b"</x:xmpmeta>"
)


def test_only_formats_with_fields_of_their_own_can_bear_it(desk: Desk) -> None:
    able = [fmt.name for fmt in FORMATS if desk.carriers["native"].can_bear(fmt)]
    assert able == ["mp4", "mov", "m4v", "m4a", "mp3", "flac"]


@pytest.mark.parametrize("name", EACH)
def test_a_file_shows_the_comment_that_survives_transcodes(
    name: str, desk: Desk, copied: Copy
) -> None:
    path = copied(name)
    desk.write(desk.carriers["native"], path, TAG)
    with desk.examine(path) as examined:
        assert TAG.comment in [found.value for found in examined.reading.fields]


def test_a_broken_record_does_not_hide_a_sound_one(desk: Desk) -> None:
    fields = tuple(
        MetadataField(place="here", key=key, value=value)
        for key, value in (
            ("Comment", TAG.to_json()),
            ("TXXX:provenance", "{"),
            ("PROVENANCE", LATER.to_json()),
        )
    )
    reading = Reading(format_name="mp3", contents=Contents(fields=fields))
    assert desk.carriers["native"].find_tag(reading) == LATER


def test_an_mp3_carries_the_packet_that_editors_read(desk: Desk, copied: Copy) -> None:
    path = copied(MP3)
    for tag in (TAG, LATER):
        desk.write(desk.carriers["native"], path, tag)
        with desk.examine(path) as examined:
            assert desk.carriers["xmp"].find_tag(examined.reading) == tag
            assert len(examined.reading.contents.xmp) == 1
    desk.remove(desk.carriers["native"], path)
    with desk.examine(path) as examined:
        assert examined.reading.contents.xmp == ()


def with_packet(path: Path, data: bytes) -> None:
    frames = ID3(path)
    frames.add(PRIV(owner="XMP", data=data))
    frames.save(path)


def test_a_packet_of_another_in_an_mp3_stays_as_it_is(desk: Desk, copied: Copy) -> None:
    path = copied(MP3)
    with_packet(path, PACKET)
    desk.write(desk.carriers["native"], path, TAG)
    with desk.examine(path) as examined:
        properties, problems = parse_packets(examined.reading.contents.xmp)
        assert [found.value for found in properties] == ["audio/mpeg"]
        assert problems == ()
        assert examined.tag == TAG


def test_a_damaged_packet_in_an_mp3_leaves_the_file_as_it_was(desk: Desk, copied: Copy) -> None:
    path = copied(MP3)
    with_packet(path, b"<broken")
    before = path.read_bytes()
    with pytest.raises(CarrierError, match="left as it is"):
        desk.write(desk.carriers["native"], path, TAG)
    assert path.read_bytes() == before


class Destroying(Answering):
    """A runner whose worker ruins what it is given, and may die of it."""

    def __init__(self, *, dies: bool) -> None:
        super().__init__(None)
        self._dies = dies

    def run(
        self,
        task: str,
        arguments: Mapping[str, Json],
        files: Sequence[int] = (),
        wall_seconds: float | None = None,
    ) -> Json:
        os.pwrite(files[0], bytes(64), 0)
        if self._dies:
            raise IsolationError(f"{task} {sorted(arguments)} {wall_seconds}")
        return super().run()


@pytest.mark.parametrize(("dies", "error"), [(True, IsolationError), (False, CarrierError)])
def test_a_worker_that_ruins_its_copy_ruins_nothing_else(
    desk: Desk, copied: Copy, *, dies: bool, error: type[Exception]
) -> None:
    path = copied(MP3)
    before = path.read_bytes()
    with pytest.raises(error, match=r"unrecognisable|write_tag"):
        desk.write(NativeCarrier(Destroying(dies=dies)), path, TAG)
    assert path.read_bytes() == before
