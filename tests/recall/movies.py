"""Places in MP4, QuickTime and kin, Matroska, AVI and Flash video."""

import struct
from collections.abc import Callable, Iterator

from fixtures import avi, flv
from fixtures.bmff import box
from fixtures.matroska import element
from fixtures.waveform import chunk
from tests.builders import ebml
from tests.recall.cells import Cell, Slot, packets, sample, texts
from tests.recall.later_pictures import XMP_UUID
from tests.recall.pictures import is_short

_UDTA, _META, _ILST = b"udta", b"meta", b"ilst"
_FORM_HEADER = 12


def cells() -> Iterator[Cell]:
    """Yield every cell of these formats."""
    for fmt, suffix in (("mp4", ".mp4"), ("mov", ".mov"), ("m4v", ".m4v"), ("m4a", ".m4a")):
        yield from _movie(fmt, suffix)
    for fmt in ("mkv", "webm"):
        yield from _matroska(fmt)
    yield from _avi()
    yield from _flv()


def _movie(fmt: str, suffix: str) -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt=fmt, place=place, suffix=suffix, put=put)

    def uuid(data: bytes) -> bytes:
        return box(b"uuid", XMP_UUID + data)

    def behind(addition: bytes) -> bytes:
        return sample(fmt) + addition

    def in_moov(addition: bytes) -> bytes:
        return within(sample(fmt), b"moov", addition)

    yield from packets(slot("uuid behind", lambda data: behind(uuid(data))))
    for place, put in {
        "uuid front": lambda data: _in_front(sample(fmt), uuid(data)),
        "uuid in moov": lambda data: in_moov(uuid(data)),
        "XMP_ in udta": lambda data: in_moov(box(_UDTA, box(b"XMP_", data))),
        "uuid in udta": lambda data: in_moov(box(_UDTA, uuid(data))),
        "XMP_ in a track": lambda data: within(
            sample(fmt), b"trak", box(_UDTA, box(b"XMP_", data))
        ),
        "uuid of 64 bits": lambda data: behind(
            struct.pack(">I4sQ", 1, b"uuid", 16 + 16 + len(data)) + XMP_UUID + data
        ),
        "uuid to the end": lambda data: behind(struct.pack(">I4s", 0, b"uuid") + XMP_UUID + data),
        "uuid behind free": lambda data: behind(box(b"free", bytes(9000)) + uuid(data)),
    }.items():
        yield from packets(slot(place, put), among=is_short)
    for place, item in {"item": _item, "own item": own_item}.items():
        held = slot(f"{place} in udta", lambda data, i=item: in_moov(listed(i(data))))
        yield from texts(held, "plain")
    wide = slot("wide item in udta", lambda data: in_moov(listed(_item(data, kind=2))))
    yield from texts(wide, "UTF-16 BE")
    keyed = slot("key in meta", lambda data: in_moov(_keyed(data)))
    yield from texts(keyed, "plain")
    whole = slot("item of the file", lambda data: behind(_meta(_item(data))))
    yield from texts(whole, "plain")
    yield from texts(slot("user data", lambda data: in_moov(_user_data(data))), "plain")


def within(data: bytes, kind: bytes, addition: bytes) -> bytes:
    """Return a movie whose media stands in front, with one more box in its first such box."""
    at = data.index(kind) - 4
    length = int.from_bytes(data[at : at + 4])
    grown = [(at, length)]
    if kind == b"trak":
        outer = data.index(b"moov") - 4
        grown.append((outer, int.from_bytes(data[outer : outer + 4])))
    changed = bytearray(data[: at + length] + addition + data[at + length :])
    for offset, size in grown:
        struct.pack_into(">I", changed, offset, size + len(addition))
    return bytes(changed)


def _in_front(data: bytes, addition: bytes) -> bytes:
    """Return the movie with a box behind `ftyp`; its tables are told that the media moved."""
    at = int.from_bytes(data[:4])
    changed = bytearray(data)
    table = changed.find(b"stco")
    while table >= 0:
        (count,) = struct.unpack_from(">I", changed, table + 8)
        for number in range(count):
            place = table + 12 + 4 * number
            (offset,) = struct.unpack_from(">I", changed, place)
            struct.pack_into(">I", changed, place, offset + len(addition))
        table = changed.find(b"stco", table + 4)
    return bytes(changed[:at]) + addition + bytes(changed[at:])


def _value(data: bytes, kind: int = 1) -> bytes:
    return box(b"data", struct.pack(">II", kind, 0) + data)


def _item(data: bytes, kind: int = 1) -> bytes:
    return box(b"\xa9cmt", _value(data, kind))


