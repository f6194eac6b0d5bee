"""Leases in a SQL registry, within a write transaction, which alone sees and changes them.

They are not chained into the journal: they say nothing of what was done.
"""

import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from provenance.model.digest import Digest
from provenance.registry.lease import Lease, lost
from provenance.registry.tables import FENCE, LEASES

Now = Callable[[Connection], int]
"""Tells the time of whoever keeps the registry, in microseconds."""

_MICROSECONDS = 1_000_000


def local_now(_connection: Connection) -> int:
    """Return the time of this host: right for a database that one host has."""
    return time.time_ns() // 1000


def take(
    connection: Connection, path_digest: Digest, holder: str, *, seconds: float, now: int
) -> Lease | None:
    """Store a lease with the next fence, unless there is one that has not ended."""
    # One that has ended but is locked is just being published under: it is held all the same, and
    # to wait for it would be a deadlock, for its holder waits for the head that we have.
    ended = select(LEASES.c.path_digest).where(LEASES.c.ends_at <= now)
    ended = ended.with_for_update(skip_locked=True)
    connection.execute(delete(LEASES).where(LEASES.c.path_digest.in_(ended)))
    held = select(LEASES.c.fence).where(LEASES.c.path_digest == path_digest)
    if connection.execute(held).first() is not None:
        return None
    fence = connection.execute(select(FENCE.c.last)).scalar_one() + 1
    connection.execute(update(FENCE).values(last=fence))
    ends_at = now + round(seconds * _MICROSECONDS)
    row = {"path_digest": path_digest, "holder": holder, "fence": fence, "ends_at": ends_at}
    connection.execute(insert(LEASES).values(**row))
    return Lease(path_digest=path_digest, holder=holder, fence=fence)


def renew(connection: Connection, lease: Lease, *, seconds: float, now: int) -> None:
    """Let a lease last so long from now; raises LeaseLostError if it has ended."""
    require(connection, lease, now=now)
    ends_at = now + round(seconds * _MICROSECONDS)
    connection.execute(update(LEASES).where(*_is(lease)).values(ends_at=ends_at))


def drop(connection: Connection, lease: Lease) -> None:
    """Let others have what the lease was for; one that has ended is no error."""
    connection.execute(delete(LEASES).where(*_is(lease)))


def drop_of(connection: Connection, holder: str) -> None:
    """Let others have everything a holder has."""
    connection.execute(delete(LEASES).where(LEASES.c.holder == holder))


def require(connection: Connection, lease: Lease, *, now: int) -> None:
    """Raise LeaseLostError if the lease has ended."""
    held = select(LEASES.c.fence).where(*_is(lease), LEASES.c.ends_at > now)
    if connection.execute(held).first() is None:
        raise lost(lease)


def lock(connection: Connection, lease: Lease, now: Now) -> None:
    """See that nobody else gets the lease before the transaction ends; raises LeaseLostError."""
    query = select(LEASES.c.ends_at).where(*_is(lease)).with_for_update()
    ends_at = connection.execute(query).scalar_one_or_none()
    # The time is asked for last: getting the lock may have taken some.
    if ends_at is None or ends_at <= now(connection):
        raise lost(lease)


def _is(lease: Lease) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return LEASES.c.path_digest == lease.path_digest, LEASES.c.fence == lease.fence
