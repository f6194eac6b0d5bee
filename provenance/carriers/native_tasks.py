"""Worker tasks that write our tag into the native tags of MP3, FLAC and MP4 files.

The only module that imports mutagen, whose parsers are not bounded: it is preloaded in the worker
and never imported by the parent. The files are staging copies, written in place.
"""

# mutagen says it is typed, but most of its functions are not.
# mypy: allow-untyped-calls

import base64
import codecs
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any, BinaryIO

from mutagen import MutagenError
from mutagen._util import resize_bytes
from mutagen.flac import FLAC
from mutagen.id3 import COMM, ID3, PRIV, TXXX, ID3NoHeaderError
from mutagen.mp4 import AtomDataType, MP4FreeForm, MP4Tags
from mutagen.mp4._atom import AtomError, Atoms

from provenance.errors import CarrierError
from provenance.isolation.interface import Json
from provenance.media.mp3 import Mp3
from provenance.media.source import BytesSource
from provenance.model.metadata import MetadataField

_KEY = "PROVENANCE"
_ID3_TEXT = f"TXXX:{_KEY}"
_ID3_COMMENT = "COMM:provenance:eng"
_MP4_TEXT = f"----:com.apple.iTunes:{_KEY}"
_MP4_COMMENT = "\xa9cmt"
_OUR_COMMENT = re.compile(r"GENAI-TEMP [0-9a-f]{8}")
_OUR_NAMESPACE = b"https://ns.provenance.local/tag/1.0/"
_XMP_OWNER = "XMP"
_UTF8 = 3
_V2, _V3, _V4 = 2, 3, 4
_FOREIGN = (
    MutagenError,
    AtomError,
    # Fuzzing mutagen brings out these, too.
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    struct.error,
)
_PADDING = 1024
"""Bytes kept free behind a tag that had to grow, so that the next change moves no audio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    tag: str
    comment: str
    packet: bytes | None


def preload() -> None:
    """Load what mutagen and our own readers look up late."""
    for codec in ("utf-16-be", "utf-16-le", "utf-8"):
        codecs.lookup(codec)


def write_tag(arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Write tag, comment and XMP packet where the format has a place for them.

    Comments and packets of others stay, and ours is then left out. Raises CarrierError if the file
    cannot bear the tag.
    """
    packet = arguments.get("xmp")
    marks = _Marks(
        tag=arguments["tag"],
        comment=arguments["comment"],
        packet=None if packet is None else base64.b64decode(packet),
    )
    return _edit(arguments["format"], files[0], marks)


def remove_tag(arguments: dict[str, Any], files: list[BinaryIO]) -> Json:
    """Remove what `write_tag` adds; raises CarrierError if the file cannot be edited."""
    return _edit(arguments["format"], files[0], None)


def _edit(fmt: str, file: BinaryIO, marks: _Marks | None) -> Json:
    if fmt not in _EDITORS:
        raise CarrierError(f"no native tag is written into {fmt} files")
    with _foreign_errors():
        changed = _EDITORS[fmt](file, marks)
        file.flush()
    return {"changed": changed}


@contextmanager
def _foreign_errors() -> Iterator[None]:
    try:
        yield
    except _FOREIGN as error:
        kind = type(error).__name__
        raise CarrierError(f"the native tag cannot be edited: mutagen stops ({kind})") from error


def _edit_id3(file: BinaryIO, marks: _Marks | None) -> bool:
    tags, old_size = _load_id3(file)
    before = _rendered(tags, 0)
    _mark_id3(tags, marks)
    head = _rendered(tags, 0)
    if head == before:
        return False
    if not tags and not tags.unknown_frames:
        head = b""
    else:
        head = _rendered(tags, max(old_size - len(head), 0) or _PADDING)
        file.seek(0)
        _require_nothing_lost(file.read(old_size), head)
    resize_bytes(file, old_size, len(head), 0)
    file.seek(0)
    file.write(head)
    return True


def _load_id3(file: BinaryIO) -> tuple[Any, int]:
    """Return the first ID3v2 tag and how many bytes it takes; a new tag where there is none."""
    file.seek(0)
    header = file.read(10)
    file.seek(0)
    try:
        tags = ID3(file, translate=False, load_v1=False)
    except ID3NoHeaderError:
        return ID3(), 0
    if tags.version[1] == _V2:
        file.seek(0)
        tags = ID3(file, v2_version=_V3, load_v1=False)
        if tags.unknown_frames:
            raise CarrierError("an ID3v2.2 tag has frames that no later version knows")
    # mutagen reads past the footer of ID3v2.4 and does not count it.
    return tags, tags.size + 10 * bool(tags.version[1] == _V4 and header[5] & 0x10)


