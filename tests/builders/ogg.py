"""Ogg streams, made page by page."""

import struct

from fixtures.ogg import page

FIRST, LAST, CONTINUED = 2, 4, 1
OPUS_HEAD = b"OpusHead" + bytes(11)


def comments(*texts, vendor=b"", count=None):
    packed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    number = struct.pack("<I", len(texts) if count is None else count)
    return struct.pack("<I", len(vendor)) + vendor + number + packed


def stream(*headers, media=(b"media",), serial=1):
    """Return a stream with its first header on a page of its own, the others on the next."""
    start = page(serial, 0, FIRST, headers[0]) + page(serial, 1, 0, *headers[1:])
    pages = [page(serial, 2 + number, 0, data) for number, data in enumerate(media[:-1])]
    return start + b"".join(pages) + page(serial, 1 + len(media), LAST, media[-1])


def opus(*texts, serial=1, media=(b"media",)):
    tags = b"OpusTags" + comments(*texts, vendor=b"lib")
    return stream(OPUS_HEAD, tags, serial=serial, media=media)


def spanning(body, room):
    """Return an Opus stream whose comment header takes so many segments a page."""
    data = b"OpusTags" + body
    lacing = b"\xff" * (len(data) // 255) + bytes([len(data) % 255])
    out = page(1, 0, FIRST, OPUS_HEAD)
    for at in range(0, len(lacing), room):
        segments = lacing[at : at + room]
        flags = CONTINUED if at else 0
        head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, 1, 0, 0, len(segments))
        out += head + segments + data[at * 255 :][: sum(segments)]
    return out + page(1, 9, LAST, b"media")


def flac_block(kind, body, *, last=False):
    return bytes([kind | (0x80 if last else 0)]) + len(body).to_bytes(3) + body


FLAC_HEAD = b"\x7fFLAC\1\0\0\2fLaC" + flac_block(0, bytes(34))
SPEEX_HEAD = b"Speex   ".ljust(68, b"\0") + struct.pack("<I", 1) + bytes(8)
OPEN = opus(b"A=b", media=(b"one", b"two"))
GOOD = spanning(comments(b"A=b", b"prompt=" + b"x" * 600, vendor=b"v"), 1) + stream(
    FLAC_HEAD, flac_block(4, comments(b"C=d")), flac_block(1, b"", last=True), serial=2
)
