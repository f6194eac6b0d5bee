"""The trust list in force: held against every edition seen before, changed by its root keys."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from provenance.attestation.trust import TrustList
from provenance.attestation.trust_file import (
    SignedTrust,
    load_signed_trust,
    opened_trust,
    require_current,
    require_successor,
    sign_trust,
    signature_path,
    write_trust,
)
from provenance.errors import AttestationError, ConfigError, RegistryError, UsageError
from provenance.model.digest import hex_of, sha256_digest
from provenance.registry.interface import Registry
from provenance.registry.records import AttestationKind, StoredAttestation

RECORD_ID = "trust"
"""What every edition is filed under."""
_Stamp = tuple[tuple[int, int, int, int], ...]
_RESTORE = "put back what was filed with: provenance keys restore"


class TrustKeeper:
    """Keeps `trust.toml`; every signed edition that was ever in force is in the registry.

    So an older list cannot be put back, nor another one be slipped in: a list follows only if
    enough root keys of the newest filed edition signed it (TUF 1.0 §5.3).
    """

    def __init__(self, path: Path, registry: Registry, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._registry = registry
        self._clock = clock
        self._held: tuple[_Stamp, TrustList] | None = None

    def load(self) -> TrustList:
        """Return the list to verify by; raises ConfigError if it may not be used.

        1. It is signed by enough of its own root keys.
        2. It is the newest filed edition byte for byte; or the first one ever seen; or a later
           edition that enough roots of the newest filed one signed. Then it is filed.
        3. It has not expired.

        Cheap to ask again: steps 1 and 2 are done anew once the files have changed.
        """
        stamp = self._stamp()
        if self._held is None or self._held[0] != stamp:
            self._held = (stamp, self.in_force().trust)  # 1 and 2
        trust = self._held[1]
        require_current(trust, self._clock())  # 3
        return trust

    def in_force(self) -> SignedTrust:
        """Return the list by steps 1 and 2 of `load`, expired or not: it may still be renewed."""
        newest = self._newest()
        try:
            signed = load_signed_trust(self._path)  # 1
        except ConfigError as error:
            if newest is None:
                raise
            raise ConfigError(f"{error}; {_RESTORE}") from error
        if newest is None:
            return self._first(signed)
        if signed.envelope != newest.envelope:  # 2
            self._require_following(newest.trust, signed)
            self._file(signed.envelope)
        return signed

    def amend(self, later: TrustList, signers: Sequence[Signer]) -> SignedTrust:
        """Put the next edition in force, signed by root keys of this one and of the next.

        Raises UsageError if it is not the next edition, ConfigError if its signatures will not do.
        """
        with self._locked():
            current = self.in_force().trust
            if later.serial != current.serial + 1:
                raise UsageError(
                    f"edition {current.serial} of the trust list is in force: somebody changed it"
                    " meanwhile; look at it and try again"
                )
            signed = sign_trust(later, signers)
            require_successor(current, signed.envelope)
            # written before it is filed: what a crash leaves is a successor to be filed at the next
            # load, and never a list that is older than the filed one
            write_trust(self._path, signed)
            self._file(signed.envelope)
        return signed

    def restore(self) -> SignedTrust:
        """Write the newest filed edition to the file; raises UsageError if none was ever filed."""
        with self._locked():
            newest = self._newest()
            if newest is None:
                raise UsageError("no trust list was ever filed in the registry; restore a backup")
            write_trust(self._path, newest)
        return newest

    def editions(self) -> tuple[StoredAttestation, ...]:
        """Return every filed edition, oldest first."""
        return tuple(
            stored
            for stored in self._registry.attestations_of(RECORD_ID)
            if stored.kind is AttestationKind.TRUST
        )

    def _stamp(self) -> _Stamp:
        """Return what changes when the list or its signature is written; taken before reading."""
        found = []
        for path in (self._path, signature_path(self._path)):
            with suppress(OSError):
                facts = path.stat()
                found.append((facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns))
        return tuple(found)

    def _newest(self) -> SignedTrust | None:
        found = [_opened(stored) for stored in self.editions()]
        # by number, not by row: two processes may file two editions in either order
        return max(found, key=lambda signed: signed.trust.serial, default=None)

    def _first(self, signed: SignedTrust) -> SignedTrust:
        if signed.envelope:
            self._file(signed.envelope)
        return signed

    def _require_following(self, newest: TrustList, signed: SignedTrust) -> None:
        if not signed.envelope:
            raise ConfigError(
                f"the trust list {self._path} is an unsigned one of version 1, and edition"
                f" {newest.serial}, which was signed, was in force before; {_RESTORE}"
            )
        if signed.trust.serial == newest.serial:
            raise ConfigError(
                f"the trust list {self._path} says that it is edition {newest.serial}, but another"
                f" list or signature was filed as that edition; {_RESTORE}"
            )
        try:
            require_successor(newest, signed.envelope)
        except ConfigError as error:
            raise ConfigError(
                f"the trust list {self._path} is refused: {error}; {_RESTORE}"
            ) from error

    def _file(self, envelope: bytes) -> None:
        stored = StoredAttestation(
            attestation_id=f"{RECORD_ID}-{hex_of(sha256_digest(envelope))[:40]}",
            kind=AttestationKind.TRUST,
            approval_id=RECORD_ID,
            envelope=envelope,
            subjects=(),
            recorded_at=self._clock(),
        )
        try:
            self._registry.add_attestation(stored)
        except RegistryError:
            if envelope not in (other.envelope for other in self.editions()):
                raise  # it was not that another process filed it meanwhile

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from changing the list meanwhile."""
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _opened(stored: StoredAttestation) -> SignedTrust:
    try:
        trust, _ = opened_trust(stored.envelope)
    except (ConfigError, AttestationError, UnicodeDecodeError) as error:
        raise RegistryError(
            f"an edition of the trust list that was filed on {stored.recorded_at:%Y-%m-%d} was"
            f" altered in the registry: {error}; restore the registry from a backup"
        ) from error
    return SignedTrust(trust=trust, envelope=stored.envelope)
