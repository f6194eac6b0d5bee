"""A real PostgreSQL server for tests, on a socket of its own, and databases on it."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

_HOW = "PostgreSQL is not installed: .ci/packages installs it where it may"
_OWNER = "provenance"
_ACCESS = "local all locked scram-sha-256\nlocal all all trust\n"
_SETTINGS = """
listen_addresses = ''
fsync = off
max_connections = 60
shared_buffers = 16MB
"""
_SECONDS = 60


def _programs() -> Path:
    """Return the folder of the newest server; without one a test fails on CI, else is skipped."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4])
    )
    on_path = shutil.which("initdb")
    if found or on_path:
        return found[-1].parent if found else Path(str(on_path)).resolve().parent
    if os.environ.get("CI"):
        pytest.fail(_HOW)
    pytest.skip(_HOW)


def _user() -> str | None:
    """Return whom the server runs as: it refuses to run as root."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@dataclass(slots=True)
class Server:
    """A server of one test run."""

    folder: Path
    programs: Path
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str, user: str = _OWNER) -> str:
        return f"postgresql://{user}@/{database}?host={quote(str(self.folder), safe='')}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement outside of any transaction, and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def create_database(self, template: str = "template0", more: str = "") -> str:
        name = f"d{next(self.numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} {more}")
        return name

    def drop_database(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def start(self) -> None:
        self._control("start", "-l", str(self.folder / "log"))

    def crash(self) -> None:
        """Stop at once, without a word to clients and without tidying up."""
        self._control("stop", "-m", "immediate")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and to every process of it."""
        leader = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
        for process in (leader, *map(int, children)):
            os.kill(process, number)

    def make(self) -> None:
        access, settings = self.folder / "data/pg_hba.conf", self.folder / "data/postgresql.conf"
        self._run("initdb", "-U", _OWNER, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        access.write_text(_ACCESS)
        with settings.open("a") as file:
            file.write(f"{_SETTINGS}unix_socket_directories = '{self.folder}'\n")

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "-w", "-s", *words)

    def _run(self, program: str, *words: str) -> None:
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *words]
        log = self.folder / "commands"
        with log.open("ab") as output:  # a pipe would stay open as long as the server runs
            done = subprocess.run(
                command,
                check=False,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=_SECONDS,
                user=_user(),
            )
        assert done.returncode == 0, log.read_text()


@contextmanager
def running() -> Iterator[Server]:
    """Give a server that runs, in a folder that is gone afterwards."""
    programs = _programs()
    # Not in pytest's own folder: the user of the server may not enter it, and a socket's path is
    # at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="provenance-pg-"))
    try:
        if user := _user():
            shutil.chown(folder, user)
        server = Server(folder, programs)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.crash()
    finally:
        shutil.rmtree(folder)
