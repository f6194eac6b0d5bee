import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.packets import labelled, source_type_as_attribute
from fixtures.pdf import (
    HEAD,
    INFORMATION,
    ROOT,
    TOLD,
    container_of,
    finish,
    page,
    rows,
    stream,
    table,
    updated,
)
from fixtures.raster import picture
from provenance.errors import CarrierError, DamagedMediaError, MediaError
from provenance.media.pdf import Pdf
from provenance.media.source import BytesSource
from provenance.media.xmp import parse_packets
from provenance.model.metadata import ByteRange, Completeness
from provenance.model.reading import Reading
from provenance.signals.kinds import find_signals

PDF = Pdf()
LABEL = '{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"1"}'
PACKET = stream(source_type_as_attribute("trainedAlgorithmicMedia"), b"/Type/Metadata")
ATTACHED = b"<</Type/Filespec/AFRelationship/C2PA_Manifest/F(c.c2pa)/EF<</F 9 0 R>>>>"
STORE = b"\0\0\0\x10jumb" + bytes(8)
BOTH_WAYS = pytest.mark.parametrize("build", [table, lambda objects: rows(*split(objects))])


def read(data):
    return PDF.read(BytesSource(data))


def split(objects):
    """Return the objects that are streams, and those that can stand in one."""
    outside = {number: value for number, value in objects.items() if b"endstream" in value}
    return outside, {
        number: value for number, value in objects.items() if b"endstream" not in value
    }


def told(information, build=table):
    return build({**page(), 6: information})


def texts(data):
    return [(field.place, field.key, field.value) for field in read(data).fields]


def value_of(string):
    """Return the text of this string, as information tells it."""
    contents = read(told(b"<</Title" + string + b">>"))
    assert contents.problems == ()
    return "".join(field.value for field in contents.fields)


def rules_in(data):
    contents = read(data)
    properties, problems = parse_packets(contents.xmp)
    assert (contents.problems, problems) == ((), ())
    reading = Reading(format_name="pdf", contents=contents, properties=properties)
    return [signal.rule for signal in find_signals(reading)]


def literal(text):
    return b"(" + text.encode().replace(b"(", rb"\(") + b")"


@BOTH_WAYS
@pytest.mark.parametrize(
    "string",
    [
        literal(LABEL),
        literal(json.dumps({"AIGC": json.loads(LABEL)})),
        b"<" + LABEL.encode().hex(" ").encode() + b">",
        b"<FEFF" + LABEL.encode("utf-16-be").hex().encode() + b">",
        b"(\xef\xbb\xbf" + LABEL.encode() + b")",
        b"8 0 R",
    ],
    ids=["literal", "wrapped", "hex", "utf-16", "utf-8", "indirect"],
)
def test_the_label_in_its_information_is_a_signal(string, build):
    objects = {**page(), 6: b"<</AIGC " + string + b">>", 8: literal(LABEL)}
    assert rules_in(build(objects)) == ["tc260-aigc-label"]
    assert rules_in(build({**objects, 6: b"<</Subject " + string + b">>"})) == []


@BOTH_WAYS
def test_the_source_type_in_its_packet_is_a_signal(build):
    assert rules_in(build({**page(), 1: TOLD, 6: INFORMATION, 7: PACKET})) == ["iptc-source-type"]
    assert rules_in(build({**page(), 6: INFORMATION, 7: PACKET})) == []


@pytest.mark.parametrize(
    ("string", "text"),
    [
        (rb"(a\(b\)\\c\d)", r"a(b)\cd"),
        (rb"(a(b(c))d)", "a(b(c))d"),
        (rb"(\101\60\0601\b\t\n\f\r.)", "A001\b\t\n\f\r."),
        (b"(one\\\ntwo\\\r\nthree)", "onetwothree"),
        (b"(\x80 \x92 \xa0 \xe9 \x18)", "• ™ € é ˘"),
        ("(Grüße)".encode(), "Grüße"),
        (b"<4a 6F7>", "Jop"),
        (b"<>", ""),
        (b"<FFFE41004200>", "AB"),
        (b"<FEFFD8>", "\ufffd"),
        (b"% a comment (\n(x)", "x"),
        (b"/Name", ""),
        (b"[(a)]", ""),
        (b" null", ""),
        (b" -12.5", ""),
        (b" true", ""),
    ],
)
def test_strings_are_text_and_other_values_are_not(string, text):
    assert value_of(string) == text


