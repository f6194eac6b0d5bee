"""Places in PNG, JPEG, WebP, TIFF and GIF."""

import struct
import zlib
from collections.abc import Callable, Iterator

from fixtures import gif, jpeg, png, tiff, webp
from fixtures.packets import packet
from fixtures.waveform import chunk
from tests.exif_samples import (
    ASCII,
    DESCRIPTION,
    UNDEFINED,
    USER_COMMENT,
    dataset,
    directory,
    exif,
    resource,
    text,
)
from tests.recall.cells import Cell, Packet, Slot, packets, said, sample, texts

_APP1, _APP13, _COM = 0xE1, 0xED, 0xFE
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_GUID = b"0123456789ABCDEF0123456789ABCDEF"
_KEYWORD = b"XML:com.adobe.xmp"
_PNG_END, _MAGIC_AND_IHDR = 12, 8 + 25
_XMP_TAG, _IIM = 700, 0x0404
_XP_COMMENT = 0x9C9C
_GIF_TAIL = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
CREDIT, PLAIN_CREDIT = b"Made with Google AI", b"Made with Google Docs"
"""What stands in a credit line."""
_UNICODE, _ASCII = b"UNICODE\0", b"ASCII\0\0\0"


def cells() -> Iterator[Cell]:
    """Yield every cell of these formats."""
    for yield_cells in (_jpeg, _png, _webp, _tiff, _gif):
        yield from yield_cells()


