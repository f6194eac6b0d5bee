"""Files that a hasty look would clear: each says something, or is broken, where few look."""

import json
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from fixtures.bmff import box
from fixtures.declared import GRAPH
from fixtures.jpeg import with_xmp
from fixtures.packets import packet
from fixtures.png import chunk, with_chunks
from fixtures.raster import picture
from fixtures.waveform import chunk as riff_chunk
from provenance.glances.screen import Screen
from tests.glancing import look_at, make_examiner, make_screen

PROMPT = json.dumps(GRAPH).encode()
AI = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
LABEL = b'{"AIGC": {"Label": "1", "ContentProducer": "001191"}}'
SOUND = riff_chunk(b"fmt ", b"\1\0\1\0" + bytes(12)) + riff_chunk(b"data", bytes(64))
XMP_TAIL = bytes((1, *range(255, -1, -1), 0))
VERY_LONG = bytes(600)
FRAME = b"\xff\xfb\x90\x64" + bytes(413)
TABLES = {
    "dinf": box(b"dinf", box(b"dref", bytes(7) + b"\1" + box(b"url ", b"\0\0\0\1"))),
    "stsz": box(b"stsz", struct.pack(">IIII", 0, 0, 1, 900)),
}


@pytest.fixture(scope="module")
def screen() -> Screen:
    return make_screen()


def jpeg(*segments: bytes, tail: bytes = b"") -> bytes:
    out = BytesIO()
    picture().save(out, "JPEG")
    data = out.getvalue()
    return data[:20] + b"".join(segments) + data[20:] + tail


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def exif(*entries: tuple[int, int, bytes], order: str = "<") -> bytes:
    """Return a block whose one directory holds these tags, types and values."""
    at = 8 + 2 + 12 * len(entries) + 4
    body, values = b"", b""
    for tag, kind, value in entries:
        inline = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(f"{order}I", at)
        count = 1 if kind == 4 else len(value)
        body += struct.pack(f"{order}HHI", tag, kind, count) + inline
        if len(value) > 4:
            values += value
            at += len(value)
    head = b"II*\0\x08\0\0\0" if order == "<" else b"MM\0*\0\0\0\x08"
    return head + struct.pack(f"{order}H", len(entries)) + body + bytes(4) + values


def with_exif(*entries: tuple[int, int, bytes]) -> bytes:
    return jpeg(segment(0xE1, b"Exif\0\0" + exif(*entries)))


def resource(kind: int, data: bytes) -> bytes:
    header = struct.pack(">4sHHI", b"8BIM", kind, 0, len(data))
    return header + data + bytes(len(data) % 2)