def test_keys_are_names_with_their_escapes():
    assert texts(told(b"<</A#49GC(x)/ (y)>>")) == [("pdf/Info", "AIGC", "x"), ("pdf/Info", "", "y")]


def test_the_newest_revision_speaks():
    first = told(b"<</Title(one)>>")
    second = updated(first, {6: b"<</Title(two)>>"})
    assert texts(second) == [("pdf/Info", "Title", "two")]
    third = updated(second, {8: literal("three"), 6: b"<</Title 8 0 R>>"})
    assert texts(third) == [("pdf/Info", "Title", "three")]


def test_what_an_update_took_out_is_nothing():
    data = updated(told(b"<</Title(one)>>"), {6: b"<</Title(two)>>"})
    at = data.rindex(b"n", 0, data.rindex(b"trailer"))
    freed = data[:at] + b"f" + data[at + 1 :]
    assert (texts(freed), read(freed).problems) == ([], ())


def test_a_hybrid_file_hides_objects_from_old_readers_only():
    inside = rows(page(), {6: INFORMATION}, b"/Root 1 0 R")
    section = inside.rsplit(b"startxref\n", 1)[1].split()[0]
    hybrid = table({}, ROOT + b"/XRefStm " + section, inside + b"\n")
    assert read(hybrid).problems == ()
    assert dict(field[1:] for field in texts(hybrid)) == {
        "Title": "Harbour (take 2)",
        "Author": "Ünit",
    }


@pytest.mark.parametrize("eol", [b" \n", b"\r\n", b" \r", b"\n"])
def test_lines_of_a_table_end_in_any_way(eol):
    data = table({**page(), 6: INFORMATION}, eol=eol)
    assert read(data).problems == ()
    assert len(read(data).fields) == 2


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_rows_are_read_behind_their_predictor(kind):
    contents = read(rows(page(), {6: INFORMATION}, predictor=kind))
    assert (contents.problems, len(contents.fields)) == ((), 2)


def test_rows_behind_another_predictor_are_a_problem():
    contents = read(rows(page(), {6: INFORMATION}, predictor=3))
    assert contents.problems == ("a stream has a predictor that is not read",)


def test_documents_of_another_writer_are_read(tmp_path):
    path = tmp_path / "frames.pdf"
    picture().save(path, title="Grüße (1)")
    picture(1).save(path, append=True, author="Unit")
    contents = read(path.read_bytes())
    assert contents.problems == ()
    told_of = {field.key: field.value for field in contents.fields}
    assert (told_of["Title"], told_of["Author"]) == ("Grüße (1)", "Unit")


