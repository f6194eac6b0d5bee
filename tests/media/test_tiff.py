"""TIFF and BigTIFF: what is read, what is written, and what broken files may do."""

import io
import struct
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from provenance.errors import CarrierError, DamagedMediaError, MediaError
from provenance.media._ifd import MAX_DIRECTORIES
from provenance.media.essence import digest_ranges
from provenance.media.interface import MAX_STEPS, MAX_TEXT
from provenance.media.source import BytesSource
from provenance.media.tiff import Tiff
from provenance.model.metadata import ByteRange, Completeness
from tests.exhaustive import exhaustive

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
PACKET = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/">' + b" " * 300 + b"</>"
STORE = b"\0\0\1\0jumb" + bytes(range(248))
FORMAT = Tiff()
BYTE, ASCII, SHORT, LONG, UNDEFINED, LONG8 = 1, 2, 3, 4, 7, 16
CODES = {SHORT: "H", LONG: "I", LONG8: "Q"}


def executed(data, plan):
    return b"".join(
        data[part.offset : part.end] if isinstance(part, ByteRange) else part for part in plan
    )


def with_xmp(data, packet=PACKET):
    return executed(data, FORMAT.plan_xmp(BytesSource(data), packet))


def without_c2pa(data):
    return executed(data, FORMAT.plan_without_c2pa(BytesSource(data)))


def read(data):
    return FORMAT.read(BytesSource(data))


def decoding_map(data):
    return FORMAT.decoding_map(BytesSource(data))


def packets(data):
    return [packet.data for packet in read(data).xmp]


def essence(data):
    return b"".join(data[part.offset : part.end] for part in read(data).essence)


def stores(data):
    return [data[part.offset : part.end] for part in read(data).c2pa]


class Writer:
    """A TIFF made by hand: what no library would write."""

    def __init__(self, order="<", *, big=False):
        self.order, self.big = order, big
        self.data = bytearray({"<": b"II", ">": b"MM"}[order])
        self.data += self.pack("HHH", 43, 8, 0) if big else self.pack("H", 42)
        self.pointer_at = len(self.data)
        self.data += bytes(8 if big else 4)

    def pack(self, codes, *values):
        return struct.pack(self.order + codes, *values)

    def put(self, data):
        """Append bytes and return where they stand."""
        self.data += bytes(len(self.data) % 2)
        at = len(self.data)
        self.data += data
        return at

    def point(self, at, offset):
        pointer = self.pack("Q" if self.big else "I", offset)
        self.data[at : at + len(pointer)] = pointer

    def entry(self, tag, kind, value):
        """Return the entry for a value, its bytes put in place if they are many."""
        if isinstance(value, bytes):
            data, count = value, len(value)
        else:
            data, count = self.pack(f"{len(value)}{CODES[kind]}", *value), len(value)
        width = 8 if self.big else 4
        inline = data.ljust(width, b"\0")
        if len(data) > width:
            inline = self.pack("Q" if self.big else "I", self.put(data))
        return self.pack("HHQ" if self.big else "HHI", tag, kind, count) + inline

    def directory(self, *entries, chained=True):
        """Append a directory of (tag, kind, value) and return where it stands."""
        raw = [self.entry(*entry) for entry in entries]
        at = self.put(self.pack("Q" if self.big else "H", len(raw)) + b"".join(raw))
        following = self.put(bytes(8 if self.big else 4))
        if chained:
            self.point(self.pointer_at, at)
            self.pointer_at = following
        return at

    def picture(self, pixels=b"12345678", *, more=(), chained=True):
        """Append a grey picture of one row and its directory."""
        strip = self.put(pixels)
        entries = [
            (0x0100, LONG, [len(pixels)]),
            (0x0101, LONG, [1]),
            (0x0102, SHORT, [8]),
            (0x0103, SHORT, [1]),
            (0x0106, SHORT, [1]),
            (0x0111, LONG, [strip]),
            (0x0116, LONG, [1]),
            (0x0117, LONG, [len(pixels)]),
        ]
        return self.directory(*sorted([*entries, *more]), chained=chained)


def one_picture(*more, order="<", big=False):
    writer = Writer(order, big=big)
    writer.picture(more=more)
    return bytes(writer.data)


def noise(size=(60, 40)):
    return Image.effect_noise(size, 60)


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, "TIFF", **options)
    return out.getvalue()


