"""The seam of the carriers: one way of saying the tag in a file."""

from dataclasses import dataclass
from typing import Protocol

from provenance.media.interface import MediaFormat
from provenance.media.source import FileSource
from provenance.media.staging import Staging
from provenance.model.reading import Reading
from provenance.model.tag import ProvenanceTag


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file on its way to its new form; carriers change the staging copy, never the original."""

    original: FileSource
    """The file as it lies there, open."""
    fmt: MediaFormat
    """Its format."""
    reading: Reading
    """What was read of the original."""
    staging: Staging
    """The copy beside it that takes its place in the end."""


class Carrier(Protocol):
    """One way of saying the tag in a file."""

    @property
    def name(self) -> str:
        """Short name: `native`, `xmp` or `c2pa`."""
        ...

    def can_bear(self, fmt: MediaFormat) -> bool:
        """Return whether files of this format can bear this carrier."""
        ...

    def find_tag(self, reading: Reading) -> ProvenanceTag | None:
        """Return the tag this carrier bears in a file that was read, or None."""
        ...

    def write(self, draft: Draft, tag: ProvenanceTag) -> None:
        """Put the tag into the staging copy.

        Foreign metadata survives. Raises CarrierError if this file cannot bear it; the staging
        copy is then as it was before the call.
        """
        ...

    def remove(self, draft: Draft) -> None:
        """Take our tag out of the staging copy; raises CarrierError if that is not possible."""
        ...
