"""Two folders in turns: `python -m tests.benchmarks.read_masters HOME ONE OTHER ROUNDS`.

Prints the microseconds of processor that a file of each takes, a pair a round, as JSON.
"""

import json
import sys
import time
from pathlib import Path

from provenance.config import CONFIG_NAME, load_config
from provenance.model.finding import Verdict
from provenance.wiring import Production
from tests.benchmarks.read_ours import options

_TIMES = 5
_MICROSECONDS = 1e6


def pairs(home: Path, folders: tuple[Path, Path], rounds: int) -> list[list[float]]:
    """Return what a file of each costs, by rounds; raises ValueError if one does not pass."""
    with Production(load_config(home / CONFIG_NAME)) as production:
        for folder in folders:
            _scan(production, folder)
        return [[_cost(production, folder) for folder in folders] for _ in range(rounds)]


def _cost(production: Production, folder: Path) -> float:
    begun = time.process_time()
    files = sum(_scan(production, folder) for _ in range(_TIMES))
    return (time.process_time() - begun) / files * _MICROSECONDS


def _scan(production: Production, folder: Path) -> int:
    files = 0
    for result in production.scanner.scan((folder,), options(production)).results:
        files += 1
        if result.verdict is not Verdict.PASS:
            found = [finding.message for finding in result.findings]
            raise ValueError(f"{result.facts.path}: {found}")
    return files


if __name__ == "__main__":
    place, one, other, count = sys.argv[1:]
    sys.stdout.write(json.dumps(pairs(Path(place), (Path(one), Path(other)), int(count))))
