"""Exif blocks: what they say, in every encoding writers chose, and the lies they tell."""

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fixtures.jpeg import encode as jpeg
from fixtures.jpeg import segment, with_segment
from provenance.media._exif import read_exif
from provenance.media._exif_text import comment_text, wide_text
from provenance.media._found import Found
from provenance.media.interface import MAX_TEXT, TextBudget
from provenance.media.jpeg import Jpeg
from provenance.media.source import BytesSource
from provenance.model.metadata import ByteRange
from tests.counting_source import CountingSource
from tests.exif_samples import (
    ARTIST,
    ASCII,
    DESCRIPTION,
    EXIF_POINTER,
    LONG,
    MAKE,
    MAKER_NOTE,
    MODEL,
    SOFTWARE,
    UNDEFINED,
    USER_COMMENT,
    directory,
    exif,
    text,
)
from tests.media_samples import is_sound

PARAMETERS = "a red barn, Größe 3\nSteps: 28, Sampler: Euler a, CFG scale: 7, Seed: 1"
BLOCK_COST, READS_A_BLOCK = 4096, 4
IFD0, EXIF_IFD = "here/Exif/IFD0", "here/Exif/ExifIFD"


def found_in(data, budget=None):
    found = Found(budget=budget or TextBudget())
    read_exif(BytesSource(data), (ByteRange(offset=0, length=len(data)),), "here", found)
    return found


def texts(data):
    return [(field.place, field.key, field.value) for field in found_in(data).fields]


def comment(data, order=">"):
    block = exif(beneath=[text(USER_COMMENT, data, UNDEFINED)], order=order)
    return [value for _, _, value in texts(block)]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0", b"Exif\0\xff"])
def test_texts_of_both_directories_are_fields(order, prefix):
    block = exif(
        text(DESCRIPTION, b"Harbour\0"),
        text(MAKE, b"Ab\0"),
        text(SOFTWARE, b"Desk \xc3\xa9\0"),
        (0x0112, 3, b"\0\1"),
        beneath=[text(0xA420, b"0123456789abcdef\0"), text(USER_COMMENT, b"ASCII\0\0\0note", 7)],
        order=order,
    )
    assert texts(prefix + block) == [
        (IFD0, "ImageDescription", "Harbour"),
        (IFD0, "Make", "Ab"),
        (IFD0, "Software", "Desk é"),
        (EXIF_IFD, "ImageUniqueID", "0123456789abcdef"),
        (EXIF_IFD, "UserComment", "note"),
    ]


def test_every_text_tag_has_its_name():
    tags = {
        0x010D: "DocumentName",
        MODEL: "Model",
        ARTIST: "Artist",
        0x013C: "HostComputer",
        0x8298: "Copyright",
    }
    block = exif(*(text(tag, name.encode()) for tag, name in tags.items()))
    assert texts(block) == [(IFD0, name, name) for name in tags.values()]


def test_windows_properties_are_utf16():
    names = ["XPTitle", "XPComment", "XPAuthor", "XPKeywords", "XPSubject"]
    entries = [
        text(0x9C9B + at, (name + " ü\0").encode("utf-16-le"), 1) for at, name in enumerate(names)
    ]
    assert texts(exif(*entries)) == [(IFD0, name, f"{name} ü") for name in names]


def test_the_keys_comfyui_writes_below_make_are_texts_and_numbers_there_are_not():
    block = exif(
        text(0x0100, struct.pack(">I", 64), LONG),
        text(0x010B, b'more:{"a": 1}\0'),
        text(0x010C, b'extra:{"b": 2}\0'),
        text(MAKE, b'workflow:{"nodes": []}\0'),
        text(MODEL, b'prompt:{"3": {}}\0'),
    )
    assert texts(block) == [
        (IFD0, "0x010b", 'more:{"a": 1}'),
        (IFD0, "0x010c", 'extra:{"b": 2}'),
        (IFD0, "Make", 'workflow:{"nodes": []}'),
        (IFD0, "Model", 'prompt:{"3": {}}'),
    ]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le", "utf-16", "utf-8"])
def test_a_comment_in_unicode_is_read_in_either_order(order, encoding):
    assert comment(b"UNICODE\0" + PARAMETERS.encode(encoding), order) == [PARAMETERS]


@pytest.mark.parametrize("code", [b"", bytes(8), b"ASCII\0\0\0", b"UNICODE\0"])
@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
def test_a_long_chinese_prompt_before_the_settings_does_not_hide_them(code, encoding):
    said = "赤い納屋、夕暮れ、" * 40 + "\nSteps: 20, Sampler: Euler a"
    assert comment(code + said.encode(encoding)) == [said]


@pytest.mark.parametrize("order", ["<", ">"])
def test_where_no_character_is_ascii_the_order_of_the_directory_holds(order):
    said = "赤い納屋、夕暮れ"
    encoding = "utf-16-be" if order == ">" else "utf-16-le"
    assert comment(b"UNICODE\0" + said.encode(encoding), order) == [said]


