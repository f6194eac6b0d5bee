"""What a statement about media is bound to: bytes first, names only for people."""

from collections.abc import Iterable
from dataclasses import dataclass

from provenance.model.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The bytes a statement speaks of."""

    name: str
    """The file's name when it was stated; for people, never compared."""
    file_digest: Digest
    """Digest of the whole file then."""
    essence_digest: Digest
    """Digest of its picture or sound; the binding that survives re-tagging."""


def essences_of(subjects: Iterable[Subject]) -> tuple[Digest, ...]:
    """Return what statements of these subjects are filed under: each essence once, in order."""
    return tuple(dict.fromkeys(subject.essence_digest for subject in subjects))
