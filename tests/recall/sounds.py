"""Places in WAV, RF64, MP3, FLAC and Ogg."""

import struct
import zlib
from collections.abc import Callable, Iterator

from fixtures import flac
from fixtures.raster import hiss
from fixtures.waveform import assemble, chunk, pcm
from tests.builders import ogg
from tests.recall.cells import Cell, Slot, packets, sample, texts
from tests.recall.pictures import is_short

_FORM, _DATA = pcm(hiss(500))
_ODD = pcm(hiss(500)[:999], bits=8)[1]
_COMMENT = 4
_UNSYNCHRONISED, _FOOTED = 0x80, 0x10


def cells() -> Iterator[Cell]:
    """Yield every cell of these formats."""
    for yield_cells in (_wav, _rf64, _mp3, _flac, _ogg):
        yield from yield_cells()


def _info(data: bytes) -> bytes:
    return chunk(b"LIST", b"INFO" + chunk(b"ICMT", data + b"\0"))


def _broadcast(data: bytes) -> bytes:
    return chunk(b"bext", data.ljust(256, b"\0") + bytes(346))


def _wide(*chunks: bytes) -> bytes:
    """Return an RF64 of these chunks."""
    body = b"".join(chunks)
    samples = len(_DATA) - 8
    sizes = struct.pack("<QQQI", 4 + 36 + len(body), samples, samples // 2, 0)
    head = struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE")
    return head + chunk(b"ds64", sizes) + body


def _waves(fmt: str, join: Callable[..., bytes]) -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt=fmt, place=place, suffix=f".{fmt}", put=put)

    def behind(addition: bytes) -> bytes:
        return join(_FORM, _DATA, addition)

    def front(addition: bytes) -> bytes:
        return join(_FORM, addition, _DATA)

    yield from packets(slot("_PMX behind", lambda data: behind(chunk(b"_PMX", data))))
    odd = slot("_PMX behind an odd length", lambda data: join(_FORM, _ODD, chunk(b"_PMX", data)))
    if fmt == "wav":
        yield from packets(odd, among=is_short)
    first = slot("_PMX front", lambda data: front(chunk(b"_PMX", data)))
    yield from packets(first, among=is_short)
    for where, around in {"behind": behind, "front": front}.items():
        listed = slot(f"INFO {where}", lambda data, a=around: a(_info(data)))
        yield from texts(listed, "plain")
        described = slot(f"bext {where}", lambda data, a=around: a(_broadcast(data)))
        yield from texts(described, "plain")
        for version in (3, 4):
            put = lambda data, a=around, v=version: a(  # noqa: E731  (one for each)
                chunk(b"id3 ", id3(_comment(data, v, encoding=1), v))
            )
            yield from texts(slot(f"ID3v2.{version} {where}", put), "UTF-16 with a mark")


def _wav() -> Iterator[Cell]:
    yield from _waves("wav", assemble)
    outside = Slot(
        fmt="wav",
        place="_PMX behind the form",
        suffix=".wav",
        put=lambda data: assemble(_FORM, _DATA) + chunk(b"_PMX", data),
    )
    yield from packets(outside, among=is_short)


def _rf64() -> Iterator[Cell]:
    yield from _waves("rf64", _wide)


def _synchsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(kind: bytes, body: bytes, version: int = 4, flags: int = 0) -> bytes:
    """Return a frame of an ID3 tag of this version."""
    if version == 2:
        return kind + len(body).to_bytes(3) + body
    size = _synchsafe(len(body)) if version == 4 else struct.pack(">I", len(body))
    return kind + size + bytes([0, flags]) + body


def id3(frames: bytes, version: int = 4, flags: int = 0) -> bytes:
    """Return an ID3 tag of these frames, with a footer if the flags say so."""
    header = bytes([version, 0, flags]) + _synchsafe(len(frames))
    return b"ID3" + header + frames + (b"3DI" + header if flags & _FOOTED else b"")


def _comment(data: bytes, version: int = 4, encoding: int = 3) -> bytes:
    end = b"\0\0" if encoding in (1, 2) else b"\0"
    kind = b"COM" if version == 2 else b"COMM"
    return frame(kind, bytes([encoding]) + b"eng" + end + data, version)


def _private(data: bytes, version: int = 4) -> bytes:
    return frame(b"PRIV", b"XMP\0" + data, version)


def _unsynchronised(data: bytes) -> bytes:
    """Return the bytes with a zero behind each 0xFF that a decoder might take for audio."""
    out = bytearray()
    for number, byte in enumerate(data):
        out.append(byte)
        following = data[number + 1] if number + 1 < len(data) else 0
        if byte == 0xFF and (following >= 0xE0 or following == 0):
            out.append(0)
    return bytes(out)


def _scrambled(frames: bytes, version: int) -> bytes:
    return id3(_unsynchronised(frames), version, _UNSYNCHRONISED)


def _packed(kind: bytes, body: bytes) -> bytes:
    """Return a frame of ID3v2.4 that is compressed, with the length it had."""
    return frame(kind, _synchsafe(len(body)) + zlib.compress(body), 4, flags=0x09)


def _extended(frames: bytes) -> bytes:
    """Return a tag of ID3v2.4 with an extended header that says nothing."""
    return id3(_synchsafe(6) + b"\1\0" + frames, flags=0x40)


