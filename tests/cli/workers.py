"""Workers at a queue, each a process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from provenance.faults import VARIABLE
from tests.cli.running import wait_until

_DEADLINE = 30


class Worker:
    """A worker in a process of its own."""

    def __init__(self, home: Path, *words: str, faults: str = "", **variables: str) -> None:
        self._log = home.parent / f"worker-{os.urandom(4).hex()}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "provenance", "worker", *words],
                cwd=home,
                env={**os.environ, VARIABLE: faults, **variables},
                stdout=log,
                stderr=log,
            )

    @property
    def said(self) -> str:
        return self._log.read_text("utf-8")

    def arrived(self) -> "Worker":
        wait_until(lambda: "worker of " in self.said, "a worker at the queue")
        return self

    def ended(self) -> int:
        return self._process.wait(_DEADLINE)

    def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
