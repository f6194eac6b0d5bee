"""Read one file whole-heartedly but never its essence: format, metadata, tag, signals.

This and `gathering` lie below the use cases, because tagging, scanning, approving, delivering and
inspecting all begin with the same reading.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Self

from provenance.carriers.foreign import foreign_reading
from provenance.carriers.interface import Carrier
from provenance.carriers.sidecar import (
    C2PA_SUFFIX,
    XMP_SUFFIX,
)
from provenance.isolation.interface import TaskRunner
from provenance.media.essence import Identity, digest_ranges, essence_lead, identify_bytes
from provenance.media.interface import MediaFormat
from provenance.media.pixels import read_pixels
from provenance.media.source import FileSource
from provenance.media.xmp import parse_packets
from provenance.model.digest import Digest
from provenance.model.facts import Problem, ProblemKind
from provenance.model.known_essences import KnownEssences
from provenance.model.metadata import ByteRange, Completeness
from provenance.model.reading import Reading
from provenance.model.signal import Signal
from provenance.model.tag import ProvenanceTag
from provenance.observation import UNKNOWN_TYPE, Observation
from provenance.opening import How, ManifestReader, contents_of, sidecar_properties
from provenance.signals.interface import ReadingKind
from provenance.signals.kinds import find_signals

_SIDECAR = "sidecar"
_SIDECAR_ENDINGS = frozenset({XMP_SUFFIX[1:], C2PA_SUFFIX[1:]})


class Examiner:
    """Opens files and reads what they say of themselves."""

    def __init__(
        self,
        runner: TaskRunner,
        carriers: Sequence[Carrier],
        *,
        root_pem: str = "",
        extra_kinds: Sequence[ReadingKind] = (),
        pixel_runner: TaskRunner | None = None,
    ) -> None:
        self._runner = runner
        self._carriers = carriers
        self._manifests = ManifestReader(runner, root_pem)
        self._extra_kinds = extra_kinds
        self._pixel_runner = pixel_runner

    def examine(
        self, path: Path, *, validate: bool = False, endings: frozenset[str] | None = None
    ) -> "Examined":
        """Open and read a file; with `validate` its C2PA hash is checked too.

        A caller who has listed the folder says with which `endings` (`Found.endings`), to spare
        looking for sidecars. The caller closes what is returned. Whatever cannot be understood
        becomes a problem of the result. Raises UnreadableError only if the file cannot be opened.
        """
        source = FileSource(path)
        try:
            look_beside = endings is None or not endings.isdisjoint(_SIDECAR_ENDINGS)
            return self._examine(source, validate=validate, look_beside=look_beside)
        except BaseException:
            source.close()
            raise

    def _examine(self, source: FileSource, *, validate: bool, look_beside: bool) -> "Examined":
        problems: list[Problem] = []
        fmt, contents = contents_of(source, self._runner, problems)
        if self._pixel_runner and fmt and not problems:
            hidden = read_pixels(self._pixel_runner, source.descriptor, fmt.name)
            contents = replace(contents, fields=(*contents.fields, *hidden.fields))
            problems += [Problem(kind=ProblemKind.DAMAGED, detail=text) for text in hidden.problems]
        embedded, damaged = parse_packets(contents.xmp)
        problems += [Problem(kind=ProblemKind.DAMAGED, detail=text) for text in damaged]
        beside = sidecar_properties(source.path, problems) if look_beside else ()
        how = How(validate=validate, look_beside=look_beside, problems=problems)
        credentials, has_foreign_store_beside = self._manifests.read(source, fmt, contents, how)
        reading = Reading(
            format_name=fmt.name if fmt else "",
            contents=contents,
            properties=embedded,
            credentials=credentials,
        )
        found = [(carrier.name, carrier.find_tag(reading)) for carrier in self._carriers]
        if beside:
            from_beside = Reading(format_name=reading.format_name, properties=beside)
            found += [(_SIDECAR, carrier.find_tag(from_beside)) for carrier in self._carriers]
        tags = tuple((name, tag) for name, tag in found if tag is not None)
        foreign = foreign_reading(reading, beside, [tag for _, tag in tags])
        return Examined(
            source=source,
            fmt=fmt,
            reading=reading,
            tags=tags,
            signals=find_signals(foreign, self._extra_kinds),
            problems=tuple(problems),
            has_foreign_store_beside=has_foreign_store_beside,
        )


class Examined:
    """One file, open, with everything it says of itself."""

    def __init__(
        self,
        *,
        source: FileSource,
        fmt: MediaFormat | None,
        reading: Reading,
        tags: tuple[tuple[str, ProvenanceTag], ...],
        signals: tuple[Signal, ...],
        problems: tuple[Problem, ...],
        has_foreign_store_beside: bool,
    ) -> None:
        self.source = source
        self.fmt = fmt
        self.reading = reading
        self.signals = signals
        self.problems = problems
        self.has_foreign_store_beside = has_foreign_store_beside
        self._tags = tags

    @property
    def path(self) -> Path:
        """The file."""
        return self.source.path

    @property
    def format_name(self) -> str:
        """See `Seen.format_name`."""
        return self.reading.format_name

    @property
    def media_type(self) -> str:
        """See `Seen.media_type`."""
        return self.fmt.media_type if self.fmt else UNKNOWN_TYPE

    @property
    def is_complete(self) -> bool:
        """See `Seen.is_complete`."""
        return self.reading.contents.completeness is Completeness.WHOLE

    @property
    def tag(self) -> ProvenanceTag | None:
        """Our tag; of several carriers the first in writing order speaks."""
        return self._tags[0][1] if self._tags else None

    @property
    def carriers(self) -> tuple[str, ...]:
        """Names of the carriers that bear the tag."""
        return tuple(dict.fromkeys(name for name, _ in self._tags))

    @property
    def is_whole(self) -> bool:
        """Whether a format claims the file and its container closes."""
        return self.fmt is not None and self.is_complete and not self.problems

    @property
    def declares_ai(self) -> bool:
        """Whether a signal stronger than a hint was found."""
        return any(signal.level.is_conclusive for signal in self.signals)

    @cached_property
    def identity(self) -> Identity:
        """Digests of file and essence; reads the file once where its essence lies in order."""
        return identify_bytes(self.source, self.fmt, self.reading.contents)

    @cached_property
    def essence_digest(self) -> Digest:
        """The same as `identity` has, without digesting the whole file where that is spared."""
        if self._has_essence:
            return digest_ranges(self.source, self._essence)
        return self.identity.essence_digest

    @cached_property
    def essence_length(self) -> int:
        """Number of essence bytes, or of all bytes where the format has no essence rule."""
        return sum(part.length for part in self._essence) or self.source.size

    def may_be_one_of(self, known: KnownEssences) -> bool:
        """Return whether its essence may be known, reading no more of it than that takes.

        How long the essence of a JPEG is takes reading it: how it begins is looked at first.
        """
        if not known.lengths:
            return False
        if self._is_bounded:
            length = self.reading.contents.essence_length
            may_hold = known.may_hold_up_to(length, self._lead)
            return may_hold and self.essence_length in known.lengths
        length = self.essence_length
        return length in known.lengths and known.may_hold(length, self._lead)

    def is_unchanged(self) -> bool:
        """See `Seen.is_unchanged`."""
        return self.source.is_unchanged()

    def observation(self) -> Observation:
        """See `Seen.observation`."""
        made = self.__dict__
        identity: Identity | None = made.get("identity")
        is_exact = not self._is_bounded or "_essence" in made
        bound = self.reading.contents.essence_length
        return Observation(
            format_name=self.format_name,
            media_type=self.media_type,
            is_complete=self.is_complete,
            tag=self.tag,
            carriers=self.carriers,
            signals=self.signals,
            problems=self.problems,
            essence_length=self.essence_length if is_exact else bound,
            is_exact=is_exact,
            essence_lead=self._lead,
            essence_digest=identity.essence_digest if identity else made.get("essence_digest"),
            file_digest=identity.file_digest if identity else None,
        )

    @property
    def _is_bounded(self) -> bool:
        contents = self.reading.contents
        return self.fmt is not None and bool(contents.essence) and not contents.essence_exact

    @cached_property
    def _lead(self) -> bytes:
        if self._is_bounded:
            return essence_lead(self.source, self.reading.contents.essence, begins_last_range=True)
        whole = (ByteRange(offset=0, length=self.source.size),)
        return essence_lead(self.source, self._essence if self._has_essence else whole)

    @property
    def _has_essence(self) -> bool:
        return any(part.length for part in self._essence)

    @cached_property
    def _essence(self) -> tuple[ByteRange, ...]:
        if self.fmt is None:
            return ()
        return self.fmt.exact_essence(self.source, self.reading.contents)

    def close(self) -> None:
        """Close the file."""
        self.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
