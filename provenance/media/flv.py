"""Flash video (Adobe Flash Video File Format Specification 10.1, annex E).

The essence are the tags of picture and sound, with their headers and in file order: everything but
the scripts, which hold the metadata. A tag that grows moves them and changes none.
"""

import struct
from dataclasses import dataclass, field

from provenance.errors import DamagedMediaError
from provenance.media._amf import read_texts
from provenance.media._found import Found
from provenance.media._read_only import ReadOnly
from provenance.media.interface import MAX_STEPS, ByteSource, read_exactly
from provenance.model.metadata import ByteRange, Completeness, Contents, XmpPacket

_MAGIC = b"FLV\x01"
_HEADER, _TAG, _BACK = 9, 11, 4
_SOUND, _PICTURE, _SCRIPT = 8, 9, 18
_ENCRYPTED = 0x20
_MOST_TAGS = 2 * MAX_STEPS
"""Tags a walk follows: some two hours of picture and sound."""
_SCRIPT_COST = 256
"""What a script takes from the budget besides its length, so that very many end a walk."""
_NAMES = frozenset({"onMetaData", "onXMPData"})
_XMP = "liveXML"


@dataclass(slots=True)
class _Found(Found):
    essence: list[ByteRange] = field(default_factory=list)

    def add_essence(self, offset: int, end: int) -> None:
        """Add a tag to the run it follows, or begin a new one."""
        if self.essence and self.essence[-1].end == offset:
            offset = self.essence.pop().offset
        self.essence.append(ByteRange(offset=offset, length=end - offset))


class Flv(ReadOnly):
    """Flash video."""

    name = "flv"
    media_type = "video/x-flv"
    suffixes = (".flv",)

    def score(self, header: bytes, suffix: str) -> int:
        """See `MediaFormat.score`."""
        if header.startswith(_MAGIC):
            return 3
        return 1 if suffix in self.suffixes else 0

    def read(self, source: ByteSource) -> Contents:
        """See `MediaFormat.read`; one short read a tag, since any may be a script."""
        head = source.pread(0, _HEADER)
        if not head.startswith(_MAGIC) or len(head) < _HEADER:
            raise DamagedMediaError("the file does not begin as Flash video does")
        found = _Found()
        (start,) = struct.unpack(">I", head[5:])
        lack = _walk(source, max(start, _HEADER) + _BACK, found)
        if not lack and not found.essence:
            lack = "the file holds no picture or sound"
        return Contents(
            fields=tuple(found.fields),
            xmp=tuple(found.xmp),
            essence=tuple(found.essence),
            completeness=Completeness.TRUNCATED if lack else Completeness.WHOLE,
            problems=(*found.problems, lack) if lack else tuple(found.problems),
        )


def _walk(source: ByteSource, offset: int, found: _Found) -> str:
    """Walk the tags; return why the file is not whole, or nothing."""
    for _ in range(_MOST_TAGS):
        if offset == source.size:
            return ""
        head = source.pread(offset, _TAG)
        end = offset + _TAG + int.from_bytes(head[1:4], "big") + _BACK
        if len(head) < _TAG or end > source.size:
            return f"the file ends inside its tag at byte {offset}"
        kind = head[0]
        if kind == _SCRIPT:
            body = ByteRange(offset=offset + _TAG, length=end - _BACK - offset - _TAG)
            _collect(source, body, found)
        elif kind & ~_ENCRYPTED in {_SOUND, _PICTURE}:
            found.add_essence(offset, end)
        else:
            found.report(f"a tag of kind {kind} was not read")
        offset = end
    return f"the file has more than {_MOST_TAGS} tags"


def _collect(source: ByteSource, body: ByteRange, found: _Found) -> None:
    if not found.budget.take(_SCRIPT_COST + body.length):
        found.report(f"a script of {body.length} bytes was not read")
        return
    place = "flv/script"
    try:
        for key, text in read_texts(read_exactly(source, body.offset, body.length)):
            if not key and text in _NAMES:
                place = f"flv/{text}"
            elif key == _XMP:
                found.xmp.append(XmpPacket(place=place, data=text.encode("utf-8")))
            elif text:
                found.add(place, key, text)
    except DamagedMediaError as error:
        found.report(f"a script is damaged: {error}")