def own_item(data: bytes, key: bytes = b"parameters") -> bytes:
    """Return an item with a name of one's own."""
    mean, name = (
        box(b"mean", bytes(4) + b"com.apple.iTunes"),
        box(b"name", bytes(4) + key),
    )
    return box(b"----", mean + name + _value(data))


def listed(item: bytes) -> bytes:
    """Return user data with an item of the iTunes list, or several."""
    return box(_UDTA, _meta(item))


def _meta(item: bytes) -> bytes:
    handler = box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    return box(_META, bytes(4) + handler + box(_ILST, item))


def _keyed(data: bytes) -> bytes:
    handler = box(b"hdlr", bytes(8) + b"mdta" + bytes(13))
    keys = box(b"keys", struct.pack(">II", 0, 1) + box(b"mdta", b"parameters"))
    item = box(struct.pack(">I", 1), _value(data))
    return box(_META, handler + keys + box(_ILST, item))


def _user_data(data: bytes) -> bytes:
    return box(_UDTA, box(b"\xa9cmt", struct.pack(">HH", len(data), 0x55C4) + data))


def _matroska(fmt: str) -> Iterator[Cell]:
    document = b"matroska" if fmt == "mkv" else b"webm"
    head = element(ebml.HEADER, element(ebml.DOC_TYPE, document))

    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt=fmt, place=place, suffix=f".{fmt}", put=put)

    def tags(data: bytes, key: bytes = b"COMMENT") -> bytes:
        return ebml.tags(ebml.simple(key, data))

    for place, put in {
        "tags front": lambda data: ebml.movie(tags(data), ebml.MEDIA, head=head),
        "tags behind": lambda data: ebml.movie(ebml.MEDIA, tags(data), head=head),
        "tags of a recording": lambda data: _live(head, tags(data), ebml.MEDIA),
        "nested tags": lambda data: ebml.movie(
            ebml.MEDIA,
            ebml.tags(ebml.simple(b"A", b"b", ebml.simple(b"PARAMETERS", data))),
            head=head,
        ),
        "tags of a real movie": lambda data: _grown(sample(fmt), tags(data)),
    }.items():
        yield from texts(slot(place, put), "plain")


def _live(head: bytes, *parts: bytes) -> bytes:
    return head + ebml.live(*parts).removeprefix(ebml.HEAD)


def _grown(data: bytes, addition: bytes) -> bytes:
    """Return a movie whose segment has an element more, behind its clusters."""
    at = data.index(ebml.SEGMENT) + len(ebml.SEGMENT)
    length = int.from_bytes(data[at : at + 8]) & (1 << 56) - 1
    return data[:at] + (length + len(addition) | 1 << 56).to_bytes(8) + data[at + 8 :] + addition


def _avi() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="avi", place=place, suffix=".avi", put=put)

    def with_chunk(addition: bytes, at: int | None = None) -> bytes:
        return avi.with_chunk(sample("avi", "mpeg4.avi"), addition, at=at)

    def info(data: bytes) -> bytes:
        return chunk(b"LIST", b"INFO" + chunk(b"ICMT", data + b"\0"))

    yield from packets(slot("_PMX behind", lambda data: with_chunk(chunk(b"_PMX", data))))
    front = slot("_PMX front", lambda data: with_chunk(chunk(b"_PMX", data), _FORM_HEADER))
    yield from packets(front, among=is_short)
    yield from texts(slot("INFO behind", lambda data: with_chunk(info(data))), "plain")
    yield from texts(slot("INFO front", lambda data: with_chunk(info(data), _FORM_HEADER)), "plain")


def _flv() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="flv", place=place, suffix=".flv", put=put)

    def long(data: bytes) -> bytes:
        return b"\x0c" + struct.pack(">I", len(data)) + data

    def xmp(data: bytes) -> bytes:
        return flv.text(b"onXMPData") + flv.members(liveXML=long(data))

    def comment(data: bytes) -> bytes:
        return flv.text(b"onMetaData") + flv.members(comment=flv.text(data))

    def behind(script: bytes) -> bytes:
        return sample("flv") + flv.tag(18, script)

    front = slot("onXMPData", lambda data: flv.with_script(xmp(data)))
    yield from packets(front, among=lambda one: one.is_utf_8)
    last = slot("onXMPData behind", lambda data: behind(xmp(data)))
    yield from packets(last, among=lambda one: one.is_utf_8 and is_short(one))
    yield from texts(slot("onMetaData", lambda data: flv.with_script(comment(data))), "plain")
    yield from texts(slot("onMetaData behind", lambda data: behind(comment(data))), "plain")
