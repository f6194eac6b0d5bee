"""What a statement about media is bound to: bytes first, names only for people."""

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
