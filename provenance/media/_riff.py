"""RIFF forms: find the chunks of one, plan it anew from chunks old and new.

RIFF (Microsoft and IBM, 1991), RF64 (EBU Tech 3306) and BW64 (ITU-R BS.2088). A form that does not
close comes back with the chunks before the break and a problem; planning on it is refused.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from provenance.errors import CarrierError, DamagedMediaError
from provenance.media.interface import MAX_STEPS, ByteSource, Plan, TextBudget, read_exactly
from provenance.model.metadata import ByteRange

MAX_CHUNKS = MAX_STEPS // 2  # each costs about twice a step elsewhere
WIDE_MAGICS = frozenset({b"RF64", b"BW64"})
"""Magic bytes of the forms whose sizes stand in a `ds64` chunk."""

_HEADER = 8
_FORM_HEADER = 12
_UNKNOWN = 0xFFFF_FFFF
# RFC 9649 §2.4: at most 2^32 - 10, so that the whole file stays below 4 GiB.
_MAX_SIZE = 2**32 - 10
_DS64_SIZES = 24
_DS64_FIXED = 28
_DS64_ENTRIES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a form of one format looks like from outside."""

    magics: frozenset[bytes]
    """First four bytes of the file, any of these."""
    kind: bytes
    """The form's own kind, at byte 8."""
    essential: frozenset[bytes]
    """Kinds of chunks of which a whole form has at least one."""

    def claims(self, header: bytes) -> bool:
        """Return whether a file that begins so is such a form."""
        return header[:4] in self.magics and header[_HEADER:_FORM_HEADER] == self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk that lies wholly within its form."""

    kind: bytes
    """Its four-character code."""
    offset: int
    """First byte of its header."""
    length: int
    """Bytes of its payload."""
    end: int
    """First byte after it and its padding."""

    @property
    def name(self) -> str:
        """Its code for a person to read."""
        return self.kind.decode("ascii", "backslashreplace")

    @property
    def payload(self) -> ByteRange:
        """Its bytes without header and padding."""
        return ByteRange(offset=self.offset + _HEADER, length=self.length)

    @property
    def run(self) -> ByteRange:
        """All its bytes."""
        return ByteRange(offset=self.offset, length=self.end - self.offset)

    @property
    def lacks_padding(self) -> bool:
        """Whether its length is odd and its writer forgot the byte that makes it even."""
        return self.length % 2 == 1 and self.end == self.payload.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The outermost chunk of a file and the chunks in it."""

    size: int
    """The size it claims, `ds64` considered."""
    start: int
    """First byte after its header and its `ds64` chunk."""
    end: int
    """First byte after it, within the file."""
    chunks: tuple[Chunk, ...]
    """The chunks that lie in it, without `ds64`."""
    problem: str
    """Why it is not whole; empty if it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _WideSizes:
    form: int
    chunks: Mapping[bytes, int]
    end: int


def count_steps() -> Iterator[int]:
    """Return the steps, chunks and texts, that all walks over one file share."""
    return iter(range(MAX_CHUNKS))


def read_form(source: ByteSource, shape: Shape, steps: Iterator[int]) -> Form:
    """Return the form; raises DamagedMediaError if the file does not begin like one."""
    header = read_exactly(source, 0, _FORM_HEADER)
    if not shape.claims(header):
        raise DamagedMediaError(f"the file does not begin like a RIFF form ({header.hex(' ')})")
    magic, narrow_size = header[:4], int.from_bytes(header[4:8], "little")
    wide = _wide_sizes(source) if magic in WIDE_MAGICS else None
    size = wide.form if wide and narrow_size == _UNKNOWN else narrow_size
    start = wide.end if wide else _FORM_HEADER
    is_finished = size >= len(shape.kind) and (wide is not None or size != _UNKNOWN)
    claimed_end = _HEADER + size if is_finished else source.size
    end = min(claimed_end, source.size)
    if start > end:
        raise DamagedMediaError("the form ends inside its ds64 chunk")
    chunks, problem = _walk(
        source,
        ByteRange(offset=start, length=end - start),
        steps,
        lengths=wide.chunks if wide else {},
        is_finished=is_finished,
    )
    chunks = _with_last_padding(source, chunks, end)
    if magic in WIDE_MAGICS and wide is None:
        problem = "the form does not begin with a whole ds64 chunk"
    elif not is_finished:
        problem = "the header was never finished: it does not say how long the form is"
    else:
        problem = _gap(chunks, claimed_end - source.size) or problem or _lack(chunks, shape)
    return Form(
        size=size,
        start=start,
        end=max(end, chunks[-1].end) if chunks else end,
        chunks=chunks,
        problem=problem,
    )


def read_whole_form(source: ByteSource, shape: Shape) -> Form:
    """Return the form of a file to be rewritten; raises DamagedMediaError if it is not whole."""
    form = read_form(source, shape, count_steps())
    if form.problem:
        raise DamagedMediaError(form.problem)
    return form


def walk_list(
    source: ByteSource, span: ByteRange, steps: Iterator[int]
) -> tuple[tuple[Chunk, ...], str]:
    """Return the chunks in this run, and what is wrong behind the last of them, if anything."""
    return _walk(source, span, steps, lengths={}, is_finished=True)


def chunks_behind(source: ByteSource, form: Form, steps: Iterator[int]) -> tuple[Chunk, ...]:
    """Return the chunks some writer put behind the form without making it longer."""
    span = ByteRange(offset=form.end, length=max(0, source.size - form.end))
    return _walk(source, span, steps, lengths={}, is_finished=True)[0]


def read_payload(source: ByteSource, chunk: Chunk, budget: TextBudget) -> bytes | None:
    """Return a chunk's payload, or None if it is longer than what may still be read."""
    if not budget.take(chunk.length):
        return None
    return source.pread(chunk.payload.offset, chunk.length)


