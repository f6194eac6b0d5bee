"""The carrier that says the tag in the container's own text fields, through mutagen.

mutagen meets foreign bytes in the worker process only (`native_tasks`); here is what the caller
needs: which formats it serves, the words it looks for, and the call.
"""

import base64

from provenance.carriers.interface import Draft
from provenance.carriers.xmp_packet import packet_with
from provenance.errors import CarrierError
from provenance.isolation.interface import Json, TaskRunner
from provenance.media.interface import MediaFormat
from provenance.media.source import FileSource
from provenance.media.staging import WRITING
from provenance.model.metadata import MetadataField
from provenance.model.reading import Reading
from provenance.model.tag import ProvenanceTag

_FORMATS = frozenset({"mp3", "flac", "mp4", "mov", "m4a", "m4v"})
_KEYS = frozenset({"txxx:provenance", "provenance", "----:com.apple.itunes:provenance"})
_VENDOR = "Mutagen "
_ID3_XMP = "mp3"
_WRITE = "provenance.carriers.native_tasks:write_tag"
_REMOVE = "provenance.carriers.native_tasks:remove_tag"
_SECONDS_PER_GIB = 60.0
_LEAST_SECONDS = 30.0


class NativeCarrier:
    """The tag in ID3 frames, Vorbis comments or iTunes items."""

    name = "native"

    def __init__(self, runner: TaskRunner) -> None:
        self._runner = runner

    def can_bear(self, fmt: MediaFormat) -> bool:
        """See `Carrier.can_bear`."""
        return fmt.name in _FORMATS

    def find_tag(self, reading: Reading) -> ProvenanceTag | None:
        """See `Carrier.find_tag`."""
        return next(filter(None, map(_tag_of, reading.fields)), None)

    def write(self, draft: Draft, tag: ProvenanceTag) -> None:
        """See `Carrier.write`."""
        arguments: dict[str, Json] = {
            "format": draft.fmt.name,
            "tag": tag.to_json(),
            "comment": tag.comment,
            "xmp": _id3_packet(draft, tag),
        }
        self._run(_WRITE, arguments, draft)

    def remove(self, draft: Draft) -> None:
        """See `Carrier.remove`."""
        self._run(_REMOVE, {"format": draft.fmt.name}, draft)

    def _run(self, task: str, arguments: dict[str, Json], draft: Draft) -> None:
        """Run the task on a further copy, so that a failure half way leaves the staging whole."""
        with FileSource(draft.staging.path) as staged:
            copy = draft.staging.copy_next(staged)
        with FileSource(copy, flags=WRITING) as opened:
            seconds = _LEAST_SECONDS + opened.size / (1 << 30) * _SECONDS_PER_GIB
            self._runner.run(task, arguments, (opened.descriptor,), seconds)
            if not draft.fmt.score(opened.head, ""):  # by its bytes, not by its name
                raise CarrierError("writing its text fields made the file unrecognisable")
        draft.staging.advance()


def is_own_key(key: str) -> bool:
    """Return whether a field of this key may be a tag of ours."""
    return key.lower() in _KEYS


def is_ours(found: MetadataField) -> bool:
    """Return whether a field is a tag of ours, or names the library that wrote it."""
    is_vendor = found.place.endswith("/vendor") and found.value.startswith(_VENDOR)
    return is_vendor or _tag_of(found) is not None


def _tag_of(found: MetadataField) -> ProvenanceTag | None:
    if not is_own_key(found.key):
        return None
    try:
        return ProvenanceTag.from_json(found.value)
    except ValueError:
        return None


def _id3_packet(draft: Draft, tag: ProvenanceTag) -> str | None:
    if draft.fmt.name != _ID3_XMP:
        return None
    packets = draft.reading.contents.xmp
    return base64.b64encode(packet_with(tag, packets[0] if packets else None)).decode()