def attached(catalog, store=None):
    objects = {**page(), 8: ATTACHED, 9: store or stream(STORE, b"/Type/EmbeddedFile")}
    return table({**objects, 1: b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>"}, b"/Root 1 0 R")


@pytest.mark.parametrize(
    "catalog",
    [
        b"/AF[8 0 R]",
        b"/AF 8 0 R",
        b"/AF[" + ATTACHED + b"]",
        b"/Names<</EmbeddedFiles<</Names[(other)(plain.txt)(c) 8 0 R]>>>>",
        b"/Names<</EmbeddedFiles<</Kids[<</Names[]>><</Names[(c) 8 0 R]>>]>>>>",
        b"/AF[8 0 R]/Names<</EmbeddedFiles<</Names[(c) 8 0 R]>>>>",
    ],
)
def test_a_manifest_that_is_attached_is_seen(catalog):
    data = attached(catalog)
    assert [data[run.offset : run.end] for run in read(data).c2pa] == [STORE]
    assert read(data).problems == ()
    other = data.replace(b"/C2PA_Manifest", b"/Data         ")
    assert (read(other).c2pa, read(other).problems) == ((), ())


def test_a_manifest_elsewhere_is_a_problem():
    data = attached(b"/AF[8 0 R]").replace(b"/EF<</F 9 0 R>>", b"/EF<</F(none)>>")
    assert read(data).problems == ("its C2PA manifest is attached, but not in the file",)


def test_an_encrypted_document_is_a_problem():
    data = table({**page(), 6: INFORMATION}, ROOT + b"/Encrypt<</Filter/Standard>>")
    later = updated(data, {6: INFORMATION})
    for one in (data, later):
        problems = ("it is encrypted, and what it says of itself was not read",)
        assert (read(one).problems, read(one).fields) == (problems, ())
        assert read(one).completeness is Completeness.WHOLE


def with_packet(packet):
    return table({**page(), 1: TOLD, 7: packet}, b"/Root 1 0 R")


@pytest.mark.parametrize(
    ("packet", "problem"),
    [
        (b"(text)", "is no stream"),
        (b"<</Length 4>>stream\n<x/>ab\nendstream", "not as long as it says"),
        (b"<</Length 99 0 R>>stream\n<x/>\nendstream", "nothing says where its object 99"),
        (b"<</Length -1>>stream\n<x/>\nendstream", "nothing says how long"),
        (b"<</Length 99999>>stream\n<x/>\nendstream", "ends inside a stream"),
        (stream(b"<x/>", b"/Filter/LZWDecode"), "in a way that is not read"),
        (stream(b"<x/>", b"/Filter[/FlateDecode/FlateDecode]"), "in a way that is not read"),
        (stream(b"<x/>", b"/Filter/FlateDecode"), "a stream is damaged"),
        (stream(zlib.compress(b"<x/>")[:-2], b"/Filter/Fl"), "cut short"),
        (stream(bytes(17 << 20)), "was not read"),
        (stream(bytes(17 << 20), deflated=True), "expands beyond"),
        (stream(b"\1" + b"\0\0\0\xff\xff" * 4_000_000, b"/Filter/Fl"), "damaged"),
        (stream(b"\x78\x9c" + b"\0\0\0\xff\xff" * 4_000_000, b"/Filter/Fl"), "expands beyond"),
    ],
)
def test_a_packet_that_cannot_be_read_is_a_problem(packet, problem):
    contents = read(with_packet(packet))
    assert [problem in one for one in contents.problems] == [True]
    assert contents.xmp == ()


@pytest.mark.parametrize(
    "filters", [b"/Filter/Crypt", b"/Filter[/Crypt/FlateDecode]", b"/Filter[]"]
)
def test_a_filter_that_changes_nothing_is_passed_over(filters):
    data = zlib.compress(labelled()) if b"Flate" in filters else labelled()
    contents = read(with_packet(stream(data, filters)))
    assert [packet.data for packet in contents.xmp] == [labelled()]


@pytest.mark.parametrize(
    ("information", "problem"),
    [
        (b"[]", "its information is no dictionary"),
        (b"<</Title(a)/Title(b)>>", "stands twice"),
        (b"<</Title<4x>>>", "ends early or is none"),
        (b"<</Title yes>>", "none of PDF's"),
        (b"<</Title " + b"[" * 40 + b"]" * 40 + b">>", "nested more than 32"),
        (b"<</Title(" + b"x" * (600 << 10) + b")>>", "at most 512 KiB"),
        (b"<</Title(a", "ends early"),
        (b"<</Title 6 0 R", "ends early"),
        (b"6 0 R", "references loop"),
        (b"77 0 R", "nothing says where its object 77"),
    ],
)
@BOTH_WAYS
def test_information_that_cannot_be_read_is_a_problem(information, problem, build):
    contents = read(told(information, build))
    assert [problem in one for one in contents.problems] == [True], contents.problems
    assert contents.fields == ()


def streams_in_a_row(count):
    """Return a document of object streams each of which tells the length of the one before."""
    numbers = range(20, 20 + count)
    made = {}
    for number in numbers:
        length = b"" if number == numbers[-1] else b"%d 0 R" % (number + 100)
        before = made.get(number - 1, b"")
        members = {6: INFORMATION, number + 99: b"%d" % size_of(before)}
        made[number] = container_of(members, length)
    held = {number: (number + 99,) for number in numbers}
    return rows({**page(), **made}, {}, held={**held, 20: (6,)})


def size_of(container):
    return len(container.partition(b"stream\n")[2].removesuffix(b"\nendstream"))


def test_object_streams_may_need_one_another_but_not_very_many():
    assert len(read(streams_in_a_row(4)).fields) == 2
    for count in (20, 500):
        assert read(streams_in_a_row(count)).problems == ("its object streams loop",)


def revisions(count):
    data = table(page(), b"/Root 1 0 R")
    parts, before, length = [data], data.rsplit(b"\n", 2)[1], len(data)
    for _ in range(count):
        offset = length + 1
        part = b"\nxref\n0 0\ntrailer\n<</Root 1 0 R/Prev %s>>" % before + finish(offset)
        parts.append(part)
        before, length = b"%d" % offset, length + len(part)
    return b"".join(parts)


def test_many_revisions_are_followed_and_very_many_are_a_problem():
    assert read(revisions(300)).problems == ()
    assert "more" in read(revisions(5000)).problems[0]


@pytest.mark.parametrize(
    "catalog",
    [
        b"/AF[" + b"8 0 R " * 5000 + b"]",
        b"/Names<</EmbeddedFiles 10 0 R>>",
        b"/AF 8 0 R/AF 8 0 R",
    ],
    ids=["many", "loop", "twice"],
)
def test_attachments_without_end_are_a_problem(catalog):
    data = table(
        {
            **page(),
            1: b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
            8: b"<</Type/Filespec/F(x)>>",
            10: b"<</Kids[10 0 R]>>",
        },
        b"/Root 1 0 R",
    )
    assert len(read(data).problems) == 1


GOOD = table({**page(), 1: TOLD, 6: INFORMATION, 7: PACKET})
START = GOOD.rsplit(b"\n", 2)[1]


@pytest.mark.parametrize(
    "data",
    [
        GOOD[:-1],
        GOOD + b"\n<html>",
        GOOD + b"\n" * 2000,
        GOOD.replace(b"startxref", b"startxxxx"),
        GOOD.replace(b"\n" + START, b"\n0"),
        GOOD.replace(b"\n" + START, b"\n" + b"9" * 20),
        GOOD.replace(b"xref\n0 1", b"xxxx\n0 1"),
        GOOD.replace(b"trailer", b"trailed"),
        GOOD.replace(b"/Root 1 0 R", b"/Root 2 0 R"),
        GOOD.replace(b"/Root 1 0 R", b"/Roof 1 0 R"),
        GOOD.replace(b"/Root 1 0 R", b"/Root 99 0 R"),
        GOOD.replace(b"1 0 obj", b"9 0 obj", 1),
        GOOD.replace(b"\n1 1\n", b"\n9 9\n"),
        GOOD.replace(b"\n2 1\n", b"\n1 1\n"),
        table({**page(), 6: INFORMATION}, ROOT + b"/Prev 3"),
        table({**page(), 6: INFORMATION}, ROOT + b"/Prev(3)"),
        table({**page(), 6: INFORMATION}, ROOT + b"/XRefStm 3"),
        HEAD + finish(len(HEAD)),
    ],
    ids=lambda data: data[-40:].decode("latin-1"),
)
def test_a_document_whose_objects_cannot_be_found_is_truncated(data):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert contents.problems
    assert contents.essence == (ByteRange(offset=0, length=len(data)),) or contents.trailer_length
    with pytest.raises(DamagedMediaError):
        PDF.plan_without_c2pa(BytesSource(data))


def test_a_trailer_that_is_no_dictionary_is_truncated():
    data = GOOD[: GOOD.rindex(b"trailer")] + b"trailer\n[]" + finish(int(START))
    assert read(data).problems == ("a cross-reference section has no dictionary",)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"/W[1 4 2]", b"/W[1 4 9]"),
        (b"/W[1 4 2]", b"/W[0 0 0]"),
        (b"/W[1 4 2]", b"/W[1 4]  "),
        (b"/W[1 4 2]", b"/W[1 4 8]"),
        (b"/Type/XRef", b"/Type/XRee"),
        (b"/Index[0 1", b"/Index[0 9"),
        (b"/Index[0 1", b"/Index[0 a"),
        (b"/Index[0 1", b"/Index[0.1"),
        (b"/W[1 4 2]", b"/W[1 -4 2]"),
        (b"/DecodeParms<<", b"/DecodeParms[("),
        (b"/Predictor 12", b"/Predictor 2 "),
        (b"/Columns 7", b"/Columns 0"),
        (b"/Columns 7", b"/Columns 5"),
    ],
)
def test_rows_that_make_no_sense_are_truncated(before, after):
    data = rows(page(), {6: INFORMATION})
    assert before in data
    assert read(data).problems == ()
    assert read(data.replace(before, after)).completeness is Completeness.TRUNCATED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"/Type/ObjStm", b"/Type/ObjStx"),
        (b"/First 4", b"/First x"),
        (b"/First 4", b"/Firsx 4"),
        (b"/First 4/", b"/First 0/"),
    ],
)
def test_an_object_stream_that_makes_no_sense_is_a_problem(before, after):
    data = rows(page(), {6: INFORMATION})
    assert before in data
    assert len(read(data.replace(before, after)).problems) == 1
    assert read(data.replace(before, after)).fields == ()


