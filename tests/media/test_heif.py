import struct
from io import BytesIO

import pytest
from PIL import Image

from fixtures.ffmpeg import render
from fixtures.heif import TIFF, Part, box, encode, exif, still, xmp
from provenance.errors import CarrierError, DamagedMediaError
from provenance.media.formats import identify
from provenance.media.heif import AVIF, HEIF
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness
from tests.builders.heif import PACKET, PICTURE, ftyp, iloc, meta

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
CAMERA = [("heif/Exif/IFD0", "Software", "Camera One")]


def read(data):
    return HEIF.read(BytesSource(data))


def texts(data):
    return [(field.place, field.key, field.value) for field in read(data).fields]


def packets(data):
    return [(one.place, one.data) for one in read(data).xmp]


def essence(data):
    contents = read(data)
    return [data[part.offset : part.end] for part in contents.essence]


@pytest.mark.parametrize(
    ("brands", "fmt"),
    [
        ((b"heic", b"mif1"), HEIF),
        ((b"mif1", b"heic"), HEIF),
        ((b"msf1", b"hevc"), HEIF),
        ((b"heim",), HEIF),
        ((b"avif", b"mif1"), AVIF),
        ((b"avis", b"msf1"), AVIF),
        ((b"mif1", b"miaf", b"avif"), AVIF),
    ],
)
def test_brands_tell_the_family_member(brands, fmt):
    for suffix in ("", ".heic", ".avif", ".mp4"):
        assert identify(ftyp(*brands), suffix) is fmt


def test_a_movie_is_no_picture_whatever_its_name():
    assert HEIF.score(ftyp(b"isom"), ".heic") == 0
    assert HEIF.score(b"garbage!", ".heic") == 1
    assert HEIF.score(b"garbage!", ".avif") == 0


@pytest.mark.parametrize("version", [0, 1, 2])
def test_exif_and_xmp_among_the_items_are_read_and_are_no_essence(version):
    data = still(exif(), PICTURE, xmp(PACKET), PICTURE, version=version)
    assert texts(data) == CAMERA
    assert packets(data) == [("heif/mime", PACKET)]
    assert essence(data) == [b"picture", b"picture"]
    assert read(data).problems == ()


def test_items_inside_idat_are_read():
    inside = Part(kind=b"grid", data=b"grid", method=1)
    data = still(inside, xmp(PACKET, method=1), PICTURE)
    assert packets(data) == [("heif/mime", PACKET)]
    assert essence(data) == [b"grid", b"picture"]


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", 0) + TIFF,
        struct.pack(">I", 6) + b"Exif\0\0" + TIFF,
        struct.pack(">I", 99) + b"Exif\0\0" + TIFF,
        TIFF,
    ],
)
def test_exif_is_found_whatever_the_distance_to_it_says(data):
    assert texts(still(Part(kind=b"Exif", data=data), PICTURE)) == CAMERA


def test_boxes_outside_the_items_are_read():
    purpose = bytes(4) + b"manifest\0" + bytes(8)
    front = box(b"uuid", XMP_UUID, PACKET) + box(b"uuid", C2PA_UUID, purpose, b"store")
    front += box(b"uuid", C2PA_UUID, bytes(4) + b"merkle\0") + box(b"uuid", bytes(20))
    data = still(PICTURE, front=front)
    assert packets(data) == [("heif/uuid", PACKET)]
    assert [data[part.offset : part.end] for part in read(data).c2pa] == [b"store"]
    assert read(data).problems == ()


def test_a_trailer_of_samsung_is_read():
    name, value = b"PhotoEditor_Re_Edit_Data", b'{"a":1}'
    block = struct.pack("<HHI", 0, 1, len(name)) + name + value
    directory = b"SEFH" + struct.pack("<IIHHII", 106, 1, 0, 1, len(block), len(block))
    trailer = block + directory + struct.pack("<I", len(directory)) + b"SEFT"
    assert [place for place, _, _ in texts(still(PICTURE) + box(b"sefd", trailer))] == [
        "heif/trailer/SEF"
    ]


@pytest.mark.parametrize(
    "part",
    [
        Part(kind=b"mime", data=PACKET, more=b"application/rdf+xml\0deflate\0"),
        Part(kind=b"Exif", data=PACKET, method=2),
    ],
)
def test_metadata_that_is_compressed_or_put_together_is_a_problem(part):
    contents = read(still(part, PICTURE))
    assert "was not read" in contents.problems[0]
    assert (contents.xmp, contents.fields) == ((), ())


def test_other_mime_items_are_essence():
    other = Part(kind=b"mime", data=b"text", more=b"text/plain\0")
    assert essence(still(other, PICTURE)) == [b"textpicture"]


@pytest.mark.parametrize("kind", ["item", "uuid"])
def test_packets_beyond_the_budget_are_not_read(kind):
    huge = bytes(17 << 20)
    front = box(b"uuid", XMP_UUID, huge) if kind == "uuid" else b""
    contents = read(still(PICTURE, *([xmp(huge)] if kind == "item" else []), front=front))
    assert contents.xmp == ()
    assert "was not read" in contents.problems[0]