def _rendered(tags: Any, padding: int) -> bytes:  # noqa: ANN401 - mutagen has no types
    """Return the tag in its own version, for a new one 2.3, which every program reads."""
    buffer = BytesIO()
    version = _V4 if tags.size and tags.version[1] == _V4 else _V3
    # A separator of None keeps several values apart instead of joining them by slashes.
    tags.save(buffer, v1=0, v2_version=version, v23_sep=None, padding=lambda _info: padding)
    return buffer.getvalue()


def _mark_id3(tags: Any, marks: _Marks | None) -> None:  # noqa: ANN401 - mutagen has no types
    packets = [frame for frame in tags.getall("PRIV") if frame.owner == _XMP_OWNER]
    ours = [frame for frame in packets if _OUR_NAMESPACE in frame.data]
    is_free = packets == ours
    for frame in ours:
        del tags[frame.HashKey]
    comment = tags.get(_ID3_COMMENT)
    if comment is not None and _is_ours(comment.text):
        del tags[_ID3_COMMENT]
    tags.pop(_ID3_TEXT, None)
    if marks is None:
        return
    tags.add(TXXX(encoding=_UTF8, desc=_KEY, text=[marks.tag]))
    if _ID3_COMMENT not in tags:
        tags.add(COMM(encoding=_UTF8, lang="eng", desc="provenance", text=[marks.comment]))
    if marks.packet is not None and is_free:
        tags.add(PRIV(owner=_XMP_OWNER, data=marks.packet))


def _require_nothing_lost(before: bytes, after: bytes) -> None:
    """Raise CarrierError if mutagen dropped a text or a store that it could not parse."""
    old, new = (Mp3().read(BytesSource(data)) for data in (before, after))
    kept = {field.value for field in new.fields}
    lost = [text for text in old.fields if text.value not in kept and not _is_our_field(text)]
    if lost or len(new.c2pa) < len(old.c2pa):
        raise CarrierError("rewriting the ID3 tag would lose frames of others")


def _edit_flac(file: BinaryIO, marks: _Marks | None) -> bool:
    file.seek(0)
    audio: Any = FLAC(file)
    if audio.tags is None:
        audio.add_tags()
    before = list(audio.tags)
    _mark_mapping(audio.tags, marks, (_KEY, "COMMENT"), str)
    if list(audio.tags) == before:
        return False
    if not audio.tags and audio.tags.vendor.startswith("Mutagen"):
        audio.metadata_blocks = [b for b in audio.metadata_blocks if b is not audio.tags]
    file.seek(0)
    audio.save(file)
    return True


def _edit_mp4(file: BinaryIO, marks: _Marks | None) -> bool:
    atoms = Atoms(file)
    _require_editable(atoms, file)
    tags = MP4Tags(atoms, file) if b"moov.udta.meta.ilst" in atoms else MP4Tags()
    before = dict(tags.items())
    _mark_mapping(tags, marks, (_MP4_TEXT, _MP4_COMMENT), _freeform)
    if dict(tags.items()) == before:
        return False
    file.seek(0)
    tags.save(file)
    return True


def _require_editable(atoms: Any, file: BinaryIO) -> None:  # noqa: ANN401 - mutagen has no types
    if b"moof" in {atom.name for atom in atoms.atoms} or b"moov.mvex" in atoms:
        raise CarrierError("a fragmented MP4 file cannot be given native tags in place")
    if b"moov.udta.meta" not in atoms:
        return
    # In a list of QuickTime keys (handler mdta) an iTunes item would be read as a key's number.
    _, handler = atoms[b"moov.udta.meta.hdlr"].read(file)
    if handler[8:12] != b"mdir":
        raise CarrierError("the file keeps its metadata by QuickTime keys, not as iTunes items")


def _freeform(text: str) -> Any:  # noqa: ANN401 - mutagen has no types
    return MP4FreeForm(text.encode(), AtomDataType.UTF8)


def _mark_mapping(
    tags: Any,  # noqa: ANN401 - mutagen has no types
    marks: _Marks | None,
    keys: tuple[str, str],
    encoded: Callable[[str], Any],
) -> None:
    text, comment = keys
    if comment in tags and _is_ours(tags[comment]):
        del tags[comment]
    if text in tags:
        del tags[text]
    if marks is None:
        return
    tags[text] = [encoded(marks.tag)]
    if comment not in tags:
        tags[comment] = [marks.comment]


def _is_ours(comments: list[str]) -> bool:
    return all(_OUR_COMMENT.fullmatch(comment) for comment in comments)


def _is_our_field(found: MetadataField) -> bool:
    return found.key in {_ID3_TEXT, "COMM:provenance"}


_EDITORS: Mapping[str, Callable[[BinaryIO, _Marks | None], bool]] = MappingProxyType(
    {"mp3": _edit_id3, "flac": _edit_flac} | dict.fromkeys(("mp4", "mov", "m4a", "m4v"), _edit_mp4)
)