def dataset(number: int, text: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text


def with_resources(*resources: bytes) -> bytes:
    return jpeg(segment(0xED, b"Photoshop 3.0\0" + b"".join(resources)))


def gif(*extensions: bytes) -> bytes:
    out = BytesIO()
    picture().quantize(16).save(out, "GIF")
    data = out.getvalue()
    at = 13 + (3 << ((data[10] & 7) + 1))
    return data[:at] + b"".join(extensions) + data[at:]


def extension(label: int, *parts: bytes) -> bytes:
    return bytes([0x21, label]) + b"".join(bytes([len(one)]) + one for one in parts) + b"\0"


def wave(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def wide_wave(length: int) -> bytes:
    """Return an RF64 whose 64 bytes of sound are said to be so many."""
    form = struct.pack("<4sIQQQI", b"ds64", 28, 0, length, 16, 0)
    data = b"data" + struct.pack("<I", 0xFFFFFFFF) + bytes(64)
    body = b"WAVE" + form + riff_chunk(b"fmt ", b"\1\0\1\0" + bytes(12)) + data
    whole = bytearray(b"RF64\xff\xff\xff\xff" + body)
    whole[20:28] = struct.pack("<Q", len(body))
    return bytes(whole)


def mp3(*frames: bytes, major: int = 3, audio: bytes = FRAME * 3, tail: bytes = b"") -> bytes:
    body = b"".join(frames) + bytes(16)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([major, 0, 0]) + size + body + audio + tail


def frame(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack(">I", len(data)) + b"\0\0" + data


def v1(title: bytes) -> bytes:
    return b"TAG" + title.ljust(30, b"\0") + bytes(95)


def flac(*comments: bytes, vendor: bytes = b"x", tail: bytes = VERY_LONG) -> bytes:
    listed = b"".join(struct.pack("<I", len(one)) + one for one in comments)
    block = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(comments)) + listed
    header = b"\x84" + len(block).to_bytes(3, "big")
    return b"fLaC\0\0\0\x22" + bytes(34) + header + block + b"\xff\xf8" + tail


def entry(coding: bytes = b"avc1", *, name: bytes = b"", more: bytes = b"") -> bytes:
    payload = bytes(42) + (bytes([len(name)]) + name).ljust(32, b"\0") + bytes(4)
    return box(b"stsd", bytes(8) + box(coding, payload + more))


def track(*tables: bytes, before: bytes = b"", offset: int = 40) -> bytes:
    chunks = box(b"stco", struct.pack(">III", 0, 1, offset))
    stbl = box(b"stbl", b"".join(tables) + TABLES["stsz"] + chunks)
    return box(b"trak", before + box(b"mdia", box(b"minf", TABLES["dinf"] + stbl)))


def sei(text: bytes, uuid: str = "91ca60614aee385486142d5f73f4ae2e") -> bytes:
    message = bytes.fromhex(uuid) + text
    unit = b"\6\5" + bytes([len(message)]) + message
    return struct.pack(">I", len(unit)) + unit


def movie(*boxes: bytes, media: bytes = VERY_LONG * 2, brand: bytes = b"isom") -> bytes:
    """Return a movie whose media data begins at byte 32."""
    ftyp = box(b"ftyp", brand + bytes(4) + brand + bytes(4))
    return ftyp + box(b"mdat", media) + box(b"moov", b"".join(boxes))


def tiff(*entries: tuple[int, int, bytes]) -> bytes:
    """Return a TIFF with one strip of 64 bytes behind its directory."""
    length = len(exif(*entries, (0x0111, 4, bytes(4)), (0x0117, 4, bytes(4))))
    strip = ((0x0111, 4, struct.pack("<I", length)), (0x0117, 4, struct.pack("<I", 64)))
    return exif(*sorted((*entries, *strip))) + bytes(64)


def item(mean: bytes, name: bytes, data: bytes) -> bytes:
    named = box(b"mean", bytes(4) + mean) + box(b"name", bytes(4) + name)
    return box(b"----", named + box(b"data", b"\0\0\0\1" + bytes(4) + data))


def meta(*items: bytes) -> bytes:
    return box(b"meta", bytes(4) + box(b"hdlr", bytes(25)) + box(b"ilst", b"".join(items)))


def _with_long_scan() -> bytes:
    data = bytearray(jpeg())
    at = data.index(b"\xff\xda")
    data[at + 2 : at + 4] = b"\xff\xff"
    return bytes(data)


def _looping() -> bytes:
    data = bytearray(tiff())
    end = 8 + 2 + 24
    data[end : end + 4] = struct.pack("<I", 8)
    return bytes(data)


PLAIN: dict[str, Callable[[], bytes]] = {
    "a picture": jpeg,
    "a picture of a camera": lambda: with_exif((0x010F, 2, b"Maker\0"), (0x9286, 7, bytes(40))),
    "a comment": lambda: jpeg(segment(0xFE, b"take 2")),
    "a packet with what nobody looks at": lambda: with_xmp(packet(attributes='xmp:Rating="4"')),
    "a packet whose creator is told": lambda: with_xmp(
        packet("<xmp:CreatorTool>Grading desk 4</xmp:CreatorTool>")
    ),
    "a packet with a reference": lambda: with_xmp(packet("<dc:source>M&amp;E</dc:source>")),
    "a picture of a news desk": lambda: with_resources(
        resource(0x0404, dataset(120, b"Harbour") + dataset(110, b"Unit B")),
        resource(0x0422, exif((0x010F, 2, b"Maker\0"))),
        resource(0x0424, packet(attributes='xmp:Rating="4"')),
        resource(0x03ED, bytes(15)),
    ),
    "a picture with profiles": lambda: jpeg(segment(0xEC, b"Ducky"), segment(0xED, b"Adobe_CM")),
    "an animation": lambda: gif(extension(0xFF, b"NETSCAPE2.0", b"\1\0\0")),
    "an animation with a comment": lambda: gif(extension(0xFE, b"take 2", b"of 9")),
    "an animation with a packet": lambda: gif(
        b"\x21\xff\x0bXMP DataXMP" + packet(attributes='xmp:Rating="4"') + XMP_TAIL
    ),
    "a page of a news desk": lambda: tiff(
        (0x8649, 7, resource(0x0404, dataset(120, b"Harbour"))), (0x83BB, 7, dataset(5, b"Dusk"))
    ),
    "a chunk of text": lambda: with_chunks(chunk(b"tEXt", b"Title\0Harbour")),
    "a chunk of Unicode text": lambda: with_chunks(chunk(b"iTXt", b"Title\0\0\0de\0T\0Hafen")),
    "a wave": lambda: wave(SOUND),
    "a wide wave": lambda: wide_wave(64),
    "a wave with names": lambda: wave(
        SOUND, riff_chunk(b"LIST", b"INFO" + riff_chunk(b"IART", b"B"))
    ),
    "a song": lambda: mp3(frame(b"TIT2", b"\0Harbour")),
    "a song with two kinds of tags": lambda: mp3(frame(b"TIT2", b"\0A"), tail=v1(b"Harbour")),
    "a lossless song": lambda: flac(b"TITLE=Harbour"),
    "a movie": lambda: movie(track(entry())),
    "a movie with a title": lambda: movie(
        track(entry()), box(b"udta", meta(item(b"a", b"b", b"c")))
    ),
    "a movie with a message": lambda: movie(track(entry()), media=bytes(8) + sei(b"abc") * 9),
    "a movie of a camera": lambda: movie(track(entry())) + box(b"uuid", b"PROF" + bytes(40)),
    "a page": lambda: tiff((0x0131, 2, b"Scanner 3\0")),
    "a page with a packet": lambda: tiff((0x02BC, 7, packet(attributes='xmp:Rating="4"'))),
}
TRAPS: dict[str, Callable[[], bytes]] = {
    "a scan header that leaves the file": _with_long_scan,
    "a label in an application segment": lambda: jpeg(segment(0xE5, b"AIGC" + LABEL)),
    "a label in a profile": lambda: jpeg(segment(0xE2, LABEL)),
    "a second Exif block": lambda: jpeg(
        segment(0xE1, b"Exif\0\0" + exif((0x010F, 2, b"Maker\0"))),
        segment(0xE1, b"Exif\0\0" + exif((0x9286, 7, b"ASCII\0\0\0" + PROMPT))),
    ),
    "a tag that stands there twice": lambda: with_exif(
        (0x010E, 2, b"Harbour\0"), (0x010E, 2, PROMPT)
    ),
    "a comment with an invented code": lambda: with_exif((0x9286, 7, b'{"a":1} ')),
    "a comment in UTF-16": lambda: with_exif(
        (0x9286, 7, b"UNICODE\0" + PROMPT.decode().encode("utf-16-le"))
    ),
    "a wide comment": lambda: with_exif((0x9C9C, 1, PROMPT.decode().encode("utf-16-le"))),
    "a text where a number belongs": lambda: with_exif((0x0100, 2, PROMPT)),
    "text that lies behind the block": lambda: jpeg(
        segment(0xE1, b"Exif\0\0" + exif((0x010F, 2, b"Long enough\0"))[:-4])
    ),
    "a credit": lambda: with_resources(resource(0x0404, dataset(110, b"Made with Google AI"))),
    "a packet among resources": lambda: with_resources(resource(0x0424, _declaring())),
    "a prompt among resources": lambda: with_resources(
        resource(0x0422, exif((0x9286, 7, b"ASCII\0\0\0" + PROMPT)))
    ),
    "resources in two segments": lambda: jpeg(
        segment(0xED, b"Photoshop 3.0\0" + resource(0x0404, dataset(120, b"Harbour"))),
        segment(0xED, b"Photoshop 3.0\0" + resource(0x0424, _declaring())),
    ),
    "resources that end inside one": lambda: with_resources(resource(0x0404, bytes(10))[:-4]),
    "a dataset that ends early": lambda: with_resources(
        resource(0x0404, dataset(120, b"Harbour")[:-2])
    ),
    "a prompt in an animation": lambda: gif(
        extension(0xFE, *(PROMPT[at : at + 200] for at in range(0, len(PROMPT), 200)))
    ),
    "a packet in an animation": lambda: gif(b"\x21\xff\x0bXMP DataXMP" + _declaring() + XMP_TAIL),
    "an animation that ends early": lambda: gif()[:-1],
    "a credit on a page": lambda: tiff((0x83BB, 7, dataset(110, b"Made with Google AI"))),
    "a packet in a chunk of plain text": lambda: with_chunks(
        chunk(b"tEXt", b"XML:com.adobe.xmp\0" + _declaring())
    ),
    "a packet with a language": lambda: with_chunks(
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0en\0\0" + _declaring())
    ),
    "a compressed text": lambda: with_chunks(
        chunk(b"iTXt", b"prompt\0\1\0\0\0" + zlib.compress(PROMPT))
    ),
    "a text behind the pixels": lambda: _behind_pixels(chunk(b"tEXt", b"prompt\0" + PROMPT)),
    "bytes behind the end": lambda: with_chunks() + b"\0",
    "frames without a beginning": lambda: with_chunks(chunk(b"fdAT", bytes(9))),
    "padding that is none": lambda: wave(SOUND, _odd(b"LIST", b"INFO"), SOUND),
    "sound of nearly no end": lambda: wide_wave(2**64 - 1),
    "sound that ends later": lambda: wide_wave(66),
    "a text in a list": lambda: wave(
        SOUND, riff_chunk(b"LIST", b"INFO" + riff_chunk(b"ICMT", PROMPT))
    ),
    "a wave without sound": lambda: wave(riff_chunk(b"fmt ", bytes(16)), riff_chunk(b"data", b"")),
    "a second tag of ID3v1": lambda: mp3(
        frame(b"TIT2", b"\0A"), tail=v1(b"AI says NovelAI") + v1(b"Harbour")
    ),
    "a tag of APE before one of ID3v1": lambda: mp3(
        frame(b"TIT2", b"\0A"), tail=_ape() + v1(b"Harbour")
    ),
    "a text in UTF-16 without mark": lambda: mp3(
        frame(b"TXXX", b"\1" + "prompt\0{}".encode("utf-16-le"))
    ),
    "a size of eight bits": lambda: mp3(frame(b"TIT2", b"\0" + b"A" * 300), major=4),
    "a stream that is shorter than it says": lambda: mp3(
        frame(b"TIT2", b"\0A"), audio=_promising(5000) + FRAME
    ),
    "a stream that says so behind zeros": lambda: mp3(
        frame(b"TIT2", b"\0A"), bytes(7600), audio=_promising(1 << 20) + FRAME
    ),
    "a song without sound": lambda: mp3(
        frame(b"TIT2", b"\0A"), audio=b"\xff\xfb\x04", tail=v1(b"")
    ),
    "a comment under a key in capitals": lambda: flac(b"PROMPT=" + PROMPT),
    "a tag behind the frames": lambda: flac(b"TITLE=A", tail=VERY_LONG + v1(b"NovelAI")),
    "a second movie": lambda: movie(track(entry())) + box(b"moov", track(entry())),
    "an entry without a size": lambda: movie(
        track(_open_entry()), media=bytes(8) + sei(b"kling-ai")
    ),
    "a second table": lambda: movie(
        box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", b"") + _tables()))),
        media=bytes(8) + sei(b"kling-ai"),
    ),
    "a message of an encoder": lambda: movie(track(entry()), media=bytes(8) + sei(b"kling-ai")),
    "the name of an encoder": lambda: movie(track(entry(name=b"h264_slapi"))),
    "samples outside": lambda: movie(track(entry(), offset=4)),
    "data in another file": lambda: movie(track(entry()).replace(b"url \0\0\0\1", b"url \0\0\0\0")),
    "a name behind the value": lambda: movie(
        track(entry()), box(b"udta", meta(item(b"com.apple.iTunes", b"prompt", PROMPT)))
    ),
    "an invented box": lambda: movie(track(entry()), box(b"udta", box(b"abcd", PROMPT))),
    "a text of a track": lambda: movie(
        track(entry(), before=box(b"udta", box(b"\xa9cmt", b"\0\x18\0\0" + PROMPT)))
    ),
    "a store behind the movie": lambda: (
        movie(track(entry()))
        + box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + bytes(4) + b"manifest")
    ),
    "a packet behind the movie": lambda: (
        movie(track(entry()))
        + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + _declaring())
    ),
    "a box too short for its name": lambda: movie(track(entry())) + box(b"uuid", bytes(9)),
    "an empty media box": lambda: movie(track(entry())) + box(b"mdat", b""),
    "pages that loop": _looping,
    "strips behind the end": lambda: tiff()[:-1],
    "a text of a page": lambda: tiff((0x010E, 2, PROMPT)),
}