@pytest.mark.parametrize(
    "data",
    [
        b"ASCII\0\0\0" + PARAMETERS.encode(),
        b"ascii\0\0\0" + PARAMETERS.encode("latin-1"),
        bytes(8) + PARAMETERS.encode(),
        b"        " + PARAMETERS.encode(),
        bytes(8) + PARAMETERS.encode() + bytes(400),
        PARAMETERS.encode(),
        bytes(8) + PARAMETERS.encode("utf-16-le"),
        b"ASCII\0\0\0" + PARAMETERS.encode("utf-16-be"),
        PARAMETERS.encode("utf-16"),
    ],
)
def test_a_comment_with_any_code_or_none_is_read(data):
    assert comment(data) == [PARAMETERS]


def test_a_comment_with_an_invented_code_is_read_with_it():
    assert comment(b"CHARSET?" + b"a comment") == ["CHARSET?a comment"]


def test_a_comment_in_japanese_is_read_and_one_that_only_says_so_too():
    assert comment(b"JIS\0\0\0\0\0" + "納屋".encode("iso2022_jp")) == ["納屋"]
    assert comment(b"JIS\0\0\0\0\0" + b"\xe7\xb4\x8d") == ["納"]


@pytest.mark.parametrize("data", [b"", b"ASCII\0\0\0", bytes(64), b"UNICODE\0", b"ASCII\0\0\0    "])
def test_an_empty_comment_is_no_field(data):
    assert comment(data) == []


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff")), st.sampled_from("<>"))
def test_utf16_with_a_byte_order_mark_reads_back(said, order):
    assert wide_text(b"\xff\xfe" + said.encode("utf-16-le"), order) == said


@given(st.binary(max_size=80), st.sampled_from("<>"))
@example(b"UNICODE\0\xd8\0", ">")
@example(b"\xff\xfe\0", "<")
def test_no_comment_is_more_than_text(data, order):
    comment_text(data, order).encode()


def test_a_comment_in_the_first_directory_is_read():
    assert texts(exif(text(USER_COMMENT, PARAMETERS.encode(), ASCII))) == [
        (IFD0, "UserComment", PARAMETERS)
    ]


@pytest.mark.parametrize(
    ("note", "values"),
    [
        (b"fooocus", ["fooocus"]),
        (b"a1111\0", ["a1111"]),
        (b"Nikon\0\2\x10\0\0MM", []),
        (b"caf\xc3\xa9", []),
        (b"x" * 257, []),
    ],
)
def test_a_maker_note_is_a_field_where_it_is_short_text(note, values):
    block = exif(beneath=[text(MAKER_NOTE, note, UNDEFINED)])
    assert [value for _, _, value in texts(block)] == values
    assert found_in(block).problems == []


def test_a_workflow_of_megabytes_is_read_whole():
    graph = b"workflow:" + b"x" * (12 << 20)
    assert [len(field.value) for field in found_in(exif(text(MAKE, graph))).fields] == [len(graph)]


@pytest.mark.parametrize(
    "data",
    [b"", b"Exif\0\0", b"Exif\0\0garbage", b"II*\0", b"MM\0*\0\0\0\0", b"Exif\0\0MM\0*\0\0\0\0"],
)
def test_what_holds_no_directory_says_nothing(data):
    found = found_in(data)
    assert (found.fields, found.problems) == ([], [])


def test_a_directory_whose_last_pointer_was_left_out_is_read():
    block = exif(text(MAKE, b"Ab\0"))
    assert found_in(block[:-4]).fields == found_in(block).fields != []


@pytest.mark.parametrize("beneath", [(), [text(ARTIST, b"someone")]])
def test_a_directory_that_is_cut_short_is_a_problem(beneath):
    block = exif(text(MAKE, b"Ab\0"), beneath=beneath)
    cut = block[: block.index(b"someone") - 13] if beneath else block[:-13]
    place = "ExifIFD" if beneath else "IFD0"
    assert found_in(cut).problems == [f"the file or block ends before here/Exif/{place} does"]


def test_a_text_of_four_gibibytes_is_a_problem_and_the_others_are_read():
    block = bytearray(exif(text(DESCRIPTION, b"Harbour\0"), text(MAKE, b"Ab\0")))
    struct.pack_into(">I", block, 14, 0xFFFFFFFF)
    found = found_in(bytes(block))
    assert [field.key for field in found.fields] == ["Make"]
    assert found.problems == [
        "the file or block ends before ImageDescription of here/Exif/IFD0 does"
    ]


def test_a_maker_note_that_was_moved_away_is_no_problem():
    block = bytearray(exif(text(MAKER_NOTE, b"x" * 300, UNDEFINED)))
    struct.pack_into(">I", block, 18, 0x00FFFFFF)
    assert found_in(bytes(block)).problems == []


