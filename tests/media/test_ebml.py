import pytest

from fixtures.matroska import element, open_ended
from provenance.errors import CarrierError, DamagedMediaError
from provenance.media import _ebml_elements
from provenance.media.ebml import Mkv, WebM
from provenance.media.formats import identify
from provenance.media.interface import MAX_TEXT
from provenance.media.source import BytesSource, FileSource
from provenance.model.metadata import ByteRange, Completeness
from tests.builders.ebml import (
    ATTACHMENTS,
    BINARY,
    BLOCK,
    CLUSTER,
    CUES,
    DOC_TYPE,
    HEAD,
    HEADER,
    INFO,
    MEDIA,
    NAME,
    SEGMENT,
    SIMPLE,
    TAG,
    TAGS,
    VOID,
    live,
    movie,
    simple,
    tags,
)
from tests.counting_source import CountingSource

MKV, WEBM = Mkv(), WebM()


def read(data, fmt=MKV):
    return fmt.read(BytesSource(data))


def texts(data):
    return [(field.place, field.key, field.value) for field in read(data).fields]


def essence(data):
    contents = read(data)
    assert MKV.exact_essence(BytesSource(data), contents) == contents.essence
    return b"".join(data[part.offset : part.end] for part in contents.essence)


def test_the_document_type_tells_matroska_from_webm():
    webm = element(HEADER, element(DOC_TYPE, b"webm"))
    padded = element(HEADER, element(VOID, b"") + element(DOC_TYPE, b"webm\0\0"))
    for header in (webm, padded):
        assert identify(header, ".mkv") is identify(header, ".webm")
        assert (MKV.score(header, ".mkv"), WEBM.score(header, ".mkv")) == (1, 4)
    assert (MKV.score(HEAD, ".webm"), WEBM.score(HEAD, ".webm")) == (4, 1)
    assert (MKV.score(HEAD, ""), WEBM.score(HEAD, "")) == (4, 0)


@pytest.mark.parametrize("header", [HEADER, HEADER + b"\0", HEAD[:20], element(HEADER, b"\0")])
def test_a_header_that_does_not_tell_its_type_is_taken_for_matroska(header):
    assert (MKV.score(header, ""), WEBM.score(header, "")) == (4, 0)


def test_an_unknown_document_type_is_no_format_of_ours():
    other = element(HEADER, element(DOC_TYPE, b"klingon"))
    assert (MKV.score(other, ""), WEBM.score(other, "")) == (0, 0)


def test_tags_are_read_with_their_names_as_spelled_before_and_behind_the_clusters():
    before = tags(simple(b"PROMPT", b'{"3":{}}'), simple(b"workflow", "Grüße".encode()))
    behind = tags(simple(b"AIGC", b"{}\0\0"))
    for make in (movie, live):
        data = make(element(VOID, bytes(30)), before, MEDIA, element(CUES, b"x"), MEDIA, behind)
        assert texts(data) == [
            ("mkv/Tags", "PROMPT", '{"3":{}}'),
            ("mkv/Tags", "workflow", "Grüße"),
            ("mkv/Tags", "AIGC", "{}"),
        ]
        assert essence(data) == BLOCK + BLOCK
        assert read(data).problems == ()


def test_nested_tags_follow_the_one_they_stand_in():
    inner = simple(b"SORT_WITH", b"b", simple(b"URL", b"c"))
    assert [text[1:] for text in texts(movie(tags(simple(b"ARTIST", b"a", inner)), MEDIA))] == [
        ("ARTIST", "a"),
        ("SORT_WITH", "b"),
        ("URL", "c"),
    ]


def test_tags_without_a_text_are_no_fields():
    binary = element(SIMPLE, element(NAME, b"COVER") + element(BINARY, b"\0\1"))
    other = element(TAGS, element(VOID, b"") + element(TAG, binary + simple(b"EMPTY", b"")))
    assert texts(movie(other, MEDIA)) == []


def test_title_and_applications_are_read():
    info = element(b"\x7b\xa9", b"Harbour") + element(b"\x4d\x80", b"libwebm")
    info += element(b"\x2a\xd7\xb1", b"\0\x0f") + element(b"\x57\x41", b"ComfyUI")
    data = movie(element(INFO, info), MEDIA)
    assert texts(data) == [
        ("mkv/Info", "Title", "Harbour"),
        ("mkv/Info", "MuxingApp", "libwebm"),
        ("mkv/Info", "WritingApp", "ComfyUI"),
    ]
    assert read(data, WEBM).fields[0].place == "webm/Info"


def test_a_cluster_without_a_length_ends_where_its_segment_goes_on():
    unknown = open_ended(MEDIA, CLUSTER)
    behind = tags(simple(b"A", b"b"))
    for make in (movie, live):
        data = make(unknown, unknown, behind, unknown)
        assert essence(data) == BLOCK * 3
        assert texts(data) == [("mkv/Tags", "A", "b")]
        assert read(data).completeness is Completeness.WHOLE


def test_every_segment_of_a_file_is_read():
    for first in (movie(tags(simple(b"A", b"b")), MEDIA), live(tags(simple(b"A", b"b")), MEDIA)):
        data = first + movie(MEDIA, tags(simple(b"C", b"d")))
        assert [key for _, key, _ in texts(data)] == ["A", "C"]
        assert essence(data) == BLOCK * 2