PRUDENT = frozenset(
    {"a comment with an invented code", "bytes behind the end", "frames without a beginning"}
    | {"padding that is none", "a second tag of ID3v1", "a tag of APE before one of ID3v1"}
    | {"a text in UTF-16 without mark", "a tag behind the frames", "a second movie"}
    | {"a store behind the movie", "a box too short for its name"}
    | {"a second table", "an invented box", "a text of a track", "an empty media box"}
)
"""Those on which a full reading is silent as it is, but not with other words or numbers."""


def _declaring() -> bytes:
    return packet(f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{AI.decode()}"/>')


def _behind_pixels(addition: bytes) -> bytes:
    data = with_chunks()
    return data[:-12] + addition + data[-12:]


def _odd(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload) + 1) + payload + b"\0" + b"L"


def _ape() -> bytes:
    value = b"NovelAI"
    items = struct.pack("<II", len(value), 0) + b"Title\0" + value
    return items + b"APETAGEX" + struct.pack("<IIII", 2000, len(items) + 32, 1, 0) + bytes(8)


def _promising(length: int) -> bytes:
    xing = b"Xing" + struct.pack(">III", 3, 10, length)
    return FRAME[:36] + xing + FRAME[36 + len(xing) :]


def _open_entry() -> bytes:
    data = bytearray(entry())
    data[16:20] = bytes(4)
    return bytes(data)


def _tables() -> bytes:
    return track(entry())[8 + 8 + 8 :]


@pytest.mark.parametrize("made", PLAIN.values(), ids=PLAIN)
def test_a_plain_file_is_cleared(made: Callable[[], bytes], screen: Screen) -> None:
    assert look_at(made(), screen) is not None


@pytest.mark.parametrize("made", TRAPS.values(), ids=TRAPS)
def test_a_file_that_few_would_look_through_is_not_cleared(
    made: Callable[[], bytes], screen: Screen
) -> None:
    assert look_at(made(), screen) is None


@pytest.mark.parametrize("name", sorted(TRAPS.keys() - PRUDENT))
def test_such_a_file_is_one_that_a_full_reading_has_a_word_on(name: str, tmp_path: Path) -> None:
    path = tmp_path / "sample"
    path.write_bytes(TRAPS[name]())
    with make_examiner().examine(path) as examined:
        assert examined.problems or examined.signals


def test_the_pixels_of_the_samples_are_real() -> None:
    with Image.open(BytesIO(jpeg(segment(0xFE, b"take 2")))) as image:
        assert image.size == picture().size
