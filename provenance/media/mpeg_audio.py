"""Frames of MPEG audio (ISO/IEC 11172-3, 13818-3), and the header that says how many follow."""

import struct
from dataclasses import dataclass
from functools import lru_cache

_BITRATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second by MPEG-1 or later, layer and index - 1."""
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""Samples a second by version bits and index."""
AUDIO_HEADER = 4
"""Bytes of the header of a frame."""
_XING = frozenset({b"Xing", b"Info"})
_SIDE_INFO = (32, 17, 9)
"""Bytes between the header of the first audio frame and a Xing header, by version and channels."""


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """What the header of a frame says."""

    version: int
    """Its bits for MPEG-1, -2 or -2.5."""
    layer: int
    """1, 2 or 3."""
    rate: int
    """Samples a second."""
    length: int
    """Bytes with its header; 0 where the bit rate is free."""

    def is_like(self, other: "AudioFrame | None") -> bool:
        """Return whether both may belong to one stream."""
        if other is None:
            return False
        mine, others = (self.version, self.layer), (other.version, other.layer)
        return mine == others and self.rate == other.rate


def promised_length(head: bytes) -> int:
    """Return the length of the stream that a Xing or Info header states; 0 without one."""
    for side_info in _SIDE_INFO:
        xing = head[4 + side_info :][:16]
        if xing[:4] in _XING and len(xing) == 16:
            # Flag 1: a count of frames follows; flag 2: then one of bytes.
            flags, first, second = struct.unpack_from(">III", xing, 4)
            return (second if flags & 1 else first) if flags & 2 else 0
    return 0


def find_frame_length(data: bytes, at: int) -> int | None:
    """Return the length of the audio frame that begins here, 0 if it does not say, or None."""
    return _frame_length(data[at : at + AUDIO_HEADER])


@lru_cache(maxsize=1024)
def _frame_length(header: bytes) -> int | None:
    frame = audio_frame(header, 0)
    return None if frame is None else frame.length


def begins_with_audio(data: bytes, at: int) -> bool:
    """Return whether an audio frame stands here that another of its kind follows."""
    frame = audio_frame(data, at)
    return bool(frame and frame.length and frame.is_like(audio_frame(data, at + frame.length)))


def find_audio(data: bytes) -> int | None:
    """Return where the first audio frame begins that another of its kind follows."""
    at = data.find(b"\xff")
    while at >= 0:
        if begins_with_audio(data, at):
            return at
        at = data.find(b"\xff", at + 1)
    return None


def audio_frame(data: bytes, at: int) -> AudioFrame | None:
    """Return the frame whose header stands here (ISO/IEC 11172-3 §2.4.2.3), or None."""
    raw = int.from_bytes(data[at : at + AUDIO_HEADER].ljust(AUDIO_HEADER, b"\0"))
    version, layer = raw >> 19 & 3, 4 - (raw >> 17 & 3)
    bitrate, rate = raw >> 12 & 15, raw >> 10 & 3
    # Layer bits 00 are ADTS AAC.
    if raw >> 21 != 0x7FF or version == 1 or layer == 4 or bitrate == 15 or rate == 3:
        return None
    hertz = _RATES[version][rate]
    if bitrate == 0:
        return AudioFrame(version, layer, hertz, 0)
    speed = 1000 * _BITRATES[version == 3, layer][bitrate - 1]
    slots = {1: 12, 2: 144, 3: 144 if version == 3 else 72}[layer] * speed // hertz
    return AudioFrame(version, layer, hertz, (slots + (raw >> 9 & 1)) * (4 if layer == 1 else 1))
