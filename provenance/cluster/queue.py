"""The queue: tasks of scans, and what became of them, until whoever asked has taken it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from procrastinate import App, SyncPsycopgConnector

from provenance.cluster.database import Database
from provenance.cluster.records import Asked, Found, Part, packed, unpacked

if TYPE_CHECKING:
    from procrastinate.types import JSONDict

SCAN = "scan"
"""Name of the task, and of its queue, that judges files."""
ATTEMPTS = 3
"""After so many a task has failed."""
_FORGOTTEN_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a task."""

    asked: Part
    """The task."""
    found: Found | None
    """What was found; None where it failed."""
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

    def begin(self, asked: Asked) -> "Scan":
        """Begin a scan; those that nobody has asked after for a day are dropped."""
        scan_id = uuid.uuid4()
        with self._database.reaching() as connection, connection.transaction():
            connection.execute(
                "delete from scans where seen_at < now() - make_interval(hours => %s)",
                (_FORGOTTEN_HOURS,),
            )
            connection.execute(
                "delete from procrastinate_jobs where task_name = %s and status <> 'doing' and not"
                " exists (select from scans where id::text = args->>'scan')",
                (SCAN,),
            )
            connection.execute(
                "insert into scans (id, asked) values (%s, %s)", (scan_id, packed(asked))
            )
        return Scan(self._database, scan_id)

    def asked(self, scan: str) -> Asked | None:
        """Return what is asked of a scan; None if it is over."""
        row = self._database.row("select asked from scans where id = %s", scan)
        return unpacked(row[0], Asked) if row else None

    def part(self, scan: str, number: int) -> Part | None:
        """Return a task; None if it is over."""
        row = self._database.row(
            "select asked from tasks where scan = %s and number = %s", scan, number
        )
        return unpacked(row[0], Part) if row else None

    def tell(self, scan: str, number: int, found: Found) -> None:
        """Write what was found; done twice it is the same row."""
        self._database.execute(
            "update tasks set told = %s where scan = %s and number = %s",
            packed(found), scan, number,
        )  # fmt: skip

    def complain(self, scan: str, number: int, trouble: str) -> None:
        """Write why a task could not be done, which may be tried again."""
        self._database.execute(
            "update tasks set trouble = %s where scan = %s and number = %s", trouble, scan, number
        )


class Scan:
    """A scan that is under way, for whoever asked for it."""

    def __init__(self, database: Database, scan_id: uuid.UUID) -> None:
        self._database = database
        self._id = scan_id
        self._asked = 0

    def ask(self, parts: Sequence[Part]) -> None:
        """Put tasks into the queue, after those before."""
        rows = [(self._id, self._asked + at, packed(one)) for at, one in enumerate(parts)]
        with self._database.reaching() as connection, connection.transaction():
            connection.cursor().executemany(
                "insert into tasks (scan, number, asked) values (%s, %s, %s)", rows
            )
            app = App(connector=SyncPsycopgConnector())
            deferrer = app.configure_task(SCAN, queue=SCAN, connection=connection)
            jobs: list[JSONDict] = [{"scan": str(self._id), "number": row[1]} for row in rows]
            deferrer.batch_defer(*jobs)
        self._asked += len(parts)

    def take(self, number: int) -> Answer | None:
        """Return what became of a task and drop it; None while it is not done."""
        row = self._database.row(
            "select asked, told from tasks where scan = %s and number = %s and told is not null",
            self._id, number,
        )  # fmt: skip
        if row is None:
            return None
        self._drop(number)
        return Answer(asked=unpacked(row[0], Part), found=unpacked(row[1], Found))

    def take_failed(self, number: int) -> Answer | None:
        """Return a task that was tried often enough and drop it; None if it may yet be done."""
        row = self._database.row(
            "select asked, trouble from tasks where scan = %s and number = %s and told is null and"
            " not exists (select from procrastinate_jobs where task_name = %s"
            " and status in ('todo', 'doing')"
            " and args @> jsonb_build_object('scan', %s::text, 'number', number))",
            self._id, number, SCAN, str(self._id),
        )  # fmt: skip
        if row is None:
            return None
        self._drop(number)
        trouble = row[1] or "every worker that took it ended before it was done"
        return Answer(asked=unpacked(row[0], Part), found=None, trouble=trouble)

    def touch(self) -> None:
        """Say that somebody still waits."""
        self._database.execute("update scans set seen_at = now() where id = %s", self._id)

    def end(self) -> None:
        """Drop all of it."""
        self._database.execute("delete from scans where id = %s", self._id)
        self._database.execute(
            "delete from procrastinate_jobs where status <> 'doing' and task_name = %s"
            " and args->>'scan' = %s",
            SCAN, str(self._id),
        )  # fmt: skip

    def _drop(self, number: int) -> None:
        self._database.execute(
            "delete from tasks where scan = %s and number = %s", self._id, number
        )
