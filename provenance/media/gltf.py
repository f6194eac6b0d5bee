"""glTF 2.0 (ISO/IEC 12113): a model as JSON text, or with its buffers in one binary file (GLB).

The essence of a GLB are its BIN chunks, so that a copy without extras is still known; a model with
the same buffers under other materials is the same essence. Where a GLB has no BIN chunk, or its
JSON holds buffers or images itself, and for the JSON text, the essence is the whole file.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from provenance.errors import DamagedMediaError
from provenance.media._gltf_document import (
    LARGEST_DOCUMENT,
    GltfFound,
    collect_document,
    names_its_version,
)
from provenance.media._read_only import ReadOnly
from provenance.media.interface import MAX_STEPS, ByteSource, read_exactly
from provenance.model.metadata import ByteRange, Completeness, Contents

_MAGIC = b"glTF"
_VERSION = 2
_HEADER, _CHUNK_HEADER = 12, 8
_JSON, _BIN = b"JSON", b"BIN\0"


class Gltf(ReadOnly):
    """A model as JSON text."""

    name = "gltf"
    media_type = "model/gltf+json"
    suffixes = (".gltf",)

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`; where the header ends before `asset`, the suffix decides."""
        is_own = suffix in self.suffixes
        is_model = names_its_version(header)
        if is_model or (is_model is None and is_own):
            return 3 if is_model else 2
        return 1 if is_own else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`; text has no structure but its own, so all of it is read."""
        whole = (ByteRange(offset=0, length=source.size),)
        found = GltfFound(place=self.name)
        if source.size > LARGEST_DOCUMENT:
            found.report(f"a model of {source.size} bytes of JSON was not read")
            return _contents(found, whole, "")
        data = source.pread(0, source.size)
        if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            raise DamagedMediaError("the file does not begin with a JSON object")
        return _contents(found, whole, _collect(data, found))


class Glb(ReadOnly):
    """A model with its buffers in one binary file."""

    name = "glb"
    media_type = "model/gltf-binary"
    suffixes = (".glb",)

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if header.startswith(_MAGIC):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`."""
        found = GltfFound(place=self.name)
        claimed = _length(source)
        essence: list[ByteRange] = []
        lack = ""
        try:
            _walk(source, claimed, essence, found)
        except DamagedMediaError as error:
            lack = str(error)
        whole = ByteRange(offset=0, length=min(claimed, source.size))
        is_known = any(part.length for part in essence) and not found.is_inline
        return _contents(
            found, tuple(essence) if is_known else (whole,), lack, max(0, source.size - claimed)
        )


class _Chunk(NamedTuple):
    kind: bytes
    body: ByteRange


def _length(source: ByteSource) -> int:
    """Return what the header says the length of the file is."""
    magic, version, length = struct.unpack("<4sII", read_exactly(source, 0, _HEADER))
    if magic != _MAGIC:
        raise DamagedMediaError("the file does not begin with a glTF header")
    if version != _VERSION:
        raise DamagedMediaError(f"a binary glTF of version {version} is not read")
    if length < _HEADER + _CHUNK_HEADER:
        raise DamagedMediaError(f"a model of {length} bytes")
    return int(length)


def _walk(source: ByteSource, end: int, essence: list[ByteRange], found: GltfFound) -> None:
    """Collect document and buffers; raises DamagedMediaError where the file is not whole."""
    has_document = False
    for chunk in _chunks(source, end):
        if chunk.kind == _BIN:
            essence.append(chunk.body)
        elif chunk.kind == _JSON and not has_document:
            has_document = True
            if lack := _read_document(source, chunk.body, found):
                found.report(lack)
        elif chunk.kind == _JSON:
            found.report("the model has a second JSON chunk; it was not read")
    if not has_document:
        raise DamagedMediaError("the model has no JSON chunk")


def _chunks(source: ByteSource, end: int) -> Iterator[_Chunk]:
    offset = _HEADER
    for _ in range(MAX_STEPS):
        if offset >= end:
            return
        length, kind = struct.unpack("<I4s", read_exactly(source, offset, _CHUNK_HEADER))
        body = ByteRange(offset=offset + _CHUNK_HEADER, length=length)
        if body.end > min(end, source.size):
            raise DamagedMediaError(f"the model ends inside its chunk at byte {offset}")
        yield _Chunk(kind, body)
        offset = body.end
    raise DamagedMediaError(f"more than {MAX_STEPS} chunks in a row")


def _read_document(source: ByteSource, body: ByteRange, found: GltfFound) -> str:
    if body.length > LARGEST_DOCUMENT:
        return f"a model of {body.length} bytes of JSON was not read"
    return _collect(read_exactly(source, body.offset, body.length), found)


def _collect(data: bytes, found: GltfFound) -> str:
    """Collect what a document says of itself; return why it was not read to its end."""
    try:
        collect_document(data, found)
    except DamagedMediaError as error:
        return str(error)
    return ""


def _contents(
    found: GltfFound, essence: tuple[ByteRange, ...], lack: str, trailer_length: int = 0
) -> Contents:
    return Contents(
        fields=tuple(found.fields),
        xmp=tuple(found.xmp),
        essence=essence,
        trailer_length=trailer_length,
        completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
        problems=(*found.problems, lack) if lack else tuple(found.problems),
    )
