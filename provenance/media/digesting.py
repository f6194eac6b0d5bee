"""Digest several streams of one file in one pass over it.

A master is read once whatever is to be known of it: each stream is hashed in a thread of its own
(hashing lets the interpreter go) from the bytes that one loop reads.
"""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Protocol, TypeAlias

from provenance.errors import DamagedMediaError
from provenance.media.interface import ByteSource, Plan
from provenance.model.digest import Digest, digest_from_hex
from provenance.model.metadata import ByteRange

_CHUNK = 4 << 20
_BIG = 4 * _CHUNK
"""Bytes from which threads are worth their start."""
_AHEAD = 4
"""Chunks that may be read before the first of them is hashed."""
_Piece: TypeAlias = "bytes | memoryview"


class State(Protocol):
    """A digest that can be gone on with; `hashlib` makes them."""

    def update(self, data: "bytes | memoryview", /) -> None:
        """Add bytes."""
        ...

    def copy(self) -> "State":
        """Return another that goes on from here."""
        ...

    def digest(self) -> bytes:
        """Return the digest so far."""
        ...

    def hexdigest(self) -> str:
        """Return the digest so far, in hex."""
        ...


def digest_streams(
    source: ByteSource, streams: Sequence[Plan], *, begun: Sequence[State] = ()
) -> tuple[State, ...]:
    """Return the SHA-256 of each stream: runs of the file and bytes between them, in order.

    With `begun` the streams go on from there. What one stream takes out of order is read by
    itself. Raises DamagedMediaError if the file ends before a run does.
    """
    states = tuple(begun) or tuple(hashlib.sha256() for _ in streams)
    ordered = [
        (_Stream(stream), state)
        for stream, state in zip(streams, states, strict=True)
        if _is_ascending(stream)
    ]
    _digest(source, ordered)
    for stream, state in zip(streams, states, strict=True):
        if not _is_ascending(stream):
            for piece in stream:
                _digest(source, [(_Stream([piece]), state)])
    return states


def digest_of(state: State) -> Digest:
    """Return the digest so far; the state can still be gone on with."""
    return digest_from_hex(state.hexdigest())


class _Stream:
    """What is left of a stream."""

    def __init__(self, stream: Plan) -> None:
        self._left = deque(piece for piece in stream if not _is_empty(piece))
        runs = [piece for piece in self._left if isinstance(piece, ByteRange)]
        self.size = sum(run.length for run in runs)
        self.end = runs[-1].end if runs else 0

    @property
    def wanted(self) -> int | None:
        """Offset of the next byte of the file it needs; None if it needs none."""
        runs = (piece.offset for piece in self._left if isinstance(piece, ByteRange))
        return next(runs, None)

    def take(self, offset: int, data: memoryview) -> Iterator[_Piece]:
        """Yield what comes next as far as this chunk of the file reaches."""
        end = offset + len(data)
        while self._left:
            piece = self._left[0]
            if isinstance(piece, bytes):
                yield piece
                self._left.popleft()
                continue
            if piece.offset >= end:
                return
            yield data[piece.offset - offset : piece.end - offset]
            self._left.popleft()
            if piece.end > end:
                self._left.appendleft(ByteRange(offset=end, length=piece.end - end))


def _digest(source: ByteSource, streams: Sequence[tuple[_Stream, State]]) -> None:
    if max((stream.size for stream, _ in streams), default=0) < _BIG:
        for offset, data in _chunks(source, [stream for stream, _ in streams]):
            for stream, state in streams:
                _update(state, tuple(stream.take(offset, data)))
        return
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in streams]
        running: deque[list[Future[None]]] = deque()
        for offset, data in _chunks(source, [stream for stream, _ in streams]):
            running.append(
                [
                    thread.submit(_update, state, tuple(stream.take(offset, data)))
                    for thread, (stream, state) in zip(threads, streams, strict=True)
                ]
            )
            if len(running) > _AHEAD:
                _wait(running.popleft())
        for futures in running:
            _wait(futures)


def _chunks(source: ByteSource, streams: Sequence[_Stream]) -> Iterator[tuple[int, memoryview]]:
    """Yield the parts of the file that any stream needs, last an empty one for what follows."""
    end = max((stream.end for stream in streams), default=0)
    while wanted := [stream.wanted for stream in streams if stream.wanted is not None]:
        offset = min(wanted)
        data = source.pread(offset, min(_CHUNK, end - offset))
        if not data:
            raise DamagedMediaError(f"the file ends at byte {source.size}, inside its essence")
        yield offset, memoryview(data)
    yield source.size, memoryview(b"")


def _update(state: State, pieces: Sequence[_Piece]) -> None:
    for piece in pieces:
        state.update(piece)


def _wait(futures: Sequence[Future[None]]) -> None:
    for future in futures:
        future.result()


def _is_ascending(stream: Plan) -> bool:
    end = 0
    for piece in stream:
        if isinstance(piece, ByteRange) and piece.length:
            if piece.offset < end:
                return False
            end = piece.end
    return True


def _is_empty(piece: ByteRange | bytes) -> bool:
    return not (piece.length if isinstance(piece, ByteRange) else piece)
