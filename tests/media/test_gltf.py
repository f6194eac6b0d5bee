"""glTF: models as JSON text and in one binary file."""

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.gltf import corners, document, glb, mesh, packed
from provenance.errors import DamagedMediaError, MediaError
from provenance.media import _gltf_document, gltf
from provenance.media.essence import identify_bytes
from provenance.media.formats import identify
from provenance.media.gltf import Glb, Gltf
from provenance.media.source import BytesSource
from provenance.media.xmp import parse_packets
from provenance.model.metadata import ByteRange, Completeness
from provenance.model.source_type import IPTC_BASE

TEXT, BINARY = Gltf(), Glb()
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
TRAINED = IPTC_BASE + "trainedAlgorithmicMedia"
JSON = b"JSON"


def read(model):
    data = model if isinstance(model, bytes) else json.dumps(model).encode()
    return TEXT.read(BytesSource(data))


def fields(contents):
    return [(found.place, found.key, found.value) for found in contents.fields]


def properties(*packets, **extension):
    model = document(extensions={"KHR_xmp_json_ld": {"packets": list(packets), **extension}})
    found, damaged = parse_packets(read(model).xmp)
    assert damaged == ()
    return [(item.namespace, item.name, item.value) for item in found]


def test_what_a_document_says_of_itself_is_read_from_every_place_for_it():
    model = mesh(4, extras={"prompt": '{"3":{}}', "none": None})
    model["asset"] = {
        "version": "2.0",
        "generator": "Desk 4",
        "copyright": "The Harbour",
        "extras": {"workflow": {"nodes": [], "links": [1.5, "é"]}, "on": True, "take": 2},
    }
    model["scenes"] = [{"name": "Dawn", "extras": {"AIGC": "{}"}}]
    model["nodes"] = [{"name": "Rope", "extras": {"seed": 1}}, {"extras": {"seed": 1}}]
    model["materials"] = [{"name": "Wood"}]
    assert sorted(fields(read(model))) == [
        ("gltf/asset", "copyright", "The Harbour"),
        ("gltf/asset", "generator", "Desk 4"),
        ("gltf/asset", "version", "2.0"),
        ("gltf/asset/extras", "on", "true"),
        ("gltf/asset/extras", "take", "2"),
        ("gltf/asset/extras", "workflow", '{"links":[1.5,"é"],"nodes":[]}'),
        ("gltf/extras", "prompt", '{"3":{}}'),
        ("gltf/materials", "name", "Wood"),
        ("gltf/meshes", "name", "Pier"),
        ("gltf/nodes/extras", "seed", "1"),
        ("gltf/scenes/extras", "AIGC", "{}"),
    ]


@pytest.mark.parametrize(
    ("extras", "said"),
    [('"a note"', "a note"), ("[1, {}]", "[1,{}]"), ("7", "7"), ('"\\ud800"', "?")],
)
def test_extras_that_are_no_object_are_a_text_without_a_key(extras, said):
    contents = read(b'{"asset":{"version":"2.0","extras":%s}}' % extras.encode())
    assert fields(contents)[-1] == ("gltf/asset/extras", "", said)


def test_of_two_members_of_one_name_both_are_read():
    contents = read(b'{"asset":{"version":"2.0"},"extras":{"a":"1"},"extras":{"\\u0061":"2"}}')
    assert [value for _, key, value in fields(contents) if key == "a"] == ["1", "2"]


def test_a_source_type_in_a_json_ld_packet_is_a_property_like_any_other():
    plain = {"@context": {"Iptc4xmpExt": IPTC}, "Iptc4xmpExt:DigitalSourceType": TRAINED}
    by_reference = {"@context": {"a": IPTC}, "a:DigitalSourceType": {"@id": TRAINED}}
    written_out = {f"{IPTC}DigitalSourceType": {"@set": [TRAINED]}}
    undeclared = {"Iptc4xmpExt:DigitalSourceType": TRAINED}
    expected = [(IPTC, "DigitalSourceType", TRAINED)]
    for packet in (plain, by_reference, written_out, undeclared):
        assert properties(packet) == expected
    assert properties({"b:DigitalSourceType": TRAINED}, **{"@context": {"b": IPTC}}) == expected


