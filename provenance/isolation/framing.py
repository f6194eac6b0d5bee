"""Frames between a runner and its worker: a length, that many bytes, and perhaps descriptors."""

import socket
import struct
import time
from collections.abc import Sequence

from provenance.errors import IsolationError

MAX_FRAME = 64 << 20
"""Largest frame in bytes; the other side is not to be believed."""
MAX_FILES = 32
"""Most descriptors a frame may bear; a worker may have 64 open."""

_LENGTH = struct.Struct(">I")
_PIECE = 1 << 16


def send_frame(
    connection: socket.socket,
    payload: bytes,
    files: Sequence[int] = (),
    *,
    deadline: float | None = None,
) -> None:
    """Send one frame; `deadline` is a time of the monotonic clock.

    Raises IsolationError if it is too large and TimeoutError if the other side does not take it.
    """
    if len(payload) > MAX_FRAME or len(files) > MAX_FILES:
        raise IsolationError(
            f"{len(payload)} bytes and {len(files)} files are too much for one message;"
            f" {MAX_FRAME} bytes and {MAX_FILES} files are allowed"
        )
    connection.settimeout(_remaining(deadline))
    header = _LENGTH.pack(len(payload))
    sent = socket.send_fds(connection, [header], files) if files else 0
    connection.sendall(header[sent:] + payload)


def receive_frame(connection: socket.socket, *, deadline: float | None = None) -> bytes:
    """Return the payload of the next frame; descriptors sent along are dropped by the kernel.

    Raises EOFError if the other side is gone, IsolationError if the frame is too large and
    TimeoutError if it does not arrive in time.
    """
    return _receive_payload(connection, _receive(connection, _LENGTH.size, deadline), deadline)


def receive_frame_with_files(connection: socket.socket) -> tuple[bytes, list[int]]:
    """Wait for a frame and return its payload and descriptors; see `receive_frame`."""
    connection.settimeout(None)
    # The descriptors come with the first byte of the frame they were sent with.
    start, files, _, _ = socket.recv_fds(connection, _LENGTH.size, MAX_FILES)
    if not start:
        raise EOFError("the other side closed the connection")
    header = start + _receive(connection, _LENGTH.size - len(start), None)
    return _receive_payload(connection, header, None), files


def _receive_payload(connection: socket.socket, header: bytes, deadline: float | None) -> bytes:
    (length,) = _LENGTH.unpack(header)
    if length > MAX_FRAME:
        raise IsolationError(f"a message of {length} bytes is larger than the {MAX_FRAME} allowed")
    return _receive(connection, length, deadline)


def _receive(connection: socket.socket, length: int, deadline: float | None) -> bytes:
    pieces = []
    while length:
        connection.settimeout(_remaining(deadline))
        piece = connection.recv(min(length, _PIECE))
        if not piece:
            raise EOFError("the other side closed the connection")
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("the deadline has passed")
    return remaining
