"""A file as one who judges it sees it: just read, or recalled from an earlier look."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from provenance.errors import DamagedMediaError
from provenance.model.digest import Digest
from provenance.model.facts import Problem
from provenance.model.known_essences import KnownEssences
from provenance.model.signal import Signal
from provenance.model.tag import ProvenanceTag
from provenance.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.examining import Examined
    from provenance.media.essence import Identity
    from provenance.media.source import FileSource


class Seen(Protocol):
    """What is known of a file by looking at it; digests are made when they are first asked for."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    @property
    def source(self) -> "FileSource":
        """The file, open; raises UnreadableError if it cannot be."""
        ...

    @property
    def format_name(self) -> str:
        """Name of its format; empty where none claims it."""
        ...

    @property
    def media_type(self) -> str:
        """MIME type of its format, or of bytes where none claims it."""
        ...

    @property
    def is_complete(self) -> bool:
        """Whether its container closes."""
        ...

    @property
    def tag(self) -> ProvenanceTag | None:
        """Our tag."""
        ...

    @property
    def carriers(self) -> tuple[str, ...]:
        """Names of the carriers that bear it."""
        ...

    @property
    def signals(self) -> tuple[Signal, ...]:
        """What it declares of its own making."""
        ...

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What kept us from understanding it."""
        ...

    @property
    def declares_ai(self) -> bool:
        """Whether a signal stronger than a hint was found."""
        ...

    @property
    def identity(self) -> "Identity":
        """Digests of file and essence; raises MediaError if they cannot be made."""
        ...

    @property
    def essence_digest(self) -> Digest:
        """The essence's digest, made without the file's where that is spared."""
        ...

    def may_be_one_of(self, known: KnownEssences) -> bool:
        """Return whether its essence may be known."""
        ...

    def is_unchanged(self) -> bool:
        """Return whether the file is as it was when it was looked at."""
        ...

    def observation(self) -> Observation:
        """Return what was found, with the digests if they were made."""
        ...


class Recalled:
    """A file that is as it was when it was looked at; it is opened only if that does not do."""

    def __init__(
        self, path: Path, found: Observation, examine: "Callable[[Path], Examined]"
    ) -> None:
        self.path = path
        self.format_name = found.format_name
        self.media_type = found.media_type
        self.is_complete = found.is_complete
        self.tag = found.tag
        self.carriers = found.carriers
        self.signals = found.signals
        self.problems = found.problems
        self.declares_ai = found.declares_ai
        self._found = found
        self._examine = examine

    @cached_property
    def _again(self) -> "Examined":
        """The file, read once more; raises DamagedMediaError if it is another than it was."""
        examined = self._examine(self.path)
        if not self._found.is_same(examined.observation()):
            examined.close()
            raise DamagedMediaError(f"{self.path.name}: was written while it was judged")
        return examined

    @property
    def source(self) -> "FileSource":
        """See `Seen.source`."""
        return self._again.source

    @property
    def identity(self) -> "Identity":
        """See `Seen.identity`."""
        return self._found.identity or self._again.identity

    @property
    def essence_digest(self) -> Digest:
        """See `Seen.essence_digest`."""
        return self._found.essence_digest or self._again.essence_digest

    def may_be_one_of(self, known: KnownEssences) -> bool:
        """See `Seen.may_be_one_of`."""
        return self._found.may_be_one_of(known)

    def is_unchanged(self) -> bool:
        """See `Seen.is_unchanged`."""
        return "_again" not in self.__dict__ or self._again.is_unchanged()

    def observation(self) -> Observation:
        """See `Seen.observation`."""
        return self._again.observation() if "_again" in self.__dict__ else self._found

    def close(self) -> None:
        """Close the file, if it was opened."""
        if "_again" in self.__dict__:
            self._again.close()
