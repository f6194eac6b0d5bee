"""Files that no format reads: closed when whole, open at every length before."""

import io
import struct
import zipfile

import pytest

from fixtures.ffmpeg import render
from provenance.media.closing import CLOSINGS, is_closed
from provenance.media.source import BytesSource

PICTURE = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=25:duration=0.2")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=0.1:sample_rate=48000")


def closes(data: bytes) -> bool:
    return is_closed(BytesSource(data), data[:8192])


def zipped(comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("shot.txt", b"one two three " * 40)
        archive.comment = comment
    return file.getvalue()


def attribute(name: bytes, kind: bytes, value: bytes) -> bytes:
    return name + b"\0" + kind + b"\0" + struct.pack("<i", len(value)) + value


def exr(flags: int, kinds: list[bytes], chunks: list[bytes], *, names: int = 1) -> bytes:
    """Build an OpenEXR file of these chunks, which say themselves which part they belong to."""
    headers = b"".join(
        attribute(b"name" * names, b"string", b"beauty")
        + attribute(b"type", b"string", kind)
        + b"\0"
        for kind in kinds
    )
    begin = b"\x76\x2f\x31\x01" + struct.pack("<I", 2 | flags) + headers
    begin += b"\0" if flags & 0x1000 else b""
    place = len(begin) + 8 * len(chunks)
    table = b""
    for chunk in chunks:
        table += struct.pack("<Q", place)
        place += len(chunk)
    return begin + table + b"".join(chunks)


def scan_line(y: int) -> bytes:
    return struct.pack("<ii", y, 12) + bytes(range(12))


def tile(x: int) -> bytes:
    return struct.pack("<4ii", x, 0, 0, 0, 12) + bytes(range(12))


def deep_line(y: int) -> bytes:
    return struct.pack("<i3Q", y, 8, 12, 40) + bytes(20)


def in_part(number: int, chunk: bytes) -> bytes:
    return struct.pack("<i", number) + chunk


WHOLE = {
    "mxf": lambda: render((*PICTURE, "-c:v", "mpeg2video"), ".mxf"),
    "mxf-opatom": lambda: render((*TONE, "-c:a", "pcm_s16le", "-f", "mxf_opatom"), ".mxf"),
    "exr": lambda: render((*PICTURE, "-frames:v", "1"), ".exr"),
    "dpx": lambda: render((*PICTURE, "-frames:v", "1"), ".dpx"),
    "aiff": lambda: render(TONE, ".aiff"),
    "zip": zipped,
    "zip-comment": lambda: zipped(b"made by PK\x05\x06 and others"),
    "exr-lines": lambda: exr(0, [b"scanlineimage"], [scan_line(y) for y in range(5)]),
    "exr-tiles": lambda: exr(0x200, [b"tiledimage"], [tile(x) for x in range(5)]),
    "exr-deep": lambda: exr(0x800, [b"deepscanline"], [deep_line(y) for y in range(3)]),
    "exr-parts": lambda: exr(
        0x1000,
        [b"scanlineimage", b"tiledimage"],
        [in_part(0, scan_line(0)), in_part(1, tile(0)), in_part(1, tile(1))],
    ),
}


@pytest.fixture(scope="module", params=sorted(WHOLE))
def whole(request):
    return WHOLE[request.param]()


def test_a_whole_file_is_closed(whole) -> None:
    assert any(closing.begins(whole[:8192]) for closing in CLOSINGS)
    assert closes(whole)


def test_a_file_that_is_still_being_copied_is_not(whole) -> None:
    # From the first bytes on that show what it is; the last few may be padding.
    first = next(n for n in range(16, len(whole)) if any(c.begins(whole[:n]) for c in CLOSINGS))
    lengths = {*range(first, min(len(whole), 3000)), *range(first, len(whole) - 32, 997)}
    assert [length for length in sorted(lengths) if closes(whole[:length])] == []


def test_a_recording_under_way_is_not_closed() -> None:
    recording = bytearray(WHOLE["mxf"]())
    footer = recording.rfind(b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x04")
    cut = bytes(recording[:footer])
    assert not closes(cut)
    assert closes(bytes(recording))


def test_a_footer_that_only_the_random_index_names_is_found() -> None:
    data = bytearray(WHOLE["mxf"]())
    length = data[16]
    assert length == 0x83  # three bytes of length follow
    fields = 16 + 4
    data[fields + 24 : fields + 32] = bytes(8)
    assert closes(bytes(data))
    assert not closes(bytes(data[:-4]) + bytes(4))


def test_a_picture_whose_chunks_are_not_all_placed_is_not_closed() -> None:
    whole = exr(0, [b"scanlineimage"], [scan_line(y) for y in range(5)])
    place = whole.index(struct.pack("<Q", len(whole) - 20))
    missing = whole[:place] + bytes(8) + whole[place + 8 :]
    assert closes(whole)
    assert not closes(missing)


def test_a_picture_of_decreasing_lines_is_closed() -> None:
    whole = exr(0, [b"scanlineimage"], [scan_line(y) for y in range(5)])
    start = len(whole) - 5 * 20 - 5 * 8
    offsets = [whole[start + 8 * n : start + 8 * n + 8] for n in range(5)]
    assert closes(whole[:start] + b"".join(reversed(offsets)) + whole[start + 40 :])


def test_a_length_left_open_does_not_keep_a_file_waiting() -> None:
    whole = WHOLE["dpx"]()
    assert closes(whole[:16] + b"\xff\xff\xff\xff" + whole[20:])


def test_a_sound_file_whose_length_is_not_written_yet_is_open() -> None:
    whole = WHOLE["aiff"]()
    assert not closes(whole[:4] + bytes(4) + whole[8:])


def test_of_an_unknown_kind_only_stillness_speaks() -> None:
    assert closes(b"whatever this is")


@pytest.mark.parametrize(
    "data",
    [
        b"\x76\x2f\x31\x01" + struct.pack("<I", 0x1002) + b"\1\0\1\0\0\0\0\0\0" * 5000,
        b"\x76\x2f\x31\x01" + struct.pack("<I", 2) + attribute(b"a", b"b", b"")[:-4] + b"\xff" * 4,
        b"\x76\x2f\x31\x01" + struct.pack("<I", 2) + b"\0" + struct.pack("<Q", 1 << 63),
        b"PK\x03\x04" + b"PK\x05\x06" * 20000,
        b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\0\xff" + b"\xff" * 200,
    ],
    ids=["parts", "negative", "far", "ends", "length"],
)
def test_what_lies_about_itself_is_open(data) -> None:
    assert not closes(data)