def sixteen_bits():
    ramp = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) * 21
    return Image.fromarray(ramp)


def samples():
    pages = [noise(), noise((30, 20)), noise((10, 10))]
    colour = Image.merge("RGB", [noise(), noise(), noise()])
    return {
        "grey": saved(noise()),
        "colour-lzw": saved(colour, compression="tiff_lzw", software="Maker 1.0"),
        "jpeg": saved(colour, compression="jpeg"),
        "palette": saved(noise().convert("P"), compression="packbits"),
        "16-bit": saved(sixteen_bits(), compression="tiff_adobe_deflate"),
        "bigtiff": saved(colour, big_tiff=True),
        "pages": saved(pages[0], save_all=True, append_images=pages[1:]),
        "big-endian": one_picture(order=">"),
        "big-endian-bigtiff": one_picture(order=">", big=True),
        "foreign-xmp": saved(noise(), tiffinfo={700: b"<foreign/>" * 20}),
    }


SAMPLES = samples()
each_sample = pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES.keys())


def pixels(data):
    with Image.open(io.BytesIO(data)) as image:
        return [(page.mode, page.size, page.tobytes()) for page in ImageSequence.Iterator(image)]


def is_big(data):
    return data[2:4] in {b"+\0", b"\0+"}


def pillow_reads(data):
    """Pillow 13 takes a big-endian BigTIFF for a classic TIFF."""
    return not data.startswith(b"MM\0+")


def ffmpeg_pixels(path):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
    # The ffmpeg that the test dependency brings along, with arguments of ours.
    return subprocess.run(
        [*command, "-f", "framemd5", "-"], check=True, capture_output=True, timeout=60
    ).stdout


@each_sample
def test_a_written_packet_reads_back(data):
    written = with_xmp(data)
    assert packets(written) == [PACKET]
    assert read(written).xmp[0].place == FORMAT.xmp_place
    assert FORMAT.exact_essence(BytesSource(data), read(data)) == read(data).essence
    assert read(written).completeness is Completeness.WHOLE
    assert read(written).problems == ()


