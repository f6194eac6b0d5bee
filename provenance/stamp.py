"""The stamp of an index and of cluster terms: by it findings of another version are told apart."""

import hashlib
from typing import TYPE_CHECKING

from provenance import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.signals.interface import ReadingKind

_EDITION = 2
"""To be raised when something else is found in files than was in the same version."""
LOOKED_FOR = "37324e112d3234a0378b5a641f6598ba67e500179138e1f8e9cbd07c0190daf9"
"""Digest of the rules of all signals and of what all glances look at, which are not imported for
it; a test says what it has to be when one is added."""


def stamp_of(extra_kinds: "Sequence[ReadingKind]", root_pem: str) -> str:
    """Return a text that is another one when files might be found to say something else.

    By the root certificate it is told which tags in C2PA manifests are ours.
    """
    told = (__version__, _EDITION, LOOKED_FOR, [kind.told for kind in extra_kinds], root_pem)
    return hashlib.sha256(repr(told).encode()).hexdigest()
