"""Hosts of one production: daemons with data folders and names of their own, one share, one server.

What only hosts of their own would have (clocks, mounts) is not here; what keeps them apart in
earnest is: each knows only the registry on the server and the files on the share.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from provenance.config import load_config
from provenance.faults import VARIABLE
from provenance.media.staging import is_staging_name
from provenance.processes import HOST_VARIABLE
from provenance.registry.backends import accept_checkpoint, migrate, open_registry
from provenance.stores import CHECKPOINT_FILE
from provenance.wiring import Production
from tests.cli.running import Result, spawn

_DEADLINE = 90.0
_PAUSE = 0.05
_SETTINGS = """
schema = "provenance-config"
version = 1
name = "Shared Show"
registry = "{registry}"

[[zones]]
path = "{share}"
role = "generated"

[tagging]
lease_seconds = {lease_seconds}

[watch]
settle_seconds = 0.2
reconcile_seconds = 2
"""


def name_of(number: int) -> str:
    """Return a name of a picture that is no frame of a sequence."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    return f"{letters}.png"


def wait_until(condition: Callable[[], bool], what: str, *more: "Host") -> None:
    """Return as soon as the condition holds; fail at a deadline, with what the hosts said."""
    pause = threading.Event()
    deadline = time.monotonic() + _DEADLINE
    while not condition():
        said = "\n".join(host.said for host in more)
        assert time.monotonic() < deadline, f"waited in vain: {what}\n{said}"
        pause.wait(_PAUSE)


@dataclass(slots=True)
class Host:
    """One host: its folder and the daemon it runs."""

    name: str
    home: Path
    process: "subprocess.Popen[str] | None" = None

    @property
    def said(self) -> str:
        log = self.home / "watch.log"
        return log.read_text("utf-8") if log.exists() else ""

    @property
    def is_stopped(self) -> bool:
        assert self.process is not None
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def start(self, faults: str = "") -> None:
        with (self.home / "watch.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "provenance", "watch"],
                cwd=self.home,
                env={**os.environ, HOST_VARIABLE: self.name, VARIABLE: faults},
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        """Ask the daemon to stop, and see that it does well."""
        self.send(signal.SIGTERM)
        assert self.process is not None
        assert self.process.wait(timeout=_DEADLINE) == 0, self.said
        self.process = None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def run(self, *words: str | Path) -> Result:
        return spawn(*words, cwd=self.home, **{HOST_VARIABLE: self.name})

    def tagged(self) -> Counter[str]:
        """Return which files it said it tagged, and how often."""
        lines = (line.split() for line in self.said.splitlines())
        return Counter(Path(words[1]).name for words in lines if words[:1] == ["tagged"])


@dataclass(slots=True)
class Share:
    """The folder that every host sees, and the registry they share."""

    folder: Path
    url: str
    production: Production
    hosts: list[Host]
    essences: dict[Path, str] = field(default_factory=dict)

    def put(self, name: str, data: bytes) -> Path:
        """Have a file arrive whole, under its name at once."""
        staging, path = self.folder.parent / f"arriving-{name}", self.folder / name
        staging.write_bytes(data)
        self.essences[path] = self._seen(staging)[0]
        staging.replace(path)
        return path

    def is_tagged(self, path: Path) -> bool:
        return b"ns.provenance.local/tag" in path.read_bytes()

    def untagged(self) -> list[Path]:
        return [path for path in self.essences if not self.is_tagged(path)]

    def actions(self) -> Counter[str]:
        """Return what the journal says was done, and how often."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute("SELECT action FROM journal").fetchall()
        return Counter(str(row[0]) for row in rows)

    def leases(self) -> int:
        """Return how many leases have not ended, by the server's clock."""
        query = (
            "SELECT count(*) FROM leases"
            " WHERE ends_at > extract(epoch FROM clock_timestamp()) * 1000000"
        )
        with psycopg.connect(self.url) as connection:
            (row,) = connection.execute(query).fetchall()
        return int(row[0])

    def open_writes(self) -> int:
        with psycopg.connect(self.url) as connection:
            (row,) = connection.execute("SELECT count(*) FROM write_intents").fetchall()
        return int(row[0])

    def find_harm(self) -> list[str]:
        """Return what is not as it should be once every host has done its work."""
        wrong = []
        assets = set()
        for path, essence in self.essences.items():
            seen, manifests, asset_id = self._seen(path)
            assets.add(asset_id)
            if not asset_id:
                wrong.append(f"{path.name}: not tagged")
            if seen != essence:
                wrong.append(f"{path.name}: another essence")
            if manifests != 1:
                wrong.append(f"{path.name}: {manifests} manifests, so it was written so often")
        if len(assets) != len(self.essences):
            wrong.append(f"{len(self.essences)} files with {len(assets)} asset ids")
        recorded = self.actions()["record-asset"]
        if recorded != len(self.essences):
            wrong.append(f"{recorded} assets recorded for {len(self.essences)} files")
        wrong += [f"litter: {p.name}" for p in self.folder.rglob("*") if is_staging_name(p.name)]
        return wrong + ([f"{self.open_writes()} writes are open"] if self.open_writes() else [])

    def _seen(self, path: Path) -> tuple[str, int, str]:
        """Return essence, number of manifests and asset id of a file."""
        with self.production.examiner.examine(path) as seen:
            credentials = seen.reading.credentials
            manifests = len(credentials.manifests) if credentials else 0
            return seen.identity.essence_digest, manifests, seen.tag.asset_id if seen.tag else ""


@contextmanager
def shared(
    founded: Path, folder: Path, url: str, names: Sequence[str], *, lease_seconds: float = 30
) -> Iterator[Share]:
    """Give a share with hosts whose daemons are not started, and leave none running."""
    place = folder / "share"
    place.mkdir()
    hosts: list[Host] = []
    for name in names:
        home = Path(shutil.copytree(founded, folder / name))
        (home / ".provenance/registry.db").unlink(missing_ok=True)
        (home / ".provenance" / CHECKPOINT_FILE).unlink(missing_ok=True)
        (home / "provenance.toml").write_text(
            _SETTINGS.format(registry=url, share=place, lease_seconds=lease_seconds)
        )
        checkpoint = home / ".provenance" / CHECKPOINT_FILE
        if hosts:
            accept_checkpoint(url, checkpoint)
        else:
            migrate(url, checkpoint)
        open_registry(url, checkpoint).close()
        hosts.append(Host(name, home))
    with Production(load_config(hosts[0].home / "provenance.toml")) as production:
        try:
            yield Share(place, url, production, hosts)
        finally:
            for host in hosts:
                host.kill()