@pytest.mark.parametrize("name", ["grey", "bigtiff"])
@given(packet=st.binary(max_size=300), other=st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_packet_reads_back_and_leaves_when_it_is_removed(name, packet, other):
    data = SAMPLES[name]
    written = with_xmp(data, packet)
    assert packets(written) == [packet]
    assert with_xmp(with_xmp(data, other), packet) == written
    assert with_xmp(written, None) == data


@each_sample
def test_writing_twice_equals_writing_once(data):
    once = with_xmp(data)
    assert with_xmp(once) == once
    assert with_xmp(with_xmp(data, b"<another/>" * 90)) == once


@each_sample
def test_writing_and_removing_for_ever_does_not_grow_the_file(data):
    first = with_xmp(with_xmp(data), None)
    again = first
    for _ in range(5):
        again = with_xmp(with_xmp(again), None)
    assert again == first
    assert packets(again) == []


@each_sample
def test_removing_what_is_not_there_changes_nothing(data):
    bare = with_xmp(data, None)
    assert packets(bare) == []
    assert with_xmp(bare, None) == bare
    assert without_c2pa(data) == data


def test_removing_our_packet_gives_back_the_bytes_from_before():
    for name, data in SAMPLES.items():
        assert (with_xmp(with_xmp(data), None) == data) == (name != "foreign-xmp")


@each_sample
def test_essence_and_decoding_stay_the_same(data):
    written = with_xmp(data)
    assert essence(written) == essence(data) != b""
    assert decoding_map(written) == decoding_map(data)


@each_sample
def test_all_bytes_but_the_first_pointer_keep_their_place(data):
    written = with_xmp(data)
    start = 16 if is_big(data) else 8
    assert written[start : len(data)] == data[start:]
    assert written[:4] == data[:4]


@each_sample
def test_pillow_and_ffmpeg_decode_the_same_pixels(data, tmp_path):
    before, after = tmp_path / "before.tif", tmp_path / "after.tif"
    before.write_bytes(data)
    after.write_bytes(with_xmp(data))
    if pillow_reads(data):
        assert pixels(after.read_bytes()) == pixels(data)
    if not is_big(data):  # ffmpeg reads no BigTIFF
        assert ffmpeg_pixels(after) == ffmpeg_pixels(before)


def test_pillow_finds_the_packet():
    for data in filter(pillow_reads, SAMPLES.values()):
        with Image.open(io.BytesIO(with_xmp(data))) as image:
            assert image.tag_v2[700] == PACKET


def test_a_packet_of_any_byte_type_and_page_is_read():
    writer = Writer()
    writer.picture(more=[(700, BYTE, b"<first/>")])
    writer.picture(more=[(700, UNDEFINED, b"<second/>")])
    found = read(bytes(writer.data)).xmp
    assert [(one.place, one.data) for one in found] == [
        ("tiff/IFD0", b"<first/>"),
        ("tiff/IFD1", b"<second/>"),
    ]


def test_a_packet_of_numbers_is_no_packet():
    assert packets(one_picture((700, LONG, [1, 2, 3]))) == []


def test_the_packet_is_inserted_in_tag_order():
    data = one_picture((0x8298, ASCII, b"somebody\0"))
    written = with_xmp(data)
    at = struct.unpack("<I", written[4:8])[0]
    count = struct.unpack("<H", written[at : at + 2])[0]
    tags = [struct.unpack_from("<H", written, at + 2 + 12 * i)[0] for i in range(count)]
    assert tags == sorted(tags)
    assert len(tags) == 10


def test_texts_of_every_page_are_fields():
    writer = Writer()
    texts = {
        0x010D: "DocumentName",
        0x010E: "ImageDescription",
        0x010F: "Make",
        0x0110: "Model",
        0x0131: "Software",
        0x013B: "Artist",
        0x013C: "HostComputer",
        0x8298: "Copyright",
    }
    writer.picture(
        more=[(tag, ASCII, name.encode() + b" \xc3\xa9\0") for tag, name in texts.items()]
    )
    writer.picture(more=[(0x0131, ASCII, b"me\0")])
    fields = read(bytes(writer.data)).fields
    assert {(one.place, one.key, one.value) for one in fields} == {
        *(("tiff/IFD0", name, f"{name} é") for name in texts.values()),
        ("tiff/IFD1", "Software", "me"),
    }


def test_texts_beneath_a_page_are_no_fields():
    writer = Writer()
    below = writer.picture(more=[(0x0131, ASCII, b"camera\0")], chained=False)
    writer.picture(more=[(0x014A, LONG, [below])])
    assert read(bytes(writer.data)).fields == ()


def test_more_text_than_the_budget_is_a_problem():
    long = b"x" * (MAX_TEXT // 2 + 1)
    contents = read(one_picture((0x010E, ASCII, long), (700, BYTE, long)))
    assert len(contents.fields) == 1
    assert contents.xmp == ()
    assert "was not read" in contents.problems[0]


def test_tiles_and_sub_directories_and_old_thumbnails_are_essence():
    writer = Writer()
    first, second = writer.put(b"tile one"), writer.put(b"and two")
    beneath = writer.picture(b"beneath!", chained=False)
    thumbnail = writer.put(b"\xff\xd8 thumbnail")
    writer.directory(
        (0x0100, LONG, [4]),
        (0x0144, LONG, [second, first]),
        (0x0145, SHORT, [7, 8]),
        (0x014A, LONG, [beneath, 0]),
        (0x0201, LONG, [thumbnail]),
        (0x0202, LONG, [12]),
    )
    data = bytes(writer.data)
    assert essence(data) == b"and twotile one\xff\xd8 thumbnailbeneath!"
    assert essence(with_xmp(data)) == essence(data)


def test_wide_offsets_are_followed():
    writer = Writer(big=True)
    strips = [writer.put(b"one"), writer.put(b"two")]
    writer.directory((0x0111, LONG8, strips), (0x0117, LONG8, [3, 3]))
    assert essence(bytes(writer.data)) == b"onetwo"


def test_sparse_strips_are_no_essence():
    writer = Writer()
    writer.directory((0x0111, LONG, [0, 0]), (0x0117, LONG, [0, 0]))
    contents = read(bytes(writer.data))
    assert contents.essence == ()
    assert contents.problems == ()


@pytest.mark.parametrize("lengths", [[(0x0117, LONG, [3])], [], [(0x0117, ASCII, b"3 3\0")]])
def test_strips_without_lengths_are_a_problem(lengths):
    writer = Writer()
    at = writer.put(b"123456")
    writer.directory((0x0111, LONG, [at, at + 3]), *lengths)
    assert "lengths" in read(bytes(writer.data)).problems[0]


def test_the_decoding_map_knows_how_the_pixels_are_cut_and_read():
    first = one_picture()
    orientation = one_picture((0x0112, SHORT, [6]))
    inverted = first.replace(
        struct.pack("<HHIH", 0x0106, SHORT, 1, 1), struct.pack("<HHIH", 0x0106, SHORT, 1, 0)
    )
    maps = {decoding_map(first), decoding_map(orientation), decoding_map(inverted)}
    assert len(maps) == 3
    assert decoding_map(one_picture((0x0131, ASCII, b"another writer\0"))) == decoding_map(first)


def test_strips_cut_otherwise_have_another_decoding_map():
    def cut(lengths):
        writer = Writer()
        at = writer.put(b"123456")
        writer.directory((0x0111, LONG, [at, at + lengths[0]]), (0x0117, LONG, lengths))
        return bytes(writer.data)

    assert essence(cut([2, 4])) == essence(cut([4, 2]))
    assert decoding_map(cut([2, 4])) != decoding_map(cut([4, 2]))


def test_a_colour_map_of_megabytes_is_damaged():
    data = one_picture((0x0140, SHORT, [0] * (1 << 20)))
    with pytest.raises(DamagedMediaError, match="too long"):
        decoding_map(data)


@pytest.mark.parametrize("big", [False, True])
def test_a_credential_of_the_first_page_is_found_and_removed(big):
    data = one_picture((0xCD41, UNDEFINED, STORE), big=big)
    assert stores(data) == [STORE]
    removed = without_c2pa(data)
    assert stores(removed) == []
    assert essence(removed) == essence(data)
    assert read(removed).completeness is Completeness.WHOLE


def test_a_credential_at_the_end_of_the_file_is_cut_off():
    writer = Writer()
    writer.put(b"unsigned")
    strip = writer.put(b"pixels!!")
    at = writer.directory(
        (0x0111, LONG, [strip]), (0x0117, LONG, [8]), (0xCD41, UNDEFINED, bytes(8))
    )
    store = writer.put(STORE)
    writer.data[at + 2 + 2 * 12 + 4 : at + 2 + 3 * 12] = struct.pack("<II", len(STORE), store)
    data = bytes(writer.data)
    assert stores(data) == [STORE]
    removed = without_c2pa(data)
    assert b"jumb" not in removed
    assert len(removed) < len(data) - len(STORE)
    assert essence(removed) == b"pixels!!"


def test_a_credential_in_the_middle_is_no_longer_pointed_at():
    writer = Writer()
    writer.picture(more=[(0xCD41, UNDEFINED, STORE)])
    writer.picture(b"the second page")
    data = bytes(writer.data)
    removed = without_c2pa(data)
    assert stores(removed) == []
    assert removed[8 : len(data)] == data[8:]
    assert essence(removed) == b"12345678the second page"


def test_a_page_that_is_nothing_but_a_credential_leaves_the_chain():
    data = SAMPLES["pages"]
    signed = signed_at_the_end(data)
    assert stores(signed) == [STORE]
    assert decoding_map(signed) != decoding_map(data)
    assert without_c2pa(signed) == data


def test_packet_and_credential_come_off_again_in_turn():
    data = SAMPLES["pages"]
    signed = signed_at_the_end(with_xmp(data))
    assert essence(signed) == essence(data)
    assert with_xmp(without_c2pa(signed), None) == data
    assert with_xmp(signed)[16 : len(signed)] == signed[16:]
    assert stores(with_xmp(signed)) == [STORE]


def signed_at_the_end(data):
    """Append a page with a C2PA store, as c2pa-rs does to a file of several pages."""
    at = len(data) + len(data) % 8
    page = struct.pack("<HHHIII", 1, 0xCD41, UNDEFINED, len(STORE), at + 18, 0)
    body = data + bytes(at - len(data)) + page + STORE
    *_, last = directories(data)
    return body[:last] + struct.pack("<I", at) + body[last + 4 :]


def directories(data):
    """Yield where the pointer to the next directory stands, for each of a classic TIFF."""
    at = 4
    while offset := struct.unpack_from("<I", data, at)[0]:
        at = offset + 2 + 12 * struct.unpack_from("<H", data, offset)[0]
        yield at


def test_a_packet_behind_which_somebody_wrote_stays_as_dead_bytes():
    written = with_xmp(SAMPLES["grey"])
    longer = written + b"somebody else's bytes"
    again = with_xmp(longer, b"<new/>")
    assert again[8 : len(longer)] == longer[8:]
    assert packets(again) == [b"<new/>"]


def test_an_entry_changed_in_place_after_us_is_kept():
    data = one_picture((0x0112, SHORT, [1]))
    written = bytearray(with_xmp(data))
    at = written.rindex(struct.pack("<HHI", 0x0112, SHORT, 1)) + 8
    written[at] = 6
    removed = with_xmp(bytes(written), None)
    assert packets(removed) == []
    with Image.open(io.BytesIO(removed)) as image:
        assert image.tag_v2[0x0112] == 6
    assert with_xmp(with_xmp(removed), None) == removed


def our_record(written):
    return written.rindex(b"PROVIFD\0")


@pytest.mark.parametrize("pointer", [0, 4, 20, 0xFFFFFF])
def test_a_forged_pointer_to_the_directory_before_is_not_believed(pointer):
    written = bytearray(with_xmp(SAMPLES["grey"]))
    struct.pack_into("<Q", written, our_record(written) + 16, pointer)
    removed = with_xmp(bytes(written), None)
    assert packets(removed) == []
    assert pixels(removed) == pixels(SAMPLES["grey"])


@pytest.mark.parametrize("before", [0, 8, 1000, 1 << 60])
def test_a_forged_length_from_before_costs_no_pixels(before):
    written = bytearray(with_xmp(SAMPLES["grey"]))
    struct.pack_into("<Q", written, our_record(written) + 8, before)
    removed = with_xmp(bytes(written), None)
    assert packets(removed) == []
    assert pixels(removed) == pixels(SAMPLES["grey"])


@pytest.mark.parametrize("beneath", [True, False])
def test_several_credentials_or_one_beneath_are_not_removed(beneath):
    writer = Writer()
    store = (0xCD41, UNDEFINED, STORE)
    below = writer.picture(more=[store], chained=False)
    writer.picture(more=[(0x014A, LONG, [below])] if beneath else [store])
    if not beneath:
        writer.picture(more=[store])
    with pytest.raises(CarrierError, match="several"):
        without_c2pa(bytes(writer.data))


def test_a_file_of_nothing_but_a_credential_keeps_it():
    writer = Writer()
    writer.directory((0xCD41, UNDEFINED, STORE))
    with pytest.raises(CarrierError, match="nothing but"):
        without_c2pa(bytes(writer.data))


@pytest.mark.parametrize(
    "more", [(0xC612, BYTE, b"\1\4\0\0"), (0xC612, BYTE, b""), (0x9999, SHORT, [1])]
)
def test_a_camera_original_is_read_but_never_written(more):
    data = one_picture(more)
    if more[0] == 0x9999:  # a raw file without DNGVersion, known by its colour filter array
        data = data.replace(
            struct.pack("<HHII", 0x0106, SHORT, 1, 1), struct.pack("<HHII", 0x0106, SHORT, 1, 32803)
        )
    assert essence(data) == b"12345678"
    with pytest.raises(CarrierError, match="camera original"):
        with_xmp(data)
    with pytest.raises(CarrierError, match="camera original"):
        without_c2pa(data)


def test_a_canon_raw_file_is_never_written():
    writer = Writer()
    writer.put(b"CR\2\0")
    writer.picture()
    with pytest.raises(CarrierError, match="camera original"):
        with_xmp(bytes(writer.data))


def test_a_raw_picture_beneath_is_a_camera_original_too():
    writer = Writer()
    raw = writer.directory((0x0106, SHORT, [34892]), chained=False)
    writer.picture(more=[(0x014A, LONG, [raw])])
    with pytest.raises(CarrierError, match="camera original"):
        with_xmp(bytes(writer.data))


class Sparse:
    """A file with a hole in the middle, as long as it likes to be."""

    def __init__(self, data, size):
        self.data, self.size = data, size

    def pread(self, offset, length):
        end = min(offset + max(length, 0), self.size)
        return self.data[offset:end].ljust(max(0, end - max(offset, 0)), b"\0")


@pytest.mark.parametrize("packet", [PACKET, b"<x/>"])
def test_a_classic_tiff_does_not_grow_beyond_4_gib(packet):
    source = Sparse(SAMPLES["grey"], 0xFFFFFFFF - 50)
    with pytest.raises(CarrierError, match="4 GiB"):
        FORMAT.plan_xmp(source, packet)


def test_a_bigtiff_grows_beyond_4_gib():
    plan = FORMAT.plan_xmp(Sparse(SAMPLES["bigtiff"], 1 << 40), PACKET)
    assert plan[2].end == 1 << 40
    assert PACKET in plan[3]


def test_a_directory_that_is_full_takes_no_packet():
    entries = struct.pack("<HHII", 0x9000, BYTE, 1, 0) * 65535
    data = b"II*\0" + struct.pack("<IH", 8, 65535) + entries + bytes(4)
    with pytest.raises(CarrierError, match="no room"):
        with_xmp(data)


@each_sample
def test_a_file_cut_anywhere_is_reported_and_never_written(data):
    data = with_xmp(data)
    for length in (*range(4, 300), *range(300, len(data), 97), *range(len(data) - 300, len(data))):
        source = BytesSource(data[:length])
        contents = FORMAT.read(source)
        assert contents.completeness is Completeness.TRUNCATED
        assert contents.problems
        with pytest.raises(DamagedMediaError):
            FORMAT.plan_xmp(source, PACKET)
        with pytest.raises(DamagedMediaError):
            FORMAT.plan_without_c2pa(source)
        FORMAT.decoding_map(source)


def test_a_file_cut_behind_its_directories_is_reported():
    data = SAMPLES["grey"]  # its only directory stands at the front
    for length in range(8 + 2 + 12 * 9 + 4, len(data)):
        contents = read(data[:length])
        assert contents.completeness is Completeness.TRUNCATED
        assert contents.essence == ()


def test_a_table_of_strips_beyond_the_end_is_reported():
    writer = Writer()
    strips = [writer.put(b"one"), writer.put(b"two")]
    tables = writer.put(b"")
    writer.directory((0x0111, LONG, strips), (0x0117, LONG, [3, 3]))
    data = bytes(writer.data).replace(struct.pack("<I", tables), struct.pack("<I", 1 << 30))
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert contents.essence == ()


def test_a_file_without_magic_is_damaged():
    with pytest.raises(DamagedMediaError, match="magic"):
        read(b"II*")


def test_a_bigtiff_of_odd_pointers_is_damaged():
    with pytest.raises(DamagedMediaError, match="8 bytes"):
        read(b"II+\0\x04\0\0\0" + bytes(16))


def test_a_bigtiff_of_endless_entries_is_damaged():
    data = b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 65536) + bytes(100)
    with pytest.raises(DamagedMediaError, match="65536 entries"):
        read(data)


def test_a_looping_chain_is_damaged():
    writer = Writer()
    at = writer.picture()
    writer.point(writer.pointer_at, at)
    with pytest.raises(DamagedMediaError, match="loops"):
        read(bytes(writer.data))


def test_a_chain_of_too_many_pages_is_damaged():
    writer = Writer()
    for _ in range(MAX_DIRECTORIES + 1):
        writer.directory((0x0100, SHORT, [1]))
    with pytest.raises(DamagedMediaError, match="directories"):
        read(bytes(writer.data))


def test_directories_nested_too_deeply_are_damaged():
    writer = Writer()
    at = writer.picture(chained=False)
    for _ in range(5):
        at = writer.directory((0x014A, LONG, [at]), chained=False)
    writer.directory((0x014A, LONG, [at]))
    with pytest.raises(DamagedMediaError, match="deeply"):
        read(bytes(writer.data))


@exhaustive
def test_overlapping_directories_of_many_entries_are_damaged():
    # Five directories, each two bytes on, share the entries of one file.
    entries = 65534
    body = struct.pack("<HH", entries, entries) * (6 * entries)
    starts = [8 + 4 * step for step in range(5)]
    table = 8 + len(body)
    data = b"II*\0" + struct.pack("<I", table) + body
    data += struct.pack("<HHHII", 1, 0x014A, LONG, 5, table + 18) + struct.pack("<I", 0)
    with pytest.raises(DamagedMediaError, match="entries"):
        read(data + struct.pack("<5I", *starts))


def test_strips_that_claim_more_than_the_file_are_damaged():
    writer = Writer()
    writer.directory((0x0111, LONG, [8] * 64), (0x0117, LONG, [60] * 64))
    writer.data += bytes(100)
    with pytest.raises(DamagedMediaError, match="more bytes"):
        read(bytes(writer.data))


@pytest.mark.parametrize("offset", [0, 7])
def test_pixels_that_overlap_the_first_pointer_are_never_written(offset):
    writer = Writer()
    writer.directory((0x0111, LONG, [offset]), (0x0117, LONG, [8]))
    assert len(essence(bytes(writer.data))) == 8
    with pytest.raises(DamagedMediaError, match="overlap"):
        with_xmp(bytes(writer.data))


def test_strips_without_end_are_damaged():
    count = MAX_STEPS + 1
    with pytest.raises(DamagedMediaError, match="values"):
        read(one_picture((0x0144, SHORT, [0] * count), (0x0145, SHORT, [0] * count)))


def test_pages_that_share_a_long_table_of_strips_are_damaged():
    writer = Writer()
    table = writer.put(bytes(4 * MAX_STEPS))
    entries = writer.pack("HHII", 0x0111, LONG, MAX_STEPS, table)
    entries += writer.pack("HHII", 0x0117, LONG, MAX_STEPS, table)
    for _ in range(9):
        at = writer.put(writer.pack("H", 2) + entries)
        writer.point(writer.pointer_at, at)
        writer.pointer_at = writer.put(bytes(4))
    with pytest.raises(DamagedMediaError, match="strips"):
        read(bytes(writer.data))


@exhaustive
def test_pages_of_too_many_scattered_strips_are_damaged():
    writer = Writer()
    half = MAX_STEPS // 2 + 1
    offsets = writer.put(struct.pack("<II", 8, 100) * (half // 2) + bytes(8))
    lengths = writer.put(struct.pack("<H", 1) * half + bytes(2))
    for _ in range(2):
        entries = writer.pack("HHII", 0x0111, LONG, half, offsets)
        entries += writer.pack("HHII", 0x0117, SHORT, half, lengths)
        at = writer.put(writer.pack("H", 2) + entries)
        writer.point(writer.pointer_at, at)
        writer.pointer_at = writer.put(bytes(4))
    with pytest.raises(DamagedMediaError, match="runs of pixels"):
        read(bytes(writer.data))


@given(
    magic=st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"]),
    tail=st.binary(max_size=400),
)
@settings(max_examples=200, deadline=None)
def test_random_bytes_raise_only_our_errors(magic, tail):
    assert_survives(magic + tail)


@pytest.mark.parametrize("name", ["pages", "bigtiff", "big-endian"])
@given(flips=st.lists(st.tuples(st.integers(0, 500), st.integers(1, 255)), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_flipped_bytes_raise_only_our_errors(name, flips):
    written = bytearray(with_xmp(SAMPLES[name]))
    for at, change in flips:
        # The structures stand at both ends.
        written[(at if at % 2 else -at) % len(written)] ^= change
    assert_survives(bytes(written))


def assert_survives(data):
    source = BytesSource(data)
    try:
        contents = FORMAT.read(source)
        assert all(part.end <= len(data) for part in contents.essence)
        assert all(part.end <= len(data) for part in contents.c2pa)
        FORMAT.decoding_map(source)
        executed(data, FORMAT.plan_without_c2pa(source))
        written = executed(data, FORMAT.plan_xmp(source, PACKET))
    except (MediaError, CarrierError):
        return
    assert packets(written)[0] == PACKET
    assert essence(written) == essence(data)


def test_bytes_outrank_the_suffix():
    assert FORMAT.score(b"MM\0*", ".png") > FORMAT.score(b"\x89PNG", ".tiff") > 0
    assert FORMAT.score(b"\x89PNG", ".png") == 0


def corpus_files():
    return sorted(path for path in CORPUS.rglob("*") if path.suffix.lower() in FORMAT.suffixes)


@pytest.mark.parametrize("path", corpus_files() or [None])
def test_the_corpus_keeps_its_pixels_or_is_refused(path):
    if path is None:
        pytest.skip("no TIFF in the shared corpus")
    data = path.read_bytes()
    try:
        written = with_xmp(data)
    except (MediaError, CarrierError):
        assert path.name in {"C.dng", "f125.tiff", "mediainfo-hang-177-bytes.tif"}
        return
    assert digest_ranges(BytesSource(written), read(written).essence) == digest_ranges(
        BytesSource(data), read(data).essence
    )
    assert decoding_map(written) == decoding_map(data)
    assert pixels(written) == pixels(data)
    assert with_xmp(written, None) == data
