"""What the marked files of the corpus say of themselves."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from fixtures import bmff, jpeg, png, waveform
from fixtures.packets import source_type_as_element

_PACKET = source_type_as_element("trainedAlgorithmicMedia")
_XMP_IN_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_IN_PNG = b"XML:com.adobe.xmp\0\0\0\0\0"
_XMP_IN_MOVIE = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_MAGIC_AND_IHDR = 8 + 25
_PARAMETERS = (
    b"parameters\0a fishing harbour at dawn\nNegative prompt: people\n"
    b"Steps: 24, Sampler: DPM++ 2M, CFG scale: 6.5, Seed: 1234567, Model: harbourMix_v2"
)


class Mark(StrEnum):
    """How a file of the corpus is marked, if at all."""

    NONE = "none"
    DECLARED = "declared"
    """A digital source type in XMP."""
    PARAMETERS = "parameters"
    """Generation parameters as text."""
    TAGGED = "tagged"
    """Our own tag, by `provenance tag`."""
    SIGNED_AI = "signed-ai"
    """Another's C2PA manifest that says AI."""
    SIGNED_CAMERA = "signed-camera"
    """Another's C2PA manifest that says camera; the only one that must pass."""

    @property
    def says(self) -> bool:
        """Whether the file says anything at all."""
        return self is not Mark.NONE

    @property
    def is_to_block(self) -> bool:
        """Whether a scan has to block the file."""
        return self not in (Mark.NONE, Mark.SIGNED_CAMERA)


def marks_for(suffix: str) -> tuple[Mark, ...]:
    """Return the marks, signatures apart, that files of this suffix bear here."""
    declared = (Mark.DECLARED,) if suffix in _DECLARE else ()
    parameters = (Mark.PARAMETERS,) if suffix == ".png" else ()
    return (Mark.TAGGED, *declared, *parameters)


def with_declaration(data: bytes, suffix: str) -> bytes:
    """Return the file with a packet that declares AI."""
    return _DECLARE[suffix](data)


def with_parameters(data: bytes) -> bytes:
    """Return a PNG with generation parameters."""
    return _behind_header(data, png.chunk(b"tEXt", _PARAMETERS))


def _behind_header(data: bytes, chunk: bytes) -> bytes:
    return data[:_MAGIC_AND_IHDR] + chunk + data[_MAGIC_AND_IHDR:]


def _jpeg(data: bytes) -> bytes:
    return jpeg.with_segment(jpeg.segment(0xE1, _XMP_IN_JPEG + _PACKET), data)


def _png(data: bytes) -> bytes:
    return _behind_header(data, png.chunk(b"iTXt", _XMP_IN_PNG + _PACKET))


def _movie(data: bytes) -> bytes:
    return data + bmff.box(b"uuid", _XMP_IN_MOVIE + _PACKET)


def _wav(data: bytes) -> bytes:
    return waveform.assemble(data[12:] + waveform.chunk(b"_PMX", _PACKET))


def _gif(data: bytes) -> bytes:
    # XMP part 3 §1.1.2: the packet lies unblocked; 258 bytes lead every reader to its end.
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    return data.removesuffix(b"\x3b") + b"\x21\xff\x0bXMP DataXMP" + _PACKET + trailer + b"\x3b"


_DECLARE: Mapping[str, Callable[[bytes], bytes]] = {
    ".jpg": _jpeg,
    ".png": _png,
    ".mp4": _movie,
    ".mov": _movie,
    ".wav": _wav,
    ".gif": _gif,
}
