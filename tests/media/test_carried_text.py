"""Exif in WebP, ID3 in WAV, and what a TIFF says beneath its pages."""

import struct
from io import BytesIO

import pytest
from mutagen.id3 import ID3, TXXX
from PIL import Image

from fixtures.raster import picture
from fixtures.waveform import assemble, chunk, pcm
from provenance.media.interface import MAX_TEXT
from provenance.media.jpeg import Jpeg
from provenance.media.png import Png
from provenance.media.source import BytesSource
from provenance.media.tiff import Tiff
from provenance.media.wav import Wav
from provenance.media.webp import WebP
from provenance.model.metadata import Completeness
from tests.counting_source import CountingSource
from tests.exhaustive import exhaustive
from tests.exif_samples import (
    ASCII,
    EXIF_POINTER,
    LONG,
    MAKE,
    MODEL,
    SOFTWARE,
    UNDEFINED,
    USER_COMMENT,
    dataset,
    directory,
    exif,
    resource,
    text,
)
from tests.media_samples import essence_of, is_sound, with_packet

COMMENT = text(USER_COMMENT, b"UNICODE\0" + "Steps: 20".encode("utf-16-be"), UNDEFINED)
CREDIT = dataset(2, 110, b"Made with Google AI")


def texts(fmt, data):
    contents = fmt.read(BytesSource(data))
    assert is_sound(contents)
    return [(field.place, field.key, field.value) for field in contents.fields]


def webp(block):
    out = BytesIO()
    picture().save(out, "WEBP", exif=block)
    return out.getvalue()


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_webp_tells_what_comfyui_and_a1111_wrote(prefix):
    block = exif(text(MAKE, b'workflow:{"a": 1}'), text(MODEL, b"prompt:{}"), beneath=[COMMENT])
    bare = webp(b"MM\0*")
    at = bare.index(b"EXIF")
    payload = prefix + block
    body = bare[8:at] + chunk(b"EXIF", payload)
    data = b"RIFF" + struct.pack("<I", len(body)) + body
    assert texts(WebP(), data) == [
        ("webp/Exif/IFD0", "Make", 'workflow:{"a": 1}'),
        ("webp/Exif/IFD0", "Model", "prompt:{}"),
        ("webp/Exif/ExifIFD", "UserComment", "Steps: 20"),
    ]
    written = with_packet(WebP(), data, b"<x/>")
    assert texts(WebP(), written) == texts(WebP(), data)


def test_an_exif_chunk_that_is_cut_short_is_a_problem():
    contents = WebP().read(BytesSource(webp(exif(text(MAKE, b"Ideogram AI"))[:-8])))
    assert "ends before Make" in contents.problems[0]


def test_the_webp_sample_says_what_it_is_known_to_say(corpus):
    ((place, key, value),) = texts(WebP(), (corpus / "ai-synthetic/s21.webp").read_bytes())
    assert (place, key) == ("webp/Exif/ExifIFD", "UserComment")
    assert "Steps: 28, Sampler: DPM++" in value


def id3():
    tags = ID3()
    tags.add(TXXX(encoding=3, desc="AIGC", text='{"Label":"1"}'))
    out = BytesIO()
    tags.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", [b"id3 ", b"ID3 "])
def test_wav_tells_what_its_id3_chunk_says(kind):
    data = assemble(*pcm(bytes(100)), chunk(kind, id3()))
    assert texts(Wav(), data) == [("wav/ID3v2", "TXXX:AIGC", '{"Label":"1"}')]
    written = with_packet(Wav(), data, b"<x/>")
    assert texts(Wav(), written) == texts(Wav(), data)


def test_an_id3_chunk_that_is_none_says_nothing_and_one_cut_short_is_a_problem():
    assert texts(Wav(), assemble(*pcm(bytes(100)), chunk(b"id3 ", b"nothing of it"))) == []
    cut = Wav().read(BytesSource(assemble(*pcm(bytes(100)), chunk(b"id3 ", id3()[:40]))))
    assert cut.problems[0] == "the id3  chunk ends before its ID3 tag does"
    assert cut.completeness is Completeness.WHOLE