def _grouped(data: bytes) -> bytes:
    """Return a comment of ID3v2.4 that belongs to a group, whose letter stands first."""
    return frame(b"COMM", b"g\3eng\0" + data, flags=0x40)


def _ape(key: bytes, data: bytes) -> bytes:
    item = struct.pack("<II", len(data), 0) + key + b"\0" + data
    start, end = (
        struct.pack("<IIII", 2000, len(item) + 32, 1, flag) for flag in (0xA0000000, 1 << 31)
    )
    return b"APETAGEX" + start + bytes(8) + item + b"APETAGEX" + end + bytes(8)


def _mp3() -> Iterator[Cell]:
    audio = sample("mp3", "bare.mp3")
    old = sample("mp3", "id3v1.mp3")[-128:]
    title = frame(b"TIT2", b"\3Harbour")

    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="mp3", place=place, suffix=".mp3", put=put)

    yield from packets(slot("PRIV", lambda data: id3(_private(data)) + audio))
    for place, put in {
        "PRIV of ID3v2.3": lambda data: id3(_private(data, 3), 3) + audio,
        "PRIV unsynchronised": lambda data: _scrambled(_private(data, 3), 3) + audio,
        "PRIV compressed": lambda data: id3(title + _packed(b"PRIV", b"XMP\0" + data)) + audio,
        "PRIV at the end": lambda data: audio + id3(_private(data), flags=_FOOTED),
        "PRIV in a second tag": lambda data: id3(title) + id3(_private(data)) + audio,
        "PRIV behind padding": lambda data: id3(title) + bytes(4000) + id3(_private(data)) + audio,
    }.items():
        yield from packets(slot(place, put), among=is_short)
    for place, encoding, words in (
        ("COMM", 3, "plain"),
        ("COMM", 0, "plain"),
        ("COMM", 1, "UTF-16 with a mark"),
        ("COMM", 1, "UTF-16 BE with a mark"),
        ("COMM", 2, "UTF-16 BE"),
    ):
        put = lambda data, e=encoding: id3(_comment(data, encoding=e)) + audio  # noqa: E731  (short, for the next line)
        yield from texts(slot(f"{place} {encoding}", put), words)
    for version in (2, 3):
        put = lambda data, v=version: id3(_comment(data, v, 1), v) + audio  # noqa: E731  (short, for the next line)
        yield from texts(slot(f"COMM of ID3v2.{version}", put), "UTF-16 with a mark")
        put = lambda data, v=version: _scrambled(_comment(data, v, 1), v) + audio  # noqa: E731  (short, for the next line)
        yield from texts(slot(f"COMM unsynchronised {version}", put), "UTF-16 with a mark")
    extended = slot(
        "COMM behind an extended header", lambda data: _extended(_comment(data)) + audio
    )
    yield from texts(extended, "plain")
    grouped = slot("COMM of a group", lambda data: id3(title + _grouped(data)) + audio)
    yield from texts(grouped, "plain")
    yield from texts(slot("APEv2 tail", lambda data: audio + _ape(b"parameters", data)), "plain")
    yield from texts(
        slot("APEv2 before ID3v1", lambda data: audio + _ape(b"Comment", data) + old), "plain"
    )
    yield from texts(
        slot("COMM at the end", lambda data: audio + id3(_comment(data), flags=_FOOTED) + old),
        "plain",
    )


def _flac() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes]) -> Slot:
        return Slot(fmt="flac", place=place, suffix=".flac", put=put)

    def block(data: bytes) -> bytes:
        return flac.block(_COMMENT, ogg.comments(b"COMMENT=" + data, vendor=b"lib"))

    bare = sample("flac", "bare.flac")
    yield from texts(
        slot("comment", lambda data: flac.with_block(block(data), _open(bare))), "plain"
    )
    padded = flac.block(1, bytes(9000))
    late = slot(
        "comment behind padding", lambda data: flac.with_block(padded + block(data), _open(bare))
    )
    yield from texts(late, "plain")
    tagged = slot("ID3 in front", lambda data: id3(_comment(data)) + sample("flac"))
    yield from texts(tagged, "plain")


def _open(data: bytes) -> bytes:
    """Return a FLAC without comments whose STREAMINFO is not the last block: padding follows."""
    opened = bytearray(data)
    opened[4] &= 0x7F
    end = 4 + 4 + 34
    return bytes(opened[:end]) + b"\x81\0\0\x04" + bytes(4) + bytes(opened[end:])


def _ogg() -> Iterator[Cell]:
    def slot(place: str, put: Callable[[bytes], bytes], suffix: str) -> Slot:
        return Slot(fmt="ogg", place=place, suffix=suffix, put=put)

    def told(data: bytes) -> bytes:
        return b"COMMENT=" + data

    for place, put, suffix in (
        ("comment", lambda data: ogg.opus(told(data)), ".opus"),
        ("comment over pages", lambda data: ogg.spanning(ogg.comments(told(data)), 1), ".opus"),
        ("late comment", lambda data: ogg.opus(b"A=" + b"x" * 9000, told(data)), ".opus"),
        (
            "comment of FLAC",
            lambda data: ogg.stream(
                ogg.FLAC_HEAD,
                ogg.flac_block(4, ogg.comments(told(data))),
                ogg.flac_block(1, b"", last=True),
            ),
            ".oga",
        ),
        ("second stream", lambda data: ogg.opus(b"A=b") + ogg.opus(told(data), serial=2), ".opus"),
    ):
        yield from texts(slot(place, put, suffix), "plain")