def test_every_form_a_json_ld_property_may_have_gives_its_values():
    packet = {
        "@context": [{"dc": "http://dc/", "x": {"@id": 'http://x/"&'}}, "http://elsewhere"],
        "@type": "rdf:Description",
        "dc:title": {"@type": "rdf:Alt", "rdf:_1": {"@language": "en", "@value": "Pier <B> & \0"}},
        "dc:creator": {"@list": ["Jo", "Lee"]},
        "x:Made": {"x:When": 2026, "x:Done": True, "x:Not": None},
        "unknown:Name": "lost",
        "dc:not a name": "lost",
        "plain": "lost",
    }
    assert properties(packet, "no packet", {"@context": {}}) == [
        ("http://dc/", "title", "Pier <B> & \ufffd"),
        ("http://dc/", "creator", "Jo"),
        ("http://dc/", "creator", "Lee"),
        ('http://x/"&', "When", "2026"),
        ('http://x/"&', "Done", "True"),
    ]


def test_an_extension_of_another_form_gives_no_packets():
    for extension in ([], {"packets": 3}, {}):
        assert read(document(extensions={"KHR_xmp_json_ld": extension})).xmp == ()
    assert read(document(extensions=3)).xmp == ()


def test_a_copy_without_extras_has_the_same_essence():
    full = glb(mesh(9, extras={"prompt": "x"}), corners(9))
    bare = glb(mesh(9), corners(9))
    digests = {
        identify_bytes(source, BINARY, BINARY.read(source)).essence_digest
        for source in (BytesSource(full), BytesSource(bare))
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    "model", [document(), mesh(4) | {"images": [{"uri": "data:image/png;base64,AAAA"}]}]
)
def test_the_essence_is_the_whole_file_where_the_buffer_is_not_all_of_it(model):
    buffer = corners(4) if "images" in model else b""
    data = glb(model, buffer)
    assert BINARY.read(BytesSource(data)).essence == (ByteRange(offset=0, length=len(data)),)


def test_what_stands_behind_a_model_is_told():
    data = glb(mesh(9), corners(9))
    contents = BINARY.read(BytesSource(data + b"\x89PNG"))
    assert (contents.trailer_length, contents.completeness) == (4, Completeness.WHOLE)
    assert contents.essence == (ByteRange(offset=len(data) - 108, length=108),)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (packed((JSON, b'{"asset":{}} x')), "stands behind"),
        (packed((JSON, b'{"asset":{}}'), (JSON, b"{}")), "second JSON chunk"),
        (packed((JSON, b"[]")), "no JSON object"),
        (packed((JSON, b'{"scene":0}')), "no asset object"),
        (packed((JSON, b'{"asset":{"extras":{"a":"\xff"}}}')), "damaged"),
        (packed((JSON, b'{"asset":{"extras":{"a":1%s}}}' % (b"0" * 5000))), "damaged"),
        (packed((b"BIN\0", b"1234")), "no JSON chunk"),
        (packed((b"BIN\0", b"1234"))[:-2], "inside its chunk"),
        (packed((b"BIN\0", b"1234"))[:14], "inside a structure"),
    ],
)
def test_what_is_odd_in_a_binary_file_is_said(data, problem):
    assert problem in " ".join(BINARY.read(BytesSource(data)).problems)


@pytest.mark.parametrize(
    "text",
    [
        '{"asset":{}',
        '{"asset":{},}',
        '{"asset" {}}',
        '{"asset":{}}}'[:-2],
        '{"asset":{"a":[1,2}}',
        '{"asset":{"a":"b}}',
        "{asset:{}}",
        '{"\\x":{}}',
        '{"asset":{"a":}}',
    ],
)
def test_a_text_that_is_no_json_is_truncated(text):
    contents = read(text.encode())
    assert contents.completeness is Completeness.TRUNCATED
    assert contents.problems


def test_more_than_is_read_is_a_problem(monkeypatch):
    monkeypatch.setattr(_gltf_document, "_MOST_FIELDS", 3)
    contents = read(document(extras={"a": 1, "b": 2, "c": 3}))
    assert (len(contents.fields), len(contents.problems)) == (3, 1)
    monkeypatch.setattr(gltf, "LARGEST_DOCUMENT", 20)
    assert "was not read" in read(document()).problems[0]
    assert "was not read" in BINARY.read(BytesSource(glb(document()))).problems[0]