def new_chunk(kind: bytes, payload: bytes) -> bytes:
    """Return a chunk with its padding."""
    return struct.pack("<4sI", kind, len(payload)) + payload + bytes(len(payload) % 2)


def plan_form(source: ByteSource, form: Form, parts: Sequence[Chunk | bytes]) -> Plan:
    """Plan the file with these chunks in its form; what follows the chunks stays behind them.

    Padding that a kept chunk lacks is added. Raises CarrierError if the form would be too big.
    """
    pieces: list[ByteRange | bytes] = []
    for part in parts:
        _append(pieces, part.run if isinstance(part, Chunk) else part)
        if isinstance(part, Chunk) and part.lacks_padding:
            pieces.append(b"\0")
    rest = form.chunks[-1].end
    length = sum(piece.length if isinstance(piece, ByteRange) else len(piece) for piece in pieces)
    size = form.start - _HEADER + length + form.end - rest
    tail = ByteRange(offset=rest, length=source.size - rest)
    return [*_planned_header(source, form, size), *pieces, tail]


def _planned_header(source: ByteSource, form: Form, size: int) -> Plan:
    # What is too big already may stay so, but not grow.
    is_too_big = size > max(_MAX_SIZE, form.size)
    magic, narrow_size, kind = struct.unpack("<4sI4s", read_exactly(source, 0, _FORM_HEADER))
    if magic not in WIDE_MAGICS:
        if is_too_big:
            raise CarrierError(f"a RIFF file ends below 4 GiB; this one would have {size + 8} B")
        return [struct.pack("<4sI4s", magic, size, kind)]
    narrow_size = _UNKNOWN if narrow_size == _UNKNOWN or is_too_big else size
    ds64 = read_exactly(source, _FORM_HEADER, _HEADER) + struct.pack("<Q", size)
    header = struct.pack("<4sI4s", magic, narrow_size, kind) + ds64
    return [header, ByteRange(offset=len(header), length=form.start - len(header))]


def _append(pieces: list[ByteRange | bytes], piece: ByteRange | bytes) -> None:
    last = pieces[-1] if pieces else None
    if isinstance(piece, ByteRange) and isinstance(last, ByteRange) and last.end == piece.offset:
        pieces[-1] = ByteRange(offset=last.offset, length=last.length + piece.length)
    else:
        pieces.append(piece)


