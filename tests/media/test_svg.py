import pytest

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media import svg
from provenance.media.source import BytesSource
from provenance.media.svg import Svg
from provenance.media.xmp import parse_packets
from provenance.model.metadata import Completeness
from tests.builders.svg import GOOD, OPEN, TERM

SVG = Svg()


def read(text, encoding="utf-8"):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return SVG.read(BytesSource(data))


def essence(text, encoding="utf-8"):
    data = text.encode(encoding)
    return b"".join(data[part.offset : part.end] for part in read(data).essence)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_packet_keeps_the_names_declared_above_it_and_leaves_the_essence(encoding):
    contents = read(GOOD, encoding)
    properties, problems = parse_packets(contents.xmp)
    assert (problems, contents.problems) == ((), ())
    assert ("DigitalSourceType", TERM) in [(item.name, item.value) for item in properties]
    assert ("Title", "Grüße") in [(item.name, item.value) for item in properties]
    assert [(f.place, f.key, f.value) for f in contents.fields] == [("svg/metadata", "", "abc")]
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    assert essence(GOOD, encoding).decode(codec) == f"<?xml version='1.0'?>\n{OPEN}<g/>ü</svg>"


@pytest.mark.parametrize(
    "metadata", ["<metadata/>", "<metadata></metadata>", "<metadata><a/><!--/--></metadata>", ""]
)
def test_an_empty_metadata_element_is_no_essence(metadata):
    assert essence(f"<svg>{metadata}<g/></svg>") == b"<svg><g/></svg>"
    assert read(f"<svg>{metadata}<g/></svg>").fields == ()


MANIFEST = '<c:manifest xmlns:c="http://c2pa.org/manifest">AAA5'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("wrapped", ["{}", "<m>{}</m>"])
def test_a_manifest_is_found_and_is_no_text(encoding, wrapped):
    inner = wrapped.format(f"{MANIFEST}</c:manifest>")
    text = f"<svg><metadata>ü{inner}b</metadata></svg>"
    contents = read(text, encoding)
    (run,) = contents.c2pa
    data = text.encode(encoding)[run.offset : run.end]
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    assert data.decode(codec) == MANIFEST
    assert contents.problems == ()
    assert [field.value for field in contents.fields] == ["üb"]


@pytest.mark.parametrize("element", [f"{MANIFEST}</c:manifest>", MANIFEST.replace(">AAA5", "/>")])
def test_a_manifest_is_found_wherever_it_stands(element):
    assert len(read(f"<svg><g>{element}</g>{element}</svg>").c2pa) == 2


def test_of_a_manifest_in_a_cut_drawing_the_beginning_is_known():
    (run,) = read(f"<svg>{MANIFEST}").c2pa
    assert run.end == len(f"<svg>{MANIFEST}")


PUBLIC = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"'
W3C = "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"


@pytest.mark.parametrize(
    "doctype", [f'{PUBLIC} "{W3C}">', f"{PUBLIC}\n'{W3C}' >", "<!DOCTYPE svg>"]
)
def test_a_drawing_that_names_the_dtd_of_svg_is_read(doctype):
    text = GOOD.replace("\n<svg", f"\n{doctype}\n<svg")
    contents = read(text)
    assert contents.problems == ()
    assert len(contents.xmp) == 1
    assert doctype.encode() in essence(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{PUBLIC} '{W3C}' []><svg/>",
        f"{PUBLIC} '{W3C}' [<!ENTITY a 'b'>]><svg>&a;</svg>",
        f"{PUBLIC} '{W3C}' [<!ATTLIST svg a CDATA 'b'>]><svg/>",
        f"{PUBLIC} '{W3C}' [<!ENTITY % a SYSTEM 'file:///etc/hostname'> %a;]><svg/>",
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>',
        f'<!DOCTYPE svg SYSTEM "{W3C}"><svg/>',
        '<!DOCTYPE svg PUBLIC "-//House//DTD SVG 1.1//EN" "svg11.dtd"><svg/>',
    ],
)
def test_declarations_of_its_own_are_refused_with_a_problem(text):
    contents = read(text)
    assert contents.problems == ("the drawing has a DTD or entities and was not read",)
    assert contents.essence_length == len(text)


@pytest.mark.parametrize("encoding", ["UTF-7", "iso-2022-jp", "hz-gb-2312", "IBM037", "Shift_JIS"])
def test_a_drawing_in_an_encoding_that_hides_markup_is_not_read(encoding):
    text = f"<?xml version='1.0' encoding='{encoding}'?><svg>+ADw-metadata+AD4-</svg>"
    with pytest.raises(DamagedMediaError, match=encoding):
        read(text)


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "US-ASCII", "ISO-8859-1", "windows-1252"])
def test_a_drawing_in_an_encoding_that_is_plain_is_read(encoding):
    contents = read(f'<?xml version="1.0" encoding="{encoding}"?><svg/>')
    assert contents.completeness is Completeness.WHOLE


def test_an_entity_that_nobody_declared_is_damage():
    contents = read(f"{PUBLIC} '{W3C}'><svg><metadata>&a;</metadata></svg>")
    assert "damaged" in contents.problems[0]


@pytest.mark.parametrize("text", ["<svg>" + "<g>" * 70, "<svg><g>", "<svg></g>", "<svg>&x;</svg>"])
def test_a_drawing_that_is_no_whole_xml_is_truncated(text):
    contents = read(text)
    assert contents.completeness is Completeness.TRUNCATED
    with pytest.raises(DamagedMediaError):
        SVG.plan_without_c2pa(BytesSource(text.encode()))


def test_more_elements_or_bytes_than_are_followed_are_a_problem(monkeypatch):
    monkeypatch.setattr(svg, "_MOST_ELEMENTS", 5)
    assert "more than 5 elements" in read("<svg>" + "<g/><!---->" * 3 + "</svg>").problems[0]
    monkeypatch.setattr(svg, "_LARGEST", 5)
    assert "was not read" in read("<svg></svg>").problems[0]


@pytest.mark.parametrize("data", [b"", b"<html><svg/></html>", b"<svgx/>", b"\xff\xfe\0\xd8<svg"])
def test_what_is_no_svg_is_damaged(data):
    assert SVG.score(data, ".txt") == 0
    assert SVG.score(data, ".svg") == 1
    with pytest.raises(DamagedMediaError):
        read(data)


def test_the_element_is_found_behind_what_may_stand_before_it_even_if_the_header_is_cut():
    assert SVG.score(f"\ufeff<?xml?> <!-- a --> <!DOCTYPE svg [x]>\n{GOOD}".encode(), "") == 2
    assert SVG.score("<s:svg>ü".encode()[:-1], "") == 2
    assert SVG.score(b"<!---->" * 2000, "") == 0


def test_the_corpus_sample_declares_itself_and_manifests_are_survived(corpus):
    properties, _ = parse_packets(read((corpus / "ai-synthetic/s24.svg").read_bytes()).xmp)
    assert [(item.name, item.value) for item in properties] == [("DigitalSourceType", TERM)]
    for name in ("cards.svg", "broken_c2pa.svg"):
        contents = read((corpus / "c2pa" / name).read_bytes())
        assert (contents.problems, len(contents.c2pa)) == ((), 1)


def test_a_drawing_is_never_written():
    with pytest.raises(CarrierError):
        SVG.plan_xmp(BytesSource(GOOD.encode()), b"<x/>")