@pytest.mark.parametrize("junk", [bytes(40), b"TAG" + bytes(125), b"\xff"])
def test_what_follows_a_segment_and_is_none_is_left_alone(junk):
    contents = read(movie(MEDIA) + element(VOID, b"x") + junk)
    assert contents.completeness is Completeness.WHOLE
    assert contents.problems == ()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (movie(tags(simple(b"A", b"b")), MEDIA)[:-1], "ends inside its Cluster"),
        (movie(tags(simple(b"A", b"b")), MEDIA, MEDIA)[: -len(MEDIA)], "before its Segment does"),
        (live(tags(simple(b"A", b"b")), open_ended(MEDIA, CLUSTER))[:-1], "inside its Cluster"),
        (live(tags(simple(b"A", b"b")), MEDIA, bytes(20)), "is no element"),
        (live(tags(simple(b"A", b"b")), MEDIA, CLUSTER), "is no element"),
        (live(tags(simple(b"A", b"b")), MEDIA, CLUSTER + b"\xff\xa3\xff"), "at byte"),
        (live(tags(simple(b"A", b"b")), MEDIA, ATTACHMENTS + b"\xff"), "has no length"),
        (live(tags(simple(b"A", b"b")), MEDIA, b"\x08\0\0\0\0\x81x"), "is no element"),
        (movie(tags(simple(b"A", b"b"))), "no picture or sound"),
        (movie(tags(simple(b"A", b"b")), element(CLUSTER, b"")), "no picture or sound"),
        (
            HEAD + element(SEGMENT, tags(simple(b"A", b"b")) + MEDIA + CUES + b"\x8ax") + bytes(40),
            "leaves its Segment",
        ),
    ],
)
def test_a_file_that_ends_early_is_truncated_and_what_stands_before_is_read(data, problem):
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert problem in contents.problems[-1]
    assert [field.key for field in contents.fields] == ["A"]
    with pytest.raises(DamagedMediaError):
        MKV.plan_without_c2pa(BytesSource(data))


@pytest.mark.parametrize("data", [b"", b"\x1a\x45\xdf", b"RIFF", bytes(40)])
def test_what_does_not_begin_with_an_ebml_header_is_damaged(data):
    with pytest.raises(DamagedMediaError):
        read(data)


def test_a_file_is_never_written():
    source = BytesSource(movie(MEDIA))
    for packet in (b"<x/>", None):
        with pytest.raises(CarrierError):
            MKV.plan_xmp(source, packet)
    assert MKV.plan_without_c2pa(source) == [ByteRange(offset=0, length=source.size)]
    assert MKV.decoding_map(source) == b""


def test_tags_that_make_no_sense_are_reported_and_the_rest_is_read():
    broken = element(TAGS, element(TAG, simple(b"A", b"b") + element(SIMPLE, NAME + b"\x88x")))
    contents = read(movie(broken, MEDIA, tags(simple(b"C", b"d"))))
    assert [field.key for field in contents.fields] == ["A", "C"]
    assert contents.completeness is Completeness.WHOLE
    (problem,) = contents.problems
    assert problem.startswith(f"in the Tags at byte {len(HEAD) + 12}:")


def test_tags_nested_beyond_measure_are_reported():
    deep = b""
    for _ in range(1000):
        deep = simple(b"A", b"b", deep)
    contents = read(movie(tags(deep), MEDIA))
    assert len(contents.fields) == 16
    assert "nested more than 16 deep" in contents.problems[0]


def test_texts_beyond_the_budget_are_not_read():
    contents = read(movie(tags(simple(b"A", bytes(MAX_TEXT))), MEDIA))
    assert contents.fields == ()
    assert "was not read" in contents.problems[0]


@pytest.mark.parametrize(
    "data",
    [
        live(MEDIA, element(VOID, b"") * 60),
        live(open_ended(element(CLUSTER, element(b"\xa3", b"x") * 60), CLUSTER)),
        live(tags(*[simple(b"A", b"b")] * 60), MEDIA),
    ],
)
def test_more_elements_than_are_followed_is_no_whole_file(data, monkeypatch):
    monkeypatch.setattr(_ebml_elements, "MAX_STEPS", 50)
    contents = read(data)
    assert contents.completeness is Completeness.TRUNCATED
    assert any("more than 50 elements" in problem for problem in contents.problems)


def test_a_cluster_is_not_read():
    source = CountingSource(movie(*[element(CLUSTER, bytes(9000))] * 5))
    MKV.read(source)
    assert source.bytes_read < 200


@pytest.mark.parametrize(
    ("name", "fmt", "key"),
    [("s10.mkv", MKV, "AIGC"), ("s11.webm", WEBM, "WORKFLOW"), ("s12.mkv", MKV, "COMMENT")],
)
def test_the_files_of_the_corpus_are_whole(name, fmt, key, corpus):
    with FileSource(corpus / "ai-synthetic" / name) as source:
        assert identify(source.head, "").name == fmt.name
        contents = fmt.read(source)
    assert contents.completeness is Completeness.WHOLE
    assert contents.problems == ()
    assert (f"{fmt.name}/Tags", key) in {(field.place, field.key) for field in contents.fields}
