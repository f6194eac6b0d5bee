import pytest

from fixtures.heif import TIFF, box
from fixtures.jxl import boxed, codestream
from provenance.errors import CarrierError, DamagedMediaError
from provenance.media.formats import identify
from provenance.media.jxl import Jxl
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange, Completeness
from tests.builders.jxl import PACKET, part

JXL = Jxl()
PICTURE = box(b"jxlc", b"picture")


def read(data):
    return JXL.read(BytesSource(data))


def essence(data):
    return [data[part.offset : part.end] for part in read(data).essence]


def test_both_forms_are_known_by_their_first_bytes():
    assert JXL.score(boxed(PICTURE), "") == 4
    assert JXL.score(codestream(), "") == 2
    assert JXL.score(b"RIFF", ".jxl") == 1
    assert JXL.score(b"RIFF", ".png") == 0
    assert identify(codestream(), ".jpg").name == "jxl"


def test_metadata_in_boxes_is_read_and_is_no_essence():
    exif = box(b"Exif", bytes(4), TIFF)
    contents = read(boxed(box(b"xml ", PACKET), exif, PICTURE, box(b"free", b"x")))
    fields = [(field.place, field.key, field.value) for field in contents.fields]
    assert fields == [("jxl/Exif/IFD0", "Software", "Camera One")]
    assert [(one.place, one.data) for one in contents.xmp] == [("jxl/xml", PACKET)]
    assert contents.problems == ()
    assert contents.essence_length == len(b"picture")


def test_a_codestream_in_parts_is_essence_without_their_numbers():
    data = boxed(part(0, b"pic"), part(1, b""), box(b"Exif"), part(0x80000002, b"ture"))
    assert essence(data) == [b"pic", b"ture"]
    assert read(data).completeness is Completeness.WHOLE


def test_of_a_bare_codestream_everything_is_essence():
    assert essence(codestream()) == [codestream()]
    assert read(codestream()).completeness is Completeness.WHOLE


def test_only_a_store_of_c2pa_is_one():
    store = box(b"jumb", box(b"jumd", b"c2pa\0\x11\0\x10", bytes(8)))
    other = box(b"jumb", box(b"jumd", b"json\0\x11\0\x10", bytes(8)))
    data = boxed(other, store, PICTURE)
    assert [data[one.offset : one.end] for one in read(data).c2pa] == [store]


def test_a_workflow_is_a_field_under_its_key():
    contents = read(boxed(box(b"comf", b"prompt\0{}"), PICTURE))
    fields = [(field.place, field.key, field.value) for field in contents.fields]
    assert fields == [("jxl/comf", "prompt", "{}")]


@pytest.mark.parametrize("kind", [b"Exif", b"xml ", b"jumb", b"comf"])
def test_compressed_metadata_is_left_for_a_worker(kind):
    data = boxed(box(b"brob", kind, b"packed"), PICTURE)
    (run,) = read(data).packed
    assert data[run.offset : run.end] == kind + b"packed"


def test_the_kind_of_a_compressed_box_stands_inside_it():
    assert read(boxed(PICTURE, box(b"brob")) + b"Exif").packed == ()


def test_more_compressed_metadata_than_is_followed_is_a_problem():
    contents = read(boxed(box(b"brob", b"Exif") * 5000, PICTURE))
    assert len(contents.packed) < 5000
    assert contents.problems == ("a compressed metadata box of 4 bytes was not read",)


def test_other_compressed_boxes_are_no_problem():
    contents = read(boxed(box(b"brob", b"jbrd"), PICTURE))
    assert (contents.problems, contents.packed) == ((), ())


def test_a_text_beyond_the_budget_is_not_read():
    contents = read(boxed(box(b"xml ", bytes(17 << 20)), PICTURE))
    assert contents.xmp == ()
    assert "was not read" in contents.problems[0]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (boxed(PICTURE)[:-1], "ends inside its jxlc"),
        (boxed(PICTURE) + b"\0\0\0", "do not fill"),
        (boxed(), "the end of its picture"),
        (boxed(part(0, b"pic")), "the end of its picture"),
        (boxed(part(0x80000000, b"")), "the end of its picture"),
        (boxed(PICTURE, b"\0\0\0\2free"), "a box of 2 bytes"),
    ],
)
def test_a_file_that_ends_early_is_truncated(data, problem):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert problem in contents.problems[-1]
    with pytest.raises(DamagedMediaError):
        JXL.plan_without_c2pa(BytesSource(data))


@pytest.mark.parametrize("data", [b"", b"\xff\x0a", b"RIFF", boxed()[:11]])
def test_what_begins_otherwise_is_damaged(data):
    with pytest.raises(DamagedMediaError):
        read(data)


def test_a_picture_is_never_written():
    source = BytesSource(boxed(PICTURE))
    with pytest.raises(CarrierError):
        JXL.plan_xmp(source, PACKET)
    assert JXL.plan_without_c2pa(source) == [ByteRange(offset=0, length=source.size)]