def comment(put: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return what puts a text, marked as UTF-16, into the Exif block of a file."""
    return lambda data: put(exif(beneath=[text(USER_COMMENT, _UNICODE + data, UNDEFINED)]))


def plain_comment(put: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return what puts a text, marked as ASCII, into the Exif block of a file."""
    return lambda data: put(exif(beneath=[text(USER_COMMENT, _ASCII + data, UNDEFINED)]))


def described(put: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return what puts a text into the first directory of the Exif block of a file."""
    return lambda data: put(exif(text(DESCRIPTION, data + b"\0", ASCII), order="<"))


def is_short(one: Packet) -> bool:
    """Return whether a packet says it in so few ways that it need not be tried everywhere."""
    return one.name in {"element", "entities in an attribute", "UTF-16 LE", "our tag"}


def _with(data: bytes, *segments: bytes) -> bytes:
    return jpeg.with_segment(b"".join(segments), data)


def _before_scan(addition: bytes) -> bytes:
    data = sample("jpeg")
    at = data.index(b"\xff\xda")
    return data[:at] + addition + data[at:]


def _extended(order: int) -> Callable[[bytes], bytes]:
    """Return what spreads a packet over two segments of Extended XMP, in this order."""

    def put(data: bytes) -> bytes:
        half = len(data) // 2
        parts = [
            jpeg.segment(
                _APP1, _EXTENDED + _GUID + struct.pack(">II", len(data), offset) + data[offset:end]
            )
            for offset, end in ((0, half), (half, len(data)))
        ]
        note = 'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP='
        main = packet(attributes=f'{note}"{_GUID.decode()}"')
        return _with(sample("jpeg"), jpeg.segment(_APP1, _XMP + main), *parts[::order])

    return put


def _jpeg() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="jpeg", place=place, suffix=".jpg", put=put)

    def app1(data: bytes) -> bytes:
        return jpeg.segment(_APP1, _XMP + data)

    def in_exif(block: bytes) -> bytes:
        return _with(sample("jpeg"), jpeg.segment(_APP1, b"Exif\0\0" + block))

    def credit(data: bytes) -> bytes:
        resources = resource(_IIM, dataset(2, 110, data))
        return _with(sample("jpeg"), jpeg.segment(_APP13, b"Photoshop 3.0\0" + resources))

    yield from packets(slot("APP1", lambda data: _with(sample("jpeg"), app1(data))))
    for place, put in {
        "APP1 behind fill bytes": lambda data: _with(sample("jpeg"), b"\xff\xff", app1(data)),
        "APP1 behind profile": lambda data: _with(sample("jpeg", "exif_profile.jpg"), app1(data)),
        "second APP1": lambda data: _with(sample("jpeg", "foreign_xmp.jpg"), app1(data)),
        "APP1 before the scan": lambda data: _before_scan(app1(data)),
        "extended XMP": _extended(1),
        "extended XMP backwards": _extended(-1),
    }.items():
        yield from packets(slot(place, put), among=is_short)
    yield from texts(
        slot("COM", lambda data: _with(sample("jpeg"), jpeg.segment(_COM, data))), "plain"
    )
    yield from texts(slot("UserComment", comment(in_exif)), "UTF-16 BE", "UTF-16 LE")
    yield from texts(slot("UserComment ASCII", plain_comment(in_exif)), "plain")
    yield from texts(slot("ImageDescription", described(in_exif)), "plain")
    xp_comment = slot("XPComment", lambda data: in_exif(exif(text(_XP_COMMENT, data, 1))))
    yield from texts(xp_comment, "UTF-16 LE")
    yield said(slot("IIM credit", credit), CREDIT, PLAIN_CREDIT)


def _behind_header(addition: bytes) -> bytes:
    return png.with_chunks(addition)


def _at_end(addition: bytes) -> bytes:
    data = sample("png")
    return data[:-_PNG_END] + addition + data[-_PNG_END:]


def _behind_end(addition: bytes) -> bytes:
    return sample("png") + addition


def _raw_profile(data: bytes) -> bytes:
    return b"\nxmp\n%8d\n" % len(data) + data.hex().encode() + b"\n"


def _png() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="png", place=place, suffix=".png", put=put)

    def itxt(data: bytes) -> bytes:
        return png.chunk(b"iTXt", _KEYWORD + b"\0\0\0\0\0" + data)

    def packed(data: bytes) -> bytes:
        return png.chunk(b"iTXt", _KEYWORD + b"\0\1\0\0\0" + zlib.compress(data))

    def raw(data: bytes) -> bytes:
        body = zlib.compress(_raw_profile(data))
        return png.chunk(b"zTXt", b"Raw profile type xmp\0\0" + body)

    wheres = {"front": _behind_header, "end": _at_end, "behind IEND": _behind_end}
    for where, around in wheres.items():
        for kind, wrap in {"iTXt": itxt, "packed iTXt": packed, "raw profile": raw}.items():
            place = slot(f"{kind} {where}", lambda data, w=wrap, a=around: a(w(data)))
            yield from packets(place, among=lambda one, w=where: w == "front" or is_short(one))
        for kind, wrap in _PNG_TEXTS.items():
            place = slot(f"{kind} {where}", lambda data, w=wrap, a=around: a(w(data)))
            yield from texts(place, "plain")
        block = comment(lambda block, a=around: a(png.chunk(b"eXIf", block)))
        yield from texts(slot(f"eXIf {where}", block), "UTF-16 BE")


_PNG_TEXTS: dict[str, Callable[[bytes], bytes]] = {
    "tEXt": lambda data: png.chunk(b"tEXt", b"parameters\0" + data),
    "zTXt": lambda data: png.chunk(b"zTXt", b"parameters\0\0" + zlib.compress(data)),
    "text iTXt": lambda data: png.chunk(b"iTXt", b"parameters\0\0\0\0\0" + data),
    "packed text iTXt": lambda data: png.chunk(
        b"iTXt", b"Comment\0\1\0en\0Kommentar\0" + zlib.compress(data)
    ),
}


def _riff(data: bytes, addition: bytes, at: int) -> bytes:
    body = data[8:at] + addition + data[at:]
    return struct.pack("<4sI", data[:4], len(body)) + body


def _webp() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="webp", place=place, suffix=".webp", put=put)

    def in_exif(block: bytes) -> bytes:
        return webp.encode(exif=block)

    data = webp.encode(xmp=b"<x/>", exif=exif(text(DESCRIPTION, b"Pier\0", ASCII)))
    picture = data.index(b"VP8 ")
    yield from packets(slot("XMP", lambda packet: webp.encode(xmp=packet)))
    front = slot("XMP front", lambda packet: _riff(data, chunk(b"XMP ", packet), picture))
    yield from packets(front, among=is_short)
    plain = sample("webp")
    bare = slot("XMP without VP8X", lambda packet: _riff(plain, chunk(b"XMP ", packet), len(plain)))
    yield from packets(bare, among=is_short)
    yield from texts(slot("UserComment", comment(in_exif)), "UTF-16 BE", "UTF-16 LE")
    yield from texts(slot("ImageDescription", described(in_exif)), "plain")


def _tiff_page(entry: tuple[int, int, bytes], *, order: str = "<", pages: int = 1) -> bytes:
    """Return a picture of four bytes a page; the last page has this entry."""
    magic = b"II*\0" if order == "<" else b"MM\0*"
    body, start = b"gray", 12
    for number in range(pages):
        pixels = [
            (0x0111, 4, struct.pack(order + "I", 8)),
            (0x0117, 4, struct.pack(order + "I", 4)),
        ]
        entries = sorted([*pixels, *([entry] if number == pages - 1 else [])])
        following = start + len(directory(order, start, entries))
        body += directory(order, start, entries, following if number < pages - 1 else 0)
        start = following
    return magic + struct.pack(order + "I", 12) + body


def _tiff_of(block: bytes) -> bytes:
    """Return a picture that begins with an Exif block: both are TIFF, and their ends differ."""
    return tiff.encode(exif=b"Exif\0\0" + block)


def _tiff() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="tiff", place=place, suffix=".tif", put=put)

    def pillow(**options: object) -> Callable[[bytes], bytes]:
        return lambda data: tiff.encode(tiffinfo={_XMP_TAG: data}, **options)

    def described_page(data: bytes) -> bytes:
        return _tiff_page((DESCRIPTION, ASCII, data + b"\0"), pages=3)

    yield from packets(slot("IFD0", pillow()))
    for place, put in {
        "BigTIFF": pillow(big_tiff=True),
        "big-endian": lambda data: _tiff_page((_XMP_TAG, 1, data), order=">"),
        "undefined bytes": lambda data: _tiff_page((_XMP_TAG, UNDEFINED, data)),
        "second page": lambda data: _tiff_page((_XMP_TAG, 1, data), pages=2),
        "fourth page": lambda data: _tiff_page((_XMP_TAG, 1, data), pages=4),
    }.items():
        yield from packets(slot(place, put), among=is_short)
    yield from texts(
        slot("ImageDescription", lambda data: tiff.encode(tiffinfo={270: data})), "plain"
    )
    yield from texts(slot("ImageDescription page 3", described_page), "plain")
    yield from texts(slot("UserComment", comment(_tiff_of)), "UTF-16 BE", "UTF-16 LE")
    credit = slot("IIM", lambda data: _tiff_page((0x83BB, UNDEFINED, dataset(2, 110, data))))
    yield said(credit, CREDIT, PLAIN_CREDIT)


def _gif() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="gif", place=place, suffix=".gif", put=put)

    def behind(data: bytes) -> bytes:
        return sample("gif", "animated.gif").removesuffix(b";") + xmp(data) + b";"

    def front(data: bytes) -> bytes:
        base = sample("gif", "comment.gif")
        at = base.index(b"\x21\xfe")
        return base[:at] + xmp(data) + base[at:]

    def xmp(data: bytes) -> bytes:
        return b"\x21\xff\x0bXMP DataXMP" + data + _GIF_TAIL

    yield from packets(slot("XMP behind", behind), among=lambda one: one.is_utf_8)
    yield from packets(slot("XMP front", front), among=lambda one: one.is_utf_8 and is_short(one))
    yield from texts(slot("comment", lambda data: gif.encode(comment=data)), "plain")