def test_an_object_that_stands_twice_in_a_stream_is_a_problem():
    head = b"6 0 6 0 "
    said = b"/Type/ObjStm/N 2/First %d" % len(head)
    container = stream(head + INFORMATION, said, deflated=True)
    contents = read(rows({**page(), 20: container}, {}, held={20: (6,)}))
    assert contents.problems == ("its object 6 stands twice in a stream",)


def test_very_many_narrow_rows_are_a_problem():
    said = b"/Type/XRef/W[0 1 0]/Size 3000000/DecodeParms<</Predictor 12/Columns 1>>"
    section = b"9 0 obj" + stream(b"\2\0" * 3_000_000, said, deflated=True)
    contents = read(HEAD + section + finish(len(HEAD)))
    assert contents.problems == ("a stream expands beyond what is read from one file",)


def test_of_a_document_the_whole_is_essence_up_to_its_end():
    assert read(GOOD).essence == (ByteRange(offset=0, length=len(GOOD)),)
    padded = read(GOOD + b"\r\n\0\0")
    assert (padded.essence, padded.trailer_length) == (read(GOOD).essence, 4)
    assert padded.problems == ()


def test_a_document_cut_anywhere_is_never_called_whole():
    for data in (GOOD, rows(page(), {6: INFORMATION})):
        assert read(data).problems == ()
        for length in (*range(5, 300), *range(len(data) - 3000, len(data))):
            assert read(data[:length]).completeness is Completeness.TRUNCATED, length


