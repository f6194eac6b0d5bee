"""Leases in memory; whoever calls holds the registry's lock."""

import time

from provenance.model.digest import Digest
from provenance.registry.lease import Lease, lost


class MemoryLeases:
    """Every lease of a registry in memory."""

    def __init__(self) -> None:
        self._fence = 0
        self._held: dict[Digest, tuple[Lease, float]] = {}

    def take(self, path_digest: Digest, holder: str, seconds: float) -> Lease | None:
        """See `Registry.take_lease`."""
        if self.find(path_digest) is not None:
            return None
        self._fence += 1
        lease = Lease(path_digest=path_digest, holder=holder, fence=self._fence)
        self._keep(lease, seconds)
        return lease

    def find(self, path_digest: Digest) -> Lease | None:
        """See `Registry.find_lease`."""
        lease, ends_at = self._held.get(path_digest, (None, 0.0))
        return lease if time.monotonic() < ends_at else None

    def renew(self, lease: Lease, seconds: float) -> None:
        """See `Registry.renew_lease`."""
        self.require(lease)
        self._keep(lease, seconds)

    def drop(self, lease: Lease) -> None:
        """See `Registry.drop_lease`."""
        if self.find(lease.path_digest) == lease:
            self._held = {key: held for key, held in self._held.items() if held[0] != lease}

    def drop_of(self, holder: str) -> None:
        """See `Registry.drop_leases_of`."""
        self._held = {key: held for key, held in self._held.items() if held[0].holder != holder}

    def require(self, lease: Lease | None) -> None:
        """Raise LeaseLostError if a lease is given that has ended."""
        if lease is not None and self.find(lease.path_digest) != lease:
            raise lost(lease)

    def _keep(self, lease: Lease, seconds: float) -> None:
        # A new dictionary each time: a copy of this object is what was held before.
        self._held = {**self._held, lease.path_digest: (lease, time.monotonic() + seconds)}