def test_an_exif_directory_that_leads_back_is_a_problem():
    entries = [text(MAKE, b"Ab\0"), (EXIF_POINTER, LONG, struct.pack(">I", 8))]
    block = b"MM\0*\0\0\0\x08" + directory(">", 8, entries)
    found = found_in(block)
    assert [field.key for field in found.fields] == ["Make"]
    assert "it loops" in found.problems[0]


@pytest.mark.parametrize(
    "pointer", [(EXIF_POINTER, LONG, bytes(8)), (EXIF_POINTER, ASCII, b"\1")], ids=["two", "text"]
)
def test_a_pointer_that_is_none_is_a_problem(pointer):
    block = b"MM\0*\0\0\0\x08" + directory(">", 8, [pointer])
    assert "nothing says where" in found_in(block).problems[0]


@pytest.mark.parametrize(("kind", "code"), [(3, "H"), (8, "h"), (9, "i"), (16, "Q")])
def test_a_pointer_may_be_any_whole_number(kind, code):
    def block(at):
        entry = (EXIF_POINTER, kind, struct.pack(f">{code}", at))
        return b"MM\0*\0\0\0\x08" + directory(">", 8, [entry])

    at = len(block(0))
    beneath = directory(">", at, [text(USER_COMMENT, b"ASCII\0\0\0a barn", UNDEFINED)])
    assert [value for _, _, value in texts(block(at) + beneath)] == ["a barn"]


def test_no_pointer_is_followed_where_it_is_zero():
    block = b"MM\0*\0\0\0\x08" + directory(">", 8, [(EXIF_POINTER, LONG, bytes(4))])
    assert found_in(block).problems == []


def test_a_big_directory_with_more_entries_than_a_file_can_count_is_a_problem():
    head = b"II+\0" + struct.pack("<HHQ", 8, 0, 16)
    assert "block ends before" in found_in(head + struct.pack("<Q", 70000)).problems[0]
    assert "more Exif directories" in found_in(head + struct.pack("<Q", 1 << 60)).problems[0]


def test_texts_beyond_the_budget_are_a_problem():
    block = exif(text(DESCRIPTION, b"x" * 500), text(MAKE, b"Ab\0"))
    found = found_in(block, TextBudget(4096 + 128 + 256 + 499))
    assert [field.key for field in found.fields] == ["Make"]
    assert found.problems == ["ImageDescription of here/Exif/IFD0, 500 bytes, was not read"]
    assert found_in(block, TextBudget(4095)).problems == [
        "more Exif directories than are read from one file"
    ]


def test_entries_that_share_one_long_text_end_in_a_problem_and_little_memory():
    entries = [(MAKE, ASCII, b"x" * 5)] * 5000
    block = bytearray(exif(*entries) + b"x" * 60000)
    for at in range(10, 10 + 12 * len(entries), 12):
        struct.pack_into(">II", block, at + 4, 59000, 8 + 2 + 12 * len(entries) + 4)
    found = found_in(bytes(block))
    assert sum(len(field.value) for field in found.fields) < MAX_TEXT
    assert "was not read" in found.problems[0]


def test_very_many_blocks_in_one_picture_are_not_all_read():
    block = segment(0xE1, b"Exif\0\0" + exif(text(MAKE, b"Ab\0")))
    data = with_segment(block * 20_000, jpeg())
    source = CountingSource(data)
    contents = Jpeg().read(source)
    assert 1000 < len(contents.fields) < MAX_TEXT // BLOCK_COST
    assert source.reads < READS_A_BLOCK * 20_000
    assert contents.problems == (
        "more Exif and Photoshop segments than are read from one file",
        "more Exif directories than are read from one file",
    )


SAMPLE = exif(
    text(DESCRIPTION, b"Harbour\0"),
    text(0x9C9C, "a note".encode("utf-16-le"), 1),
    beneath=[text(USER_COMMENT, b"UNICODE\0" + "a barn".encode("utf-16-be"), UNDEFINED)],
)


@settings(deadline=None)
@given(st.integers(0, len(SAMPLE)))
def test_a_block_cut_anywhere_never_raises(length):
    fields = {field.value for field in found_in(SAMPLE[:length]).fields}
    assert fields <= {"Harbour", "a note", "a barn"}


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from([b"MM\0*\0\0\0\x08", b"II*\0\x08\0\0\0", b"II+\0\x08\0\0\0", SAMPLE]),
    st.binary(max_size=200),
    st.dictionaries(st.integers(0, 300), st.integers(0, 255), max_size=6),
)
def test_noise_and_flipped_bytes_never_raise(head, noise, flips):
    data = bytearray(head + noise)
    for at, value in flips.items():
        data[at % len(data)] = value
    for field in found_in(bytes(data)).fields:
        field.value.encode()


def test_what_a_whole_picture_says_is_sound_and_stays_when_a_packet_is_written():
    data = with_segment(segment(0xE1, b"Exif\0\0" + SAMPLE), jpeg())
    contents = Jpeg().read(BytesSource(data))
    assert is_sound(contents)
    assert [field.value for field in contents.fields] == ["Harbour", "a note", "a barn"]
