"""Where a C2PA store goes in a file that stays where it is, and what its hash covers.

The library embeds by writing the whole file anew. Its hash is SHA-256 over runs that the
specification names, so for these formats we hash and place the store ourselves.
"""

import struct
from collections.abc import Mapping
from typing import Any, Protocol

from provenance.errors import CarrierError
from provenance.media._boxes import C2PA_UUID, Box, walk
from provenance.media._riff import Shape, new_chunk, plan_form, read_whole_form
from provenance.media.interface import ByteSource, Plan
from provenance.model.metadata import ByteRange

Assertion = tuple[str, Mapping[str, Any]]
"""Label and content of a hash assertion, in JSON."""


class Binding(Protocol):
    """How the files of one container are bound to a store inside them."""

    @property
    def is_sized(self) -> bool:
        """Whether what is hashed depends on how long the store is."""
        ...

    def plan_with_store(self, source: ByteSource, store: bytes) -> Plan:
        """Plan the file, which has no store, with this one in it; raises CarrierError."""
        ...

    def covered(self, source: ByteSource) -> Plan:
        """Return what the hash covers of a file; its store, if it has one, is left out."""
        ...

    def store_begin(self, source: ByteSource) -> int:
        """Return where in a file with a store that begins, with what wraps it."""
        ...

    def assertion(self, source: ByteSource, digest: bytes) -> Assertion:
        """Return the assertion that binds a store to a file it lies in by this hash."""
        ...


class BmffBinding:
    """Boxes: the store lies in a `uuid` box, a `c2pa.hash.bmff.v3` binds it (C2PA 2.2 §A.5)."""

    is_sized = False

    def plan_with_store(self, source: ByteSource, store: bytes) -> Plan:
        """See `Binding.plan_with_store`; the box goes behind everything."""
        boxes = list(walk(source, 0, source.size))
        if boxes[-1].kind == b"mfra":  # §8.8.11 of ISO 14496-12: it is found from the end
            raise CarrierError("a fragmented movie's index has to stay the end of the file")
        if boxes[-1].open_ended:
            raise CarrierError("its last box is open-ended: what follows would belong to it")
        # Version and flags, purpose, offset to the Merkle boxes: there are none.
        content = C2PA_UUID + bytes(4) + b"manifest\0" + bytes(8) + store
        whole = ByteRange(offset=0, length=source.size)
        return [whole, struct.pack(">I4s", len(content) + 8, b"uuid") + content]

    def covered(self, source: ByteSource) -> Plan:
        """See `Binding.covered`; before each box its offset is hashed."""
        covered: list[ByteRange | bytes] = []
        for box in walk(source, 0, source.size):
            if box.kind not in _UNCOVERED and not _is_store(source, box):
                covered.append(struct.pack(">Q", box.offset))
                covered.append(ByteRange(offset=box.offset, length=box.length))
        return covered

    def store_begin(self, source: ByteSource) -> int:
        """See `Binding.store_begin`."""
        boxes = walk(source, 0, source.size)
        return next((box.offset for box in boxes if _is_store(source, box)), source.size)

    def assertion(self, source: ByteSource, digest: bytes) -> Assertion:
        """See `Binding.assertion`; the same words as the library writes itself."""
        del source
        store = {"xpath": "/uuid", "data": [{"offset": 8, "value": list(C2PA_UUID)}]}
        others = [{"xpath": f"/{kind.decode()}"} for kind in _UNCOVERED]
        return "c2pa.hash.bmff.v3", {
            "exclusions": [store, *others],
            "alg": "sha256",
            "hash": list(digest),
            "name": _NAME,
        }


class WaveBinding:
    """RIFF chunks: the store lies in a `C2PA` chunk, a `c2pa.hash.data` binds it."""

    is_sized = True

    def plan_with_store(self, source: ByteSource, store: bytes) -> Plan:
        """See `Binding.plan_with_store`; the chunk goes to the end of the form."""
        form = read_whole_form(source, _WAVE)
        if form.end != source.size:
            raise CarrierError("behind the end of its container lies something else")
        return plan_form(source, form, [*form.chunks, new_chunk(_CHUNK, store)])

    def covered(self, source: ByteSource) -> Plan:
        """See `Binding.covered`."""
        store = self._store(source)
        return [
            ByteRange(offset=0, length=store.offset),
            ByteRange(offset=store.end, length=source.size - store.end),
        ]

    def store_begin(self, source: ByteSource) -> int:
        """See `Binding.store_begin`."""
        return self._store(source).offset

    def assertion(self, source: ByteSource, digest: bytes) -> Assertion:
        """See `Binding.assertion`."""
        return data_hash(digest, self._store(source))

    def _store(self, source: ByteSource) -> ByteRange:
        """Return the run of the chunk, without the byte that pads it, or an empty one."""
        form = read_whole_form(source, _WAVE)
        stores = [chunk for chunk in form.chunks if chunk.kind == _CHUNK]
        if not stores:
            return ByteRange(offset=form.end, length=0)
        return ByteRange(offset=stores[0].offset, length=stores[0].length + 8)


def data_hash(digest: bytes, excluded: ByteRange | None = None) -> Assertion:
    """Return the assertion for a hash over all bytes but one run."""
    runs = [{"start": excluded.offset, "length": excluded.length}] if excluded else []
    return "c2pa.hash.data", {
        "exclusions": runs,
        "name": _NAME,
        "alg": "sha256",
        "hash": list(digest),
        "pad": [],
    }


_NAME = "jumbf manifest"
_CHUNK = b"C2PA"
_WAVE = Shape(magics=frozenset({b"RIFF"}), kind=b"WAVE", essential=frozenset({b"data"}))
_UNCOVERED = (b"ftyp", b"mfra", b"free", b"skip")
"""Boxes the library leaves out of the hash too; readers see which from the assertion."""
_MOVIE = BmffBinding()
BINDINGS: Mapping[str, Binding] = {
    "mov": _MOVIE,
    "mp4": _MOVIE,
    "m4v": _MOVIE,
    "m4a": _MOVIE,
    "wav": WaveBinding(),
}
"""Formats, by name, whose stores can be put in without writing the file anew."""


def _is_store(source: ByteSource, box: Box) -> bool:
    if box.kind != b"uuid":
        return False
    return source.pread(box.payload.offset, len(C2PA_UUID)) == C2PA_UUID