WHOLE = still(exif(), PICTURE)
ONE = struct.pack(">HHHHII", 1, 1, 0, 1, 0, 9)
OVERLAP = WHOLE[:-7].replace(struct.pack(">I", len(WHOLE) - 7), struct.pack(">I", len(WHOLE) - 12))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (WHOLE[:-1], "ends inside its mdat"),
        (WHOLE + b"\0\0\0", "do not fill"),
        (WHOLE[: WHOLE.index(b"mdat") - 4], "holds no picture"),
        (ftyp(b"heic"), "holds no picture"),
        (ftyp(b"heic") + box(b"mdat", b"x"), "holds no picture"),
        (still(Part(kind=b"hvc1", data=b"x", reference=1)), "in another file"),
        (ftyp(b"heic") + meta(iloc(ONE)) + box(b"mdat", b"x"), "outside its media data"),
        (OVERLAP + b"picture", "outside its media data"),
        (WHOLE + meta(iloc(ONE[:-1])), "ends inside an entry"),
        (WHOLE + meta(iloc(ONE, sizes=b"\x34\0")), "unknown kind"),
        (WHOLE + meta(iloc(ONE, version=3)), "unknown kind"),
        (WHOLE + meta(iloc(struct.pack(">5H", 1, 1, 1, 0, 0), version=1)), "idat box"),
        (WHOLE + meta(struct.pack(">I4s", 99, b"iinf")), "longer than meta"),
        (WHOLE + meta(box(b"iinf", bytes(6), struct.pack(">I4s", 99, b"infe"))), "longer than"),
        (WHOLE + meta(box(b"iinf")), "meta"),
        (WHOLE + meta(iloc(bytes(9 << 20))), "item locations of"),
        (WHOLE + box(b"free")[:-1], "do not fill"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_truncated(data, problem):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    if problem != "meta":
        assert problem in contents.problems[-1]
    with pytest.raises(DamagedMediaError):
        HEIF.plan_without_c2pa(BytesSource(data))


def test_metadata_behind_the_end_is_no_whole_file():
    part = Part(kind=b"Exif", data=b"x" * 50)
    data = still(PICTURE, part)[:-50].replace(
        struct.pack(">I", 57 + 8) + b"mdat", struct.pack(">I", 15) + b"mdat"
    )
    assert read(data).problems == ("a part of its metadata lies behind the end of the file",)


def test_entries_without_a_type_are_no_metadata():
    entries = box(b"infe", bytes(12)) + box(b"infe", b"\2") + box(b"free")
    data = ftyp(b"heic") + meta(box(b"iinf", b"\1\0\0\0", bytes(4), entries))
    data += box(b"mdat", b"x")
    place = len(data) - 1 + 34
    table = meta(iloc(struct.pack(">HHHHII", 1, 1, 0, 1, place - 34, 1)))
    assert essence(data + table) == [b"x"]
    assert read(data + table).problems == ()


def test_a_file_that_does_not_begin_with_brands_is_damaged():
    for data in (b"", b"ftyp", box(b"meta", bytes(4))):
        with pytest.raises(DamagedMediaError):
            read(data)


def test_a_picture_is_never_written():
    source = BytesSource(WHOLE)
    with pytest.raises(CarrierError):
        HEIF.plan_xmp(source, PACKET)
    assert HEIF.plan_without_c2pa(source) == [ByteRange(offset=0, length=source.size)]


def test_a_picture_s_essence_survives_new_metadata():
    facts = Image.Exif()
    facts[0x0131] = "Camera One"
    plain, told = (
        AVIF.read(BytesSource(data)) for data in (encode(), encode(exif=facts, xmp=PACKET))
    )
    assert [(one.place, one.data) for one in told.xmp] == [("avif/mime", PACKET)]
    assert [one.place for one in told.fields] == ["avif/Exif/IFD0"]
    assert plain.essence_length == told.essence_length
    assert told.problems == ()


def test_a_sequence_s_samples_are_followed_and_its_items_stay_essence():
    frames = BytesIO()
    first, second = Image.new("RGB", (64, 48), "red"), Image.new("RGB", (64, 48), "blue")
    first.save(frames, "AVIF", save_all=True, append_images=[second], xmp=PACKET)
    data = frames.getvalue()
    contents = AVIF.read(BytesSource(data))
    assert contents.completeness is Completeness.WHOLE
    assert [packet.data for packet in contents.xmp] == [PACKET]
    assert len(contents.essence) == 1
    at = data.index(b"stco") + 12
    stray = AVIF.read(BytesSource(data[:at] + bytes(4) + data[at + 4 :]))
    assert stray.completeness is Completeness.TRUNCATED


def test_what_another_encoder_writes_is_whole():
    data = render("-f lavfi -i color=s=64x48 -frames:v 1 -c:v libaom-av1 -cpu-used 8", ".avif")
    assert identify(data[:99], "") is AVIF
    assert AVIF.read(BytesSource(data)).problems == ()


def test_a_signed_picture_of_others_is_whole(corpus):
    data = (corpus / "ai/f127.avif").read_bytes()
    contents = AVIF.read(BytesSource(data))
    assert (contents.completeness, contents.problems) == (Completeness.WHOLE, ())
    (store,) = contents.c2pa
    assert data[store.offset + 4 : store.offset + 8] == b"jumb"
