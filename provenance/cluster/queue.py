"""The queue: tasks, and what became of them, until whoever asked has taken it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from procrastinate import App, SyncPsycopgConnector

from provenance.cluster.database import Database
from provenance.cluster.records import Record, packed, unpacked
from provenance.faults import faultpoint

if TYPE_CHECKING:
    from procrastinate.types import JSONDict

SCAN = "scan"
"""Name of the tasks, and of their queue, that judge files."""
TAG = "tag"
"""Name of those that tag what arrived in a zone."""
ATTEMPTS = 3
"""After so many a task has failed."""
_FORGOTTEN_HOURS = 24


_Asked = TypeVar("_Asked", bound=Record)
_Told = TypeVar("_Told", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[_Asked, _Told]):
    """What became of a task."""

    asked: _Asked
    """The task."""
    told: _Told | None
    """What came of it; None where it failed."""
    trouble: str = ""
    """Why it failed, in words."""


class Queue:
    """The queue of one production; to be used by one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def workers(self, within: float) -> int:
        """Return how many workers showed life within so many seconds."""
        row = self._database.row(
            "select count(*) from procrastinate_workers"
            " where last_heartbeat > now() - make_interval(secs => %s)",
            within,
        )
        return int(row[0]) if row else 0

    def begin(
        self, name: str, terms: Record, asked: type[_Asked], told: type[_Told]
    ) -> "Tasks[_Asked, _Told]":
        """Begin a series of tasks by some terms; what nobody asked after for a day is dropped."""
        series = uuid.uuid4()
        with self._database.reaching() as connection, connection.transaction():
            connection.execute(
                "delete from series where seen_at < now() - make_interval(hours => %s)",
                (_FORGOTTEN_HOURS,),
            )
            connection.execute(
                "delete from procrastinate_jobs where status <> 'doing' and not exists"
                " (select from series where id::text = args->>'series')"
            )
            connection.execute(
                "insert into series (id, terms) values (%s, %s)", (series, packed(terms))
            )
        return Tasks(self._database, series, name, (asked, told))

    def terms(self, series: str, of: type[_Asked]) -> _Asked | None:
        """Return the terms of a series; None if it is over."""
        row = self._database.row("select terms from series where id = %s", series)
        return unpacked(row[0], of) if row else None

    def asked(self, series: str, number: int, of: type[_Asked]) -> _Asked | None:
        """Return a task; None if it is over."""
        row = self._database.row(
            "select asked from tasks where series = %s and number = %s", series, number
        )
        return unpacked(row[0], of) if row else None

    def tell(self, series: str, number: int, told: Record) -> None:
        """Write what came of a task; done twice it is the same row."""
        faultpoint("cluster.before-tell")
        self._database.execute(
            "update tasks set told = %s where series = %s and number = %s",
            packed(told), series, number,
        )  # fmt: skip

    def complain(self, series: str, number: int, trouble: str) -> None:
        """Write why a task could not be done, which may be tried again."""
        self._database.execute(
            "update tasks set trouble = %s where series = %s and number = %s",
            trouble, series, number,
        )  # fmt: skip


class Tasks(Generic[_Asked, _Told]):
    """A series of tasks under way, for whoever asks for them."""

    def __init__(
        self,
        database: Database,
        series: uuid.UUID,
        name: str,
        types: tuple[type[_Asked], type[_Told]],
    ) -> None:
        self._database = database
        self._series = series
        self._name = name
        self._types = types
        self._count = 0

    def ask(self, asked: Sequence[_Asked]) -> int:
        """Put tasks into the queue, after those before; return the number of the first."""
        first = self._count
        rows = [(self._series, first + at, packed(one)) for at, one in enumerate(asked)]
        with self._database.reaching() as connection, connection.transaction():
            connection.cursor().executemany(
                "insert into tasks (series, number, asked) values (%s, %s, %s)", rows
            )
            app = App(connector=SyncPsycopgConnector())
            deferrer = app.configure_task(self._name, queue=self._name, connection=connection)
            jobs: list[JSONDict] = [{"series": str(self._series), "number": row[1]} for row in rows]
            deferrer.batch_defer(*jobs)
        self._count += len(rows)
        return first

    def take(self, number: int) -> Answer[_Asked, _Told] | None:
        """Return what became of a task and drop it; None while it is not done."""
        row = self._database.row(
            "select asked, told from tasks where series = %s and number = %s and told is not null",
            self._series, number,
        )  # fmt: skip
        if row is None:
            return None
        self._drop(number)
        asked, told = self._types
        return Answer(asked=unpacked(row[0], asked), told=unpacked(row[1], told))

    def take_failed(self, number: int) -> Answer[_Asked, _Told] | None:
        """Return a task that was tried often enough and drop it; None if it may yet be done."""
        row = self._database.row(
            "select asked, trouble from tasks where series = %s and number = %s and told is null"
            " and not exists (select from procrastinate_jobs where status in ('todo', 'doing')"
            " and args @> jsonb_build_object('series', %s::text, 'number', number))",
            self._series, number, str(self._series),
        )  # fmt: skip
        if row is None:
            return None
        self._drop(number)
        trouble = row[1] or "every worker that took it ended before it was done"
        return Answer(asked=unpacked(row[0], self._types[0]), told=None, trouble=trouble)

    def touch(self) -> None:
        """Say that somebody still waits."""
        self._database.execute("update series set seen_at = now() where id = %s", self._series)

    def end(self) -> None:
        """Drop all of it."""
        self._database.execute("delete from series where id = %s", self._series)
        self._database.execute(
            "delete from procrastinate_jobs where status <> 'doing' and args->>'series' = %s",
            str(self._series),
        )

    def _drop(self, number: int) -> None:
        self._database.execute(
            "delete from tasks where series = %s and number = %s", self._series, number
        )
