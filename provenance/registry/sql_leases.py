"""Leases in a SQL registry; only a write transaction changes them.

They are not chained into the journal: they say nothing of what was done.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from provenance.model.digest import Digest
from provenance.registry.lease import Lease, lost
from provenance.registry.tables import FENCE, LEASES
from provenance.registry.transactions import Transactions

Now = Callable[[Connection], int]
"""Tells the time of whoever keeps the registry, in microseconds."""

_MICROSECONDS = 1_000_000


def local_now(_connection: Connection) -> int:
    """Return the time of this host: right for a database that one host has."""
    return time.time_ns() // 1000


class SqlLeases:
    """Every lease of a registry in a SQL database."""

    def __init__(self, transactions: Transactions, now: Now) -> None:
        self._transactions = transactions
        self._now = now

    def take(self, path_digest: Digest, holder: str, seconds: float) -> Lease | None:
        """See `Registry.take_lease`."""
        with self._changing() as (connection, now):
            _forget_ended(connection, now)
            held = select(LEASES.c.fence).where(LEASES.c.path_digest == path_digest)
            if connection.execute(held).first() is not None:
                return None
            fence = connection.execute(select(FENCE.c.last)).scalar_one() + 1
            connection.execute(update(FENCE).values(last=fence))
            row = {"path_digest": path_digest, "holder": holder, "fence": fence}
            connection.execute(insert(LEASES).values(**row, ends_at=_later(now, seconds)))
            return Lease(path_digest=path_digest, holder=holder, fence=fence)

    def find(self, path_digest: Digest) -> Lease | None:
        """See `Registry.find_lease`."""
        query = select(LEASES.c.holder, LEASES.c.fence).where(LEASES.c.path_digest == path_digest)
        with self._transactions.reading() as connection:
            held = query.where(LEASES.c.ends_at > self._now(connection))
            row = connection.execute(held).one_or_none()
            return row and Lease(path_digest=path_digest, holder=row.holder, fence=row.fence)

    def renew(self, lease: Lease, seconds: float) -> None:
        """See `Registry.renew_lease`."""
        with self._changing() as (connection, now):
            self.require(connection, lease)
            renewed = update(LEASES).where(*_is(lease)).values(ends_at=_later(now, seconds))
            connection.execute(renewed)

    def drop(self, lease: Lease) -> None:
        """See `Registry.drop_lease`."""
        with self._changing() as (connection, _now):
            connection.execute(delete(LEASES).where(*_is(lease)))

    def drop_of(self, holder: str) -> None:
        """See `Registry.drop_leases_of`."""
        with self._changing() as (connection, _now):
            connection.execute(delete(LEASES).where(LEASES.c.holder == holder))

    def require(self, connection: Connection, lease: Lease | None) -> None:
        """Raise LeaseLostError if a lease is given that has ended."""
        if lease is None:
            return
        query = select(LEASES.c.fence).where(*_is(lease), LEASES.c.ends_at > self._now(connection))
        if connection.execute(query).first() is None:
            raise lost(lease)

    def lock(self, connection: Connection, lease: Lease) -> None:
        """Keep the lease from others until the transaction ends; raises LeaseLostError."""
        query = select(LEASES.c.ends_at).where(*_is(lease)).with_for_update()
        ends_at = connection.execute(query).scalar_one_or_none()
        # The time is asked for last: getting the lock may have taken some.
        if ends_at is None or ends_at <= self._now(connection):
            raise lost(lease)

    @contextmanager
    def _changing(self) -> Iterator[tuple[Connection, int]]:
        with self._transactions.writing() as transaction:
            yield transaction.connection, self._now(transaction.connection)


def _forget_ended(connection: Connection, now: int) -> None:
    # One that has ended but is locked is just being published under: it is held all the same, and
    # to wait for it would be a deadlock, for its holder waits for the head that we have.
    ended = select(LEASES.c.path_digest).where(LEASES.c.ends_at <= now)
    free = ended.with_for_update(skip_locked=True)
    connection.execute(delete(LEASES).where(LEASES.c.path_digest.in_(free)))


def _later(now: int, seconds: float) -> int:
    return now + round(seconds * _MICROSECONDS)


def _is(lease: Lease) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return LEASES.c.path_digest == lease.path_digest, LEASES.c.fence == lease.fence
