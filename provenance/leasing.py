"""Leases on files: of all hosts and processes that see a file, one at a time writes it.

A lease is found by what every host sees alike. Hosts mount a share at different points, so that is
the path below its zone, and nothing else: a name that one host spells otherwise would let two hosts
write one file, while two files that share a lease only wait for each other. Whatever lies in no
zone goes by its whole path. Links on the way to zone and folder are followed first.

Only the registry's clock ends a lease. Whoever holds one counts by a clock of its own that goes on
while the host sleeps, from before the lease was taken, and stops a little early.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from provenance.errors import LeaseHeldError, LeaseLostError, RegistryError
from provenance.model.digest import Digest, sha256_digest
from provenance.path_text import shown
from provenance.processes import is_dead, process_name
from provenance.registry.interface import Registry
from provenance.registry.lease import Lease, lost

LEASE_SECONDS = 60.0
_LONGEST_MARGIN = 2.0
_RENEWALS = 3
"""How often a lease is renewed in the time it lasts."""


def boot_time() -> float:
    """Return seconds since the host was booted, those in which it slept too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def lease_key(path: Path, zones: Sequence[Path]) -> Digest:
    """Return what the lease on a file is found by, the same on every host that sees it."""
    real = _real(path)
    for zone in zones:
        root = Path(os.path.realpath(zone))
        if real.is_relative_to(root):
            return sha256_digest(b"zone\0" + os.fsencode(real.relative_to(root)))
    return sha256_digest(b"path\0" + os.fsencode(real))


class HeldLease:
    """A lease that was taken, until it is dropped or its time is up."""

    def __init__(
        self,
        registry: Registry,
        lease: Lease,
        *,
        seconds: float,
        ends_at: float,
        clock: Callable[[], float],
    ) -> None:
        self.lease = lease
        self._registry = registry
        self._seconds = seconds
        self._ends_at = ends_at
        self._clock = clock
        self._turn = threading.Lock()
        self._is_over = threading.Event()

    def require_time(self) -> None:
        """Raise LeaseLostError if by our own clock the lease may have ended."""
        margin = min(_LONGEST_MARGIN, self._seconds / 4)
        if self._clock() >= self._ends_at - margin:
            raise lost(self.lease)

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Change files inside: in one transaction with what is recorded, and never too late.

        Raises LeaseLostError, before anything was changed, if the lease has ended.
        """
        with self._turn, self._registry.transaction(self.lease):
            self.require_time()
            yield

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease from time to time inside, however long that takes."""
        renewing = threading.Thread(target=self._renew, name="lease", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            self._is_over.set()
            renewing.join()

    def _renew(self) -> None:
        while not self._is_over.wait(self._seconds / _RENEWALS):
            # Not while something is published: that has the lease's row, we would wait for it.
            with self._turn:
                if not self._is_over.is_set() and not self._renewed():
                    return

    def _renewed(self) -> bool:
        """Try to renew; return whether to try again another time."""
        begun_at = self._clock()
        try:
            self._registry.renew_lease(self.lease, self._seconds)
        except LeaseLostError:
            return False
        except RegistryError:
            return True
        self._ends_at = begun_at + self._seconds
        return True


class LeaseKeeper:
    """Takes leases on files in the name of one process."""

    def __init__(
        self,
        registry: Registry,
        *,
        zones: Sequence[Path] = (),
        seconds: float = LEASE_SECONDS,
        clock: Callable[[], float] = boot_time,
    ) -> None:
        self.registry = registry
        self.holder = process_name()
        self.zones = tuple(zones)
        self._seconds = seconds
        self._clock = clock

    def key_of(self, path: Path) -> Digest:
        """Return what the lease on a file is found by."""
        return lease_key(path, self.zones)

    def take(self, path: Path) -> HeldLease:
        """Take the lease on a file; raises LeaseHeldError if another has it.

        One whose holder certainly died is not waited for.
        """
        key = self.key_of(path)
        other = self.registry.find_lease(key)
        if other is not None and is_dead(other.holder):
            self.registry.drop_leases_of(other.holder)
        begun_at = self._clock()
        lease = self.registry.take_lease(key, self.holder, self._seconds)
        if lease is None:
            raise LeaseHeldError(
                f"{shown(path)}: another host or command works on it; it is as it was, look again"
                " in a moment"
            )
        return HeldLease(
            self.registry,
            lease,
            seconds=self._seconds,
            ends_at=begun_at + self._seconds,
            clock=self._clock,
        )

    @contextmanager
    def hold(self, path: Path) -> Iterator[HeldLease]:
        """Hold the lease on a file for a short step; raises LeaseHeldError.

        What changes files belongs into `HeldLease.publishing`.
        """
        held = self.take(path)
        try:
            yield held
        finally:
            with suppress(RegistryError):  # out of reach; the lease ends by itself
                self.registry.drop_lease(held.lease)


def _real(path: Path) -> Path:
    """Return the path with links followed, but for the file itself."""
    return Path(os.path.realpath(path.parent)) / path.name
