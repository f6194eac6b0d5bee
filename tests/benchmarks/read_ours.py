"""Our gate over a tree: `python -m tests.benchmarks.read_ours TREE HOME [FIRST] [JOBS]`.

The folder FIRST, a signed file, is scanned before: opening the production and starting the worker
count only without it. Importing Python modules does not, here as with the other readers. Read is
what the text report reads: the tally, and whatever is notable. JOBS is a number, or `auto` for what
the product finds out by itself.
"""

import inspect
import sys
from pathlib import Path
from typing import Any

from provenance.config import CONFIG_NAME, load_config
from provenance.model.finding import Verdict
from provenance.scanning import ScanOptions
from provenance.wiring import Production
from tests.benchmarks.measuring import report

AUTO = "auto"
_JOBS_OF_OLD = 32
"""Instead of what is found out by measuring, where nothing measures."""


def options(
    production: Production, jobs: str = "1", *, uses_index: bool = False, remembers: bool = True
) -> ScanOptions:
    """Return the options of a scan, as far as this version has them."""
    known = inspect.signature(production.scan_options).parameters
    chosen: dict[str, Any] = {"remembers": remembers}
    if has_index(production):
        chosen["uses_index"] = uses_index
    if jobs != AUTO:
        chosen["jobs"] = int(jobs)
    elif known["jobs"].default is not None:
        chosen["jobs"] = _JOBS_OF_OLD
    return production.scan_options(**chosen)


def has_index(production: Production) -> bool:
    """Return whether this version keeps an index of what it found."""
    return "uses_index" in inspect.signature(production.scan_options).parameters


def scan(production: Production, tree: Path, jobs: str = "1") -> tuple[int, dict[str, str]]:
    """Scan the tree as `provenance scan --no-cache` does."""
    report = production.scanner.scan((tree,), options(production, jobs))
    told = ((one.facts.path, one.verdict) for one in report.notable())
    stopped = {path: verdict.value for path, verdict in told if verdict is not Verdict.PASS}
    return sum(map(report.count, Verdict)), stopped


def main(tree: Path, home: Path, first: Path | None = None, jobs: str = "1") -> None:
    """Scan the tree, and report what that took."""

    def everything() -> tuple[int, dict[str, str]]:
        with Production(load_config(home / CONFIG_NAME)) as production:
            return scan(production, tree, jobs)

    if first is None:
        report(everything)
        return
    with Production(load_config(home / CONFIG_NAME)) as production:
        scan(production, first)
        report(lambda: scan(production, tree, jobs))


if __name__ == "__main__":
    place, production_home, *more = sys.argv[1:]
    main(Path(place), Path(production_home), *map(Path, more[:1]), *more[1:])