@pytest.mark.parametrize("data", [b"", b"%PDF", b"\xef\xbb\xbf%PDF-1.7", b"%!PS-Adobe"])
def test_what_begins_otherwise_is_damaged(data):
    assert (PDF.score(data, ".pdf"), PDF.score(data, "")) == (1, 0)
    with pytest.raises(DamagedMediaError):
        read(data)


def test_a_document_is_never_written():
    with pytest.raises(CarrierError):
        PDF.plan_xmp(BytesSource(GOOD), b"<x/>")
    assert PDF.plan_without_c2pa(BytesSource(GOOD)) == [ByteRange(offset=0, length=len(GOOD))]


def test_the_signed_form_of_the_corpus_is_encrypted(corpus):
    contents = read((corpus / "post/c2pa/basic-signed.pdf").read_bytes())
    assert contents.problems == ("it is encrypted, and what it says of itself was not read",)


def survives(data):
    PDF.score(data, ".pdf")
    try:
        contents = read(data)
        assert all(0 <= run.offset <= run.end <= len(data) for run in contents.c2pa)
    except MediaError:
        pass


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes_are_survived(flips):
    for data in (GOOD, rows(page(), {6: INFORMATION})):
        mutable = bytearray(data)
        for at, value in flips:
            # Not among the pixels.
            mutable[-1 - at % 1200] = value
        survives(bytes(mutable))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_random_objects_are_survived(one, other):
    survives(told(b"<<" + one + b">>"))
    survives(told(b"<</Title" + one + b"/X" + other + b">>", lambda o: rows(*split(o))))
    survives(HEAD + one + finish(len(HEAD)))
    survives(table({**page(), 6: one}, other))
