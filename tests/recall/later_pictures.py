"""Places in HEIF, AVIF, JPEG XL and Photoshop documents."""

from collections.abc import Callable, Iterator

import brotli

from fixtures import heif, jxl, psd
from fixtures.heif import Part, box
from tests.exif_samples import dataset, resource
from tests.recall.cells import Cell, Slot, packets, said, sample, texts
from tests.recall.pictures import CREDIT, PLAIN_CREDIT, comment, described, is_short

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""What the box of a packet begins with."""
_FRAME = Part(kind=b"hvc1", data=bytes(range(256)) * 8)
_AVIF = b"avifmif1"
_IIM, _EXIF, _XMP = 0x0404, 0x0422, 0x0424


def cells() -> Iterator[Cell]:
    """Yield every cell of these formats."""
    for yield_cells in (_heif, _avif, _jxl, _psd):
        yield from yield_cells()


def _heif() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="heif", place=place, suffix=".heic", put=put)

    def in_exif(block: bytes) -> bytes:
        return heif.still(_FRAME, heif.exif(block, b"Exif\0\0"))

    yield from packets(slot("item", lambda data: heif.still(_FRAME, heif.xmp(data))))
    for place, put in {
        "item in front": lambda data: heif.still(heif.xmp(data), _FRAME),
        "item inside meta": lambda data: heif.still(heif.xmp(data, method=1), _FRAME),
        "item with wide numbers": lambda data: heif.still(_FRAME, heif.xmp(data), version=2),
        "item of version 0": lambda data: heif.still(_FRAME, heif.xmp(data), version=0),
        "uuid behind": lambda data: sample("heif") + box(b"uuid", XMP_UUID, data),
        "uuid in front": lambda data: heif.still(_FRAME, front=box(b"uuid", XMP_UUID, data)),
    }.items():
        yield from packets(slot(place, put), among=is_short)
    yield from texts(slot("UserComment", comment(in_exif)), "UTF-16 BE", "UTF-16 LE")
    yield from texts(slot("ImageDescription", described(in_exif)), "plain")


def _avif() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="avif", place=place, suffix=".avif", put=put)

    def in_exif(block: bytes) -> bytes:
        return heif.still(_FRAME, heif.exif(block), brands=_AVIF)

    inside = slot("item", lambda data: heif.still(_FRAME, heif.xmp(data), brands=_AVIF))
    yield from packets(inside)
    yield from packets(slot("encoded", lambda data: heif.encode(xmp=data)), among=is_short)
    yield from texts(slot("UserComment", comment(in_exif)), "UTF-16 BE")


def _jxl() -> Iterator[Cell]:
    picture = box(b"jxlc", jxl.codestream())

    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="jxl", place=place, suffix=".jxl", put=put)

    def packed(kind: bytes, data: bytes) -> bytes:
        return box(b"brob", kind, brotli.compress(data))

    def front(wrap: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        return lambda data: jxl.boxed(wrap(data), picture)

    def behind(wrap: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        return lambda data: jxl.boxed(picture, wrap(data))

    def xml(data: bytes) -> bytes:
        return box(b"xml ", data)

    def brob(data: bytes) -> bytes:
        return packed(b"xml ", data)

    yield from packets(slot("xml front", front(xml)))
    yield from packets(slot("xml behind", behind(xml)), among=is_short)
    yield from packets(slot("brob front", front(brob)))
    yield from packets(slot("brob behind", behind(brob)), among=is_short)
    for where, around in {"front": front, "behind": behind}.items():
        plain = around(lambda block: box(b"Exif", bytes(4), block))
        small = around(lambda block: packed(b"Exif", bytes(4) + block))
        yield from texts(slot(f"UserComment {where}", comment(plain)), "UTF-16 BE", "UTF-16 LE")
        yield from texts(slot(f"packed UserComment {where}", comment(small)), "UTF-16 BE")


def _psd() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes], suffix: str = ".psd") -> Slot:
        return Slot(fmt="psd", place=place, suffix=suffix, put=put)

    def document(kind: int, data: bytes, *, is_large: bool = False) -> bytes:
        others = resource(1005, b"odd")
        resources = others + resource(kind, data, b"desk") + others
        return psd.document(psd.planes(), resources=resources, is_large=is_large)

    yield from packets(slot("resource", lambda data: document(_XMP, data)))
    large = slot("large resource", lambda data: document(_XMP, data, is_large=True), ".psb")
    yield from packets(large, among=is_short)
    yield from texts(
        slot("UserComment", comment(lambda block: document(_EXIF, block))), "UTF-16 BE"
    )
    credit = slot("IIM credit", lambda data: document(_IIM, dataset(2, 110, data)))
    yield said(credit, CREDIT, PLAIN_CREDIT)