def tiff(*entries, order="<", behind=b""):
    """Return a picture of four bytes; `behind` stands where the strip ends, at byte 12."""
    pixels = (
        (0x0111, LONG, struct.pack(order + "I", 8)),
        (0x0117, LONG, struct.pack(order + "I", 4)),
    )
    start = 12 + len(behind)
    magic = b"II*\0" if order == "<" else b"MM\0*"
    head = magic + struct.pack(order + "I", start) + b"gray" + behind
    return head + directory(order, start, (*pixels, *entries))


def pointing(*beneath):
    return (EXIF_POINTER, LONG, struct.pack("<I", 12)), directory("<", 12, beneath)


def test_tiff_tells_what_its_exif_directory_says():
    pointer, behind = pointing(COMMENT, text(SOFTWARE, b"Desk"))
    data = tiff(text(MAKE, b"Ab\0"), pointer, behind=behind)
    assert texts(Tiff(), data) == [
        ("tiff/IFD0", "Make", "Ab"),
        ("tiff/Exif/ExifIFD", "UserComment", "Steps: 20"),
        ("tiff/Exif/ExifIFD", "Software", "Desk"),
    ]
    written = with_packet(Tiff(), data, b"<x/>")
    assert sorted(texts(Tiff(), written)) == sorted(texts(Tiff(), data))
    assert essence_of(Tiff(), written) == b"gray"


@pytest.mark.parametrize("fmt", [Jpeg(), Png(), WebP()])
def test_what_pillow_writes_as_exif_is_read(fmt):
    tags = Image.Exif()
    tags[MAKE] = "Ideogram AI"
    tags.get_ifd(EXIF_POINTER)[USER_COMMENT] = b"ASCII\0\0\0a note"
    out = BytesIO()
    picture().save(out, fmt.name, exif=tags)
    assert texts(fmt, out.getvalue()) == [
        (f"{fmt.name}/Exif/IFD0", "Make", "Ideogram AI"),
        (f"{fmt.name}/Exif/ExifIFD", "UserComment", "a note"),
    ]


def turned(data):
    padded = data + bytes(-len(data) % 4)
    return b"".join(padded[at : at + 4][::-1] for at in range(0, len(padded), 4))


@pytest.mark.parametrize(
    "entry",
    [
        (0x83BB, UNDEFINED, CREDIT),
        (0x83BB, LONG, CREDIT + bytes(-len(CREDIT) % 4)),
        (0x83BB, LONG, turned(CREDIT)),
        (0x8649, 1, resource(0x0404, CREDIT)),
    ],
    ids=["bytes", "numbers", "turned", "resources"],
)
def test_tiff_tells_what_its_iim_says(entry):
    assert texts(Tiff(), tiff(entry)) == [("tiff/IIM", "2:110", "Made with Google AI")]


def test_tiff_skips_what_is_no_text():
    entries = [
        text(USER_COMMENT, b"ASCII\0\0\0", UNDEFINED),
        text(0x927C, b"Nikon\0\2\x10", UNDEFINED),
        (0x02BC, 3, bytes(8)),
        (MAKE, 3, bytes(8)),
    ]
    assert texts(Tiff(), tiff(*entries)) == []


def test_a_tiff_cut_before_its_exif_directory_is_a_problem():
    data = tiff((EXIF_POINTER, LONG, struct.pack("<I", 1 << 20)))
    contents = Tiff().read(BytesSource(data))
    assert contents.problems == ("the file or block ends before tiff/Exif/ExifIFD does",)


@exhaustive
def test_many_pages_that_share_one_long_exif_directory_do_not_each_read_it():
    beneath = [text(MAKE, b"Ab\0")] * 30_000
    pages, start = b"", 8 + len(directory("<", 8, beneath))
    for _ in range(100):
        at = start + len(pages)
        entries = [(EXIF_POINTER, LONG, struct.pack("<I", 8)), (0x010D, ASCII, b"")]
        pages += directory("<", at, entries, at + len(directory("<", at, entries)))
    data = b"II*\0" + struct.pack("<I", start) + directory("<", 8, beneath) + pages
    source = CountingSource(data)
    contents = Tiff().read(source)
    assert source.bytes_read < MAX_TEXT
    assert "more Exif directories than are read from one file" in contents.problems