def _wide_sizes(source: ByteSource) -> _WideSizes | None:
    """Return the sizes in the `ds64` chunk, or None if the form does not begin with a whole one."""
    header = source.pread(_FORM_HEADER, _HEADER)
    if len(header) < _HEADER or header[:4] != b"ds64":
        return None
    length = int.from_bytes(header[4:], "little")
    if length < _DS64_SIZES:
        raise DamagedMediaError(f"the ds64 chunk has {length} bytes, too few for its sizes")
    payload = _FORM_HEADER + _HEADER
    end = payload + length + length % 2
    if end > source.size:
        return None
    data = read_exactly(source, payload, min(length, _DS64_FIXED + 12 * _DS64_ENTRIES))
    form_size, data_size = struct.unpack_from("<QQ", data)
    count = min(int.from_bytes(data[_DS64_SIZES:_DS64_FIXED], "little"), _DS64_ENTRIES)
    table = data[_DS64_FIXED : _DS64_FIXED + 12 * count]
    entries = struct.iter_unpack("<4sQ", table[: len(table) - len(table) % 12])
    return _WideSizes(form=form_size, chunks=dict(entries) | {b"data": data_size}, end=end)


def _with_last_padding(
    source: ByteSource, chunks: tuple[Chunk, ...], end: int
) -> tuple[Chunk, ...]:
    # Some writers leave the padding of the last chunk out of the form's size.
    if not chunks or chunks[-1].end != end or not chunks[-1].lacks_padding:
        return chunks
    if source.pread(end, 1) != b"\0":
        return chunks
    return (*chunks[:-1], replace(chunks[-1], end=end + 1))


def _gap(chunks: Sequence[Chunk], missing: int) -> str:
    # A form may count the padding that its last chunk lacks.
    if missing <= (1 if chunks and chunks[-1].lacks_padding else 0):
        return ""
    return f"the file ends {missing} bytes before its form does"


def _lack(chunks: Sequence[Chunk], shape: Shape) -> str:
    if not shape.essential.isdisjoint(chunk.kind for chunk in chunks):
        return ""
    names = ", ".join(sorted(kind.decode().strip() for kind in shape.essential))
    return f"the form holds no picture or sound ({names})"


def _walk(
    source: ByteSource,
    span: ByteRange,
    steps: Iterator[int],
    *,
    lengths: Mapping[bytes, int],
    is_finished: bool,
) -> tuple[tuple[Chunk, ...], str]:
    chunks: list[Chunk] = []
    offset = span.offset
    for _ in steps:
        if span.end - offset < _HEADER:
            return tuple(chunks), ""
        header = read_exactly(source, offset, _HEADER)
        kind, length = header[:4], int.from_bytes(header[4:], "little")
        if not _is_kind(kind):
            return tuple(chunks), f"what stands at byte {offset} is no chunk"
        if length == _UNKNOWN:
            length = lengths.get(kind, length)
        payload_end = offset + _HEADER + length
        # In an unfinished file the length of `data` may be 0 still; what follows is its sound.
        if payload_end > span.end or not (length or is_finished):
            return tuple(chunks), f"the file ends inside its {kind.decode()} chunk"
        end = _chunk_end(source, payload_end, span.end) if length % 2 else payload_end
        chunks.append(Chunk(kind=kind, offset=offset, length=length, end=end))
        offset = end
    raise DamagedMediaError(f"the file has more than {MAX_CHUNKS} chunks")


def _chunk_end(source: ByteSource, payload_end: int, limit: int) -> int:
    """Return where a chunk of odd length ends; some writers forget the byte of padding."""
    if payload_end == limit:
        return payload_end
    following = source.pread(payload_end, 5)
    is_padded = _is_kind(following[1:]) or not _is_kind(following[:4])
    return payload_end + 1 if is_padded else payload_end


def _is_kind(code: bytes) -> bool:
    return len(code) == 4 and code.isascii() and code.decode().isprintable()
