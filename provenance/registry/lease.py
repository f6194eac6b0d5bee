"""Leases: which of several hosts may work on a path, until when, and that none writes late."""

from dataclasses import dataclass

from provenance.errors import LeaseLostError
from provenance.model.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on one path, for a while.

    How long is left only the registry's clock can tell. Whoever holds it counts from before it
    was taken, and stops a little early.
    """

    path_digest: Digest
    """What the work is on."""
    holder: str
    """Who works, for people; no two hosts have one name."""
    fence: int
    """Greater than that of every lease before it: of two holders the later has the greater."""


def lost(lease: Lease) -> LeaseLostError:
    """Return the error of a lease that is not held any more."""
    return LeaseLostError(
        f"lease {lease.fence} of {lease.holder} has ended; what it was for is another's work now"
    )
