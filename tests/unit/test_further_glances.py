"""Pictures, movies and documents that a hasty look would clear; see `test_glances`."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.declared import GRAPH
from fixtures.heif import TIFF, Part, box, exif, still, xmp
from fixtures.matroska import element
from fixtures.packets import labelled, packet
from fixtures.psd import PACKED, document, planes, resource
from provenance.glances.screen import Screen
from tests.builders import ebml
from tests.glancing import look_at, make_examiner, make_screen, objections

PROMPT = json.dumps(GRAPH).encode()
AI = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
DECLARING = packet(f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{AI.decode()}"/>')
DOCTYPE = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">'
PICTURE = Part(kind=b"hvc1", data=bytes(range(256)))
ASKED = (
    b"MM\0*"
    + struct.pack(">IHHHII", 8, 1, 0x9286, 7, 8 + len(PROMPT), 26)
    + bytes(4)
    + b"ASCII\0\0\0"
    + PROMPT
)


@pytest.fixture(scope="module")
def screen() -> Screen:
    return make_screen()


def _overlapping() -> bytes:
    """Return a picture that lies where the packet does."""
    data = still(PICTURE, xmp(labelled()))
    at = data.index(b"iloc") + 4 + 8 + 8
    return data[:at] + data[at + 16 : at + 24] + data[at + 8 :]


def mkv(*parts: bytes, doc_type: bytes = b"matroska") -> bytes:
    """Return a movie, whose header is as long as those of most writers."""
    told = element(b"\x42\x86", b"\1") + element(ebml.DOC_TYPE, doc_type)
    header = element(ebml.HEADER, told + b"\xec\x84" + bytes(4))
    return ebml.movie(*parts, ebml.MEDIA, head=header)


def psd(*resources: bytes, **options: bool) -> bytes:
    return document(planes(), resources=b"".join(resources), **options)


def svg(content: str, head: str = "") -> bytes:
    return f'{head}<svg xmlns="http://www.w3.org/2000/svg">{content}</svg>'.encode()


PLAIN: dict[str, Callable[[], bytes]] = {
    "a picture": lambda: still(PICTURE),
    "a picture of a phone": lambda: still(
        *[PICTURE] * 48, exif(prefix=b"Exif\0\0"), xmp(labelled()), version=1
    ),
    "a block without a distance": lambda: still(Part(kind=b"Exif", data=TIFF), PICTURE),
    "a packet between pictures": lambda: still(PICTURE, xmp(labelled()), PICTURE),
    "a packet in a box": lambda: still(
        PICTURE, front=box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), labelled())
    ),
    "a movie": lambda: mkv(ebml.tags(ebml.simple(b"TITLE", b"Harbour"))),
    "a movie of the web": lambda: mkv(doc_type=b"webm"),
    "a movie of a writer": lambda: mkv(element(ebml.INFO, element(b"\x4d\x80", b"Lavf"))),
    "a movie in two clusters": lambda: mkv(ebml.MEDIA),
    "a movie with fonts": lambda: mkv(element(ebml.ATTACHMENTS, bytes(5000))),
    "texts behind the first bytes": lambda: mkv(
        element(ebml.VOID, bytes(8140)), ebml.tags(ebml.simple(b"TITLE", b"Harbour"))
    ),
    "a document": psd,
    "a packed document": lambda: psd(resource(0x0424, labelled()), compression=PACKED),
    "a large document": lambda: psd(resource(0x0422, TIFF), compression=PACKED, is_large=True),
    "resources behind the first bytes": lambda: psd(
        resource(1036, bytes(9000)), resource(0x0424, labelled())
    ),
    "a drawing": lambda: svg("<path d='M0 0'/>"),
    "a drawing of many groups": lambda: svg("<g>é</g>" * 99),
    "a drawing with comments": lambda: svg("<!-- one --><g/><!--<two>-->", "<!-- three -->"),
    "a drawing that is described": lambda: svg("<metadata>Harbour</metadata><!-- one --><g/>"),
    "a drawing with links": lambda: svg("<g xmlns:x='y' x:href='&lt;'/>", "<?xml version='1.0'?>"),
}
TRAPS: dict[str, Callable[[], bytes]] = {
    "a prompt in an item": lambda: still(exif(ASKED, b"Exif\0\0"), PICTURE),
    "a packet in an item": lambda: still(PICTURE, xmp(DECLARING)),
    "a packet inside": lambda: still(PICTURE, xmp(DECLARING, method=1)),
    "a packet in a uuid box": lambda: still(
        PICTURE, front=box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), DECLARING)
    ),
    "a compressed packet": lambda: still(
        PICTURE, Part(kind=b"mime", data=bytes(9), more=b"application/rdf+xml\0deflate\0")
    ),
    "a packet of another item": lambda: still(
        PICTURE, Part(kind=b"mime", data=b"", more=b"application/rdf+xml\0", method=2)
    ),
    "a picture in another file": lambda: still(Part(kind=b"hvc1", data=b"x" * 9, reference=1)),
    "a picture behind the end": lambda: still(PICTURE)[:-1],
    "a picture among the packets": _overlapping,
    "no picture": still,
    "a prompt of a movie": lambda: mkv(ebml.tags(ebml.simple(b"prompt", PROMPT))),
    "a prompt far behind": lambda: mkv(
        element(ebml.VOID, bytes(8140)), ebml.tags(ebml.simple(b"prompt", PROMPT))
    ),
    "a prompt behind the media": lambda: mkv(
        ebml.MEDIA, ebml.tags(ebml.simple(b"TITLE", b"A"), ebml.simple(b"prompt", PROMPT))
    ),
    "a prompt in a tag": lambda: mkv(
        ebml.tags(ebml.simple(b"TITLE", b"Harbour", ebml.simple(b"prompt", PROMPT)))
    ),
    "an information that ends early": lambda: mkv(element(ebml.INFO, b"\x7b\xa9\x88Harbour")),
    "a tag that leaves its place": lambda: mkv(
        element(ebml.TAGS, ebml.TAG + b"\x84" + ebml.SIMPLE + b"\x85")
    ),
    "a movie that ends early": lambda: mkv()[:-1],
    "a movie without media": lambda: mkv().replace(ebml.CLUSTER, ebml.CUES),
    "a packet of a document": lambda: psd(resource(0x0424, DECLARING)),
    "a packet of a document far behind": lambda: psd(
        resource(1036, bytes(9000)), resource(0x0424, DECLARING)
    ),
    "zeros among the resources": lambda: psd(resource(1005, bytes(8)), bytes(2)),
    "a document that ends early": lambda: psd(compression=PACKED)[:-1],
    "a large document that ends early": lambda: psd(compression=PACKED, is_large=True)[:-1],
    "a document with a zipped picture": lambda: psd(compression=PACKED).replace(
        b"\0\1\0\x41", b"\0\2\0\x41", 1
    ),
    "a document without pixels": lambda: psd()[:12] + bytes(2) + psd()[14:],
    "a prompt of a drawing": lambda: svg(f"<metadata>{PROMPT.decode()}</metadata>"),
    "a prompt that is spelled otherwise": lambda: svg(
        f"<metadata>&#123;{PROMPT.decode()[1:]}</metadata>"
    ),
    "a packet of a drawing": lambda: svg(f"<metadata>{DECLARING.decode()[54:-19]}</metadata>"),
    "a drawing that ends early": lambda: svg("<g/>")[:-1],
    "a drawing nested deeply": lambda: svg("<g>" * 70 + "</g>" * 70),
    "an entity that nobody declares": lambda: svg("&who;", DOCTYPE),
    "a DTD with declarations": lambda: svg("", DOCTYPE.replace(">", "[<!ENTITY a 'b'>]>")),
    "a DTD of somebody": lambda: svg("", "<!DOCTYPE svg SYSTEM 'a.dtd'>"),
    "a name without a space": lambda: svg("<x:g/>"),
    "bytes that are no text": lambda: svg("<g/>").replace(b"<g/>", b"<g a='\xff'/>"),
    "a trailer of a gallery": lambda: still(PICTURE) + box(b"free", b"SEFHxxxx", b"SEFT"),
}


@pytest.mark.parametrize("made", PLAIN.values(), ids=PLAIN)
def test_a_plain_file_is_cleared_rightly(
    made: Callable[[], bytes], screen: Screen, tmp_path: Path
) -> None:
    cleared = look_at(made(), screen)
    assert cleared is not None
    path = tmp_path / "sample"
    path.write_bytes(made())
    assert objections(path, cleared, make_examiner(), lambda _: True) == []


@pytest.mark.parametrize("made", TRAPS.values(), ids=TRAPS)
def test_a_file_that_says_something_is_not_cleared(
    made: Callable[[], bytes], screen: Screen, tmp_path: Path
) -> None:
    assert look_at(made(), screen) is None
    path = tmp_path / "sample"
    path.write_bytes(made())
    with make_examiner().examine(path) as examined:
        assert examined.problems or examined.signals