def test_more_chunks_than_are_followed_are_a_problem(monkeypatch):
    monkeypatch.setattr(gltf, "MAX_STEPS", 3)
    contents = BINARY.read(BytesSource(glb(document()) + bytes(8)))
    assert contents.problems == ()
    chunks = packed((JSON, b'{"asset":{}}'), *[(b"XXXX", b"")] * 3)
    assert "more than 3 chunks" in BINARY.read(BytesSource(chunks)).problems[0]


def test_texts_beyond_the_budget_are_a_problem_and_the_rest_is_read():
    half = "x" * (6 << 20)
    model = document(extras={"a": half, "b": half}, scenes=[{"extras": {"c": half}}])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gltf, "LARGEST_DOCUMENT", 32 << 20)
        contents = read(model)
    assert [key for _, key, _ in fields(contents)] == ["version", "a", "b"]
    assert "was not read" in contents.problems[0]


def test_a_value_too_large_to_build_does_not_hide_the_others():
    model = b'{"extras":{"a":[%s1],"b":"seen"},"asset":{}}' % (b"1," * 300_001)
    contents = read(model)
    assert fields(contents) == [("gltf/extras", "b", "seen")]
    assert "too many parts" in contents.problems[0]


@pytest.mark.parametrize("data", [b"", b"[]", b"glTF", b"\xff\xfe{"])
def test_what_is_no_model_is_damaged(data):
    for fmt in (TEXT, BINARY):
        with pytest.raises(DamagedMediaError):
            fmt.read(BytesSource(data))


def test_other_versions_of_the_binary_file_are_damaged():
    for version, length in ((1, 24), (3, 24), (2, 19)):
        data = struct.pack("<4sII", b"glTF", version, length) + bytes(12)
        with pytest.raises(DamagedMediaError):
            BINARY.read(BytesSource(data))


def test_json_is_a_model_only_if_it_says_so():
    assert TEXT.score(b'\xef\xbb\xbf \n{"scene":0, "asset":{"version":"2.0"}}', "") == 3
    late = b'{"accessors":[' + b'{"count":1},' * 1000
    assert TEXT.score(late[:8192], ".gltf") == 2
    for header in (late[:8192], b'{"asset":{"version":2}}', b'{"asset":"version"}', b"{}", b"[1]"):
        assert TEXT.score(header, ".json") == 0
    assert TEXT.score(b'{"widgets":[' + b"1," * 5000, ".gltf") == 1


def test_no_sample_of_the_corpus_is_damaged_or_declares_anything(corpus):
    folder = corpus / "post/3d/gltf"
    paths = sorted(folder.glob("*.gl*"))
    assert paths
    for path in paths:
        data = path.read_bytes()
        fmt = identify(data[:8192], ".bin")
        contents = fmt.read(BytesSource(data))
        assert fmt.name == path.suffix[1:]
        assert (contents.problems, contents.xmp) == ((), ())
        assert {found.key for found in contents.fields} == {"version"}


def survives(data):
    for fmt in (TEXT, BINARY):
        fmt.score(data[:8192], "")
        try:
            contents = fmt.read(BytesSource(data))
            assert all(0 <= part.offset <= part.end <= len(data) for part in contents.essence)
        except MediaError:
            pass


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.text(max_size=40))
def test_random_content_is_survived(rest, text):
    quoted = json.dumps(text).encode()
    survives(b'{"asset":{"version":"2.0","extras":{%s:' % quoted + rest)
    survives(packed((JSON, b'{"asset":{"extras":%s}}' % quoted)) + rest)
    survives(packed((JSON, rest)))


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["@context", "@list", "rdf:_1", "dc:a", "b"]), inner)
        ),
        max_leaves=12,
    )
)
def test_any_extension_gives_packets_that_can_be_read(packet):
    model = document(extensions={"KHR_xmp_json_ld": {"packets": [packet]}})
    assert parse_packets(read(model).xmp)[1] == ()
