"""Hosts at one share under ill treatment: killed, stopped beyond their lease, cut off the server.

`python -m tests.benchmarks.hosts [FILES [BLOWS [SEED]]]`: files arrive all the while, a blow falls
every half second or so; at the end every file must be tagged once, and none be harmed. Prints the
figures; exits 1 if anything was lost, doubled or harmed.
"""

import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from fixtures.png import encode
from fixtures.raster import picture
from provenance.cli.main import main as provenance
from tests.hosts import Host, Share, name_of, shared, wait_until
from tests.postgres import Server, running

_HOSTS = ("ash", "birch", "cedar")
_LEASE_SECONDS = 2.0
_BLOWS = ("kill", "kill", "stop", "stop", "server")


class Torture:
    """One run."""

    def __init__(self, share: Share, server: Server, chance: random.Random) -> None:
        self._share = share
        self._server = server
        self._chance = chance
        self.dealt: Counter[str] = Counter()

    def run(self, files: int, blows: int) -> None:
        """Let files arrive and blows fall, then let the hosts finish."""
        for host in self._share.hosts:
            host.start()
        arrived = 0
        for blow in range(1, blows + 1):
            while arrived * blows < files * blow:
                self._share.put(name_of(arrived), encode(picture(arrived, 32 + arrived // 128, 32)))
                arrived += 1
            time.sleep(self._chance.uniform(0.1, 1.0))
            self._deal(self._chance.choice(_BLOWS))
        for host in self._share.hosts:
            self._revive(host)
        wait_until(lambda: not self._share.untagged(), "every file tagged", *self._share.hosts)
        wait_until(lambda: not self._share.open_writes(), "every write settled")
        for host in self._share.hosts:
            host.stop()

    def _deal(self, blow: str) -> None:
        self.dealt[blow] += 1
        host = self._chance.choice(self._share.hosts)
        if blow == "server":
            self._server.crash()
            time.sleep(self._chance.uniform(0.0, 1.0))
            self._server.start()
        elif blow == "stop":
            host.send(signal.SIGSTOP)
            time.sleep(self._chance.uniform(0.5, 2 * _LEASE_SECONDS))
            host.send(signal.SIGCONT)
        else:
            host.kill()
            host.start()
        for other in self._share.hosts:
            self._revive(other)

    def _revive(self, host: Host) -> None:
        """Start a daemon again that met a dead server at its start, as its unit would."""
        if host.process is None or host.process.poll() is not None:
            host.start()


def main(files: int = 300, blows: int = 60, seed: int = 1) -> int:
    """Run the torture and return whether something went wrong."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="provenance-hosts-") as name, running() as server:
        folder = Path(name)
        if provenance(["init", str(folder / "founded"), "--name", "Shared"]):
            return 1
        url = server.url(server.create_database())
        with shared(folder / "founded", folder, url, _HOSTS, lease_seconds=_LEASE_SECONDS) as share:
            torture = Torture(share, server, random.Random(seed))  # noqa: S311  (no secret)
            torture.run(files, blows)
            harm = share.find_harm()
            _print(share, torture, harm, time.monotonic() - began)
    return 1 if harm else 0


def _print(share: Share, torture: Torture, harm: list[str], seconds: float) -> None:
    said = Counter(host.name for host in share.hosts for _ in host.tagged().elements())
    actions = share.actions()
    dealt = torture.dealt
    lines = [
        (
            f"{len(share.essences)} files, {len(share.hosts)} hosts, {dealt['kill']} kills,"
            f" {dealt['stop']} stops, {dealt['server']} crashes of the server, {seconds:.0f} s"
        ),
        f"tagged, by their own word: {dict(sorted(said.items()))}",
        (
            f"writes begun {actions['begin-write']}, settled {actions['end-write']}, assets"
            f" {actions['record-asset']}"
        ),
        f"lost, doubled or harmed: {len(harm)}",
        *(f"  {wrong}" for wrong in harm),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
