"""Two files in turns, often: `python -m tests.benchmarks.read_masters HOME ONE OTHER ROUNDS`.

Prints the microseconds of processor that a scan of each takes, a pair a round, as JSON.
"""

import json
import sys
import time
from pathlib import Path

from provenance.config import CONFIG_NAME, load_config
from provenance.model.finding import Verdict
from provenance.wiring import Production
from tests.benchmarks.read_ours import options

_TIMES = 50
_MICROSECONDS = 1e6


def pairs(home: Path, files: tuple[Path, Path], rounds: int) -> list[list[float]]:
    """Return what each of two files costs, by rounds; raises ValueError if one does not pass."""
    with Production(load_config(home / CONFIG_NAME)) as production:
        for path in files:
            _scan(production, path)
        return [[_cost(production, path) for path in files] for _ in range(rounds)]


def _cost(production: Production, path: Path) -> float:
    begun = time.process_time()
    for _ in range(_TIMES):
        _scan(production, path)
    return (time.process_time() - begun) / _TIMES * _MICROSECONDS


def _scan(production: Production, path: Path) -> None:
    (result,) = production.scanner.scan((path,), options(production)).results
    if result.verdict is not Verdict.PASS:
        raise ValueError(f"{path}: {[finding.message for finding in result.findings]}")


if __name__ == "__main__":
    place, one, other, count = sys.argv[1:]
    sys.stdout.write(json.dumps(pairs(Path(place), (Path(one), Path(other)), int(count))))
