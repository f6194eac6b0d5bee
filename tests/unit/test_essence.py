"""Digests of files and of their essence, and which of both a file is known by."""

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures import jpeg
from fixtures.png import chunk, encode
from fixtures.raster import picture
from provenance.errors import DamagedMediaError
from provenance.media.essence import LEAD, digest_ranges, essence_lead, identify_bytes
from provenance.media.jpeg import Jpeg
from provenance.media.png import Png
from provenance.media.source import BytesSource
from provenance.model.digest import sha256_digest
from provenance.model.metadata import ByteRange, Contents


@given(data=st.binary(max_size=60), cuts=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9))))
def test_a_digest_is_over_the_runs_in_their_order(data: bytes, cuts: list[tuple[int, int]]) -> None:
    runs = [ByteRange(offset=o, length=n) for o, n in cuts if o + n <= len(data)]
    joined = b"".join(data[run.offset : run.end] for run in runs)
    assert digest_ranges(BytesSource(data), runs) == sha256_digest(joined)


def test_a_run_longer_than_the_file_is_damage() -> None:
    with pytest.raises(DamagedMediaError, match="inside its essence"):
        digest_ranges(BytesSource(b"12345"), [ByteRange(offset=3, length=3)])


def test_runs_larger_than_one_read_are_digested_whole() -> None:
    data = bytes(range(256)) * 10_000
    expected = hashlib.sha256(data[5:]).hexdigest()
    runs = [ByteRange(offset=5, length=len(data) - 5)]
    assert digest_ranges(BytesSource(data), runs) == f"sha256:{expected}"


def test_a_picture_is_known_by_its_essence(fixtures_dir: Path) -> None:
    fmt = Png()
    one, other = (
        BytesSource((fixtures_dir / f"media/png/sound/{name}.png").read_bytes())
        for name in ("rgb", "foreign_text")
    )
    first, second = (identify_bytes(it, fmt, fmt.read(it)) for it in (one, other))
    assert first.essence_digest == second.essence_digest
    assert first.file_digest != second.file_digest
    assert 0 < first.essence_length < one.size


@pytest.mark.parametrize(
    ("fmt", "contents"), [(None, None), (Png(), None), (None, Contents()), (Png(), Contents())]
)
def test_without_essence_the_file_digest_serves(fmt: Png | None, contents: Contents | None) -> None:
    identity = identify_bytes(BytesSource(b"a note"), fmt, contents)
    assert identity.essence_digest == identity.file_digest == sha256_digest(b"a note")
    assert identity.essence_length == 6
    assert identity.essence_lead == essence_lead(
        BytesSource(b"a note"), (ByteRange(offset=0, length=6),)
    )


@given(parts=st.lists(st.binary(max_size=90), max_size=6), cuts=st.lists(st.integers(0, 300)))
def test_a_lead_is_the_same_however_the_essence_is_cut(parts: list[bytes], cuts: list[int]) -> None:
    essence = b"".join(parts)
    places = sorted({0, len(essence), *(cut for cut in cuts if cut < len(essence))})
    scattered, runs = b"", []
    for begin, end in pairwise(places):
        scattered += b"beside"
        runs.append(ByteRange(offset=len(scattered), length=end - begin))
        scattered += essence[begin:end]
    whole = (ByteRange(offset=0, length=len(essence)),)
    lead = essence_lead(BytesSource(essence), whole)
    assert essence_lead(BytesSource(scattered), runs) == lead
    assert bool(lead) is bool(essence)
    assert lead in essence


def test_there_is_no_lead_to_nothing() -> None:
    for nothing in ((), (ByteRange(offset=3, length=0),)):
        for begins_last_range in (False, True):
            assert not essence_lead(
                BytesSource(b"12345"), nothing, begins_last_range=begins_last_range
            )


def test_a_picture_whose_data_is_chunked_anew_keeps_its_lead() -> None:
    data = encode(picture(1, width=64, height=64))
    source = BytesSource(data)
    ihdr, *_, last = Png().read(source).essence
    pixels = data[last.offset : last.end]
    anew = (data[: ihdr.end + 4], *(chunk(b"IDAT", part) for part in (b"", pixels[:9], pixels[9:])))
    rechunked = b"".join((*anew, chunk(b"IDAT", b""), chunk(b"IEND", b"")))
    one, other = (
        identify_bytes(it, Png(), Png().read(it)) for it in (source, BytesSource(rechunked))
    )
    assert one.essence_digest == other.essence_digest
    assert one.essence_lead == other.essence_lead
    assert len(one.essence_lead) == LEAD


@pytest.mark.parametrize("fmt", [None, Jpeg()], ids=["unread frames", "JPEG"])
def test_leads_tell_apart_what_begins_alike(fmt: Jpeg | None) -> None:
    begin = b"the header all frames of a render share" * 40
    frames = [begin + bytes([number]) * 5000 for number in range(3)]
    pictures = [jpeg.encode(picture(number)) for number in range(3)]
    sources = [BytesSource(data) for data in (pictures if fmt else frames)]
    leads = {identify_bytes(it, fmt, fmt and fmt.read(it)).essence_lead for it in sources}
    assert len(leads) == 3


def test_the_lead_of_a_jpeg_is_where_its_scan_begins() -> None:
    data = jpeg.encode()
    source = BytesSource(data)
    scan = data.index(b"\xff\xda")
    identity = identify_bytes(source, Jpeg(), Jpeg().read(source))
    assert identity.essence_lead == data[scan : scan + LEAD]
