"""Our gate over a tree: `python -m tests.benchmarks.read_ours TREE HOME [tags-only]`.

With `tags-only` nothing looks for signals: what is left is reading, tags, registry and policy.
Opening the production and starting the worker count; importing Python modules does not, here as
with the other readers.
"""

import sys
from pathlib import Path

from provenance import examining
from provenance.config import CONFIG_NAME, load_config
from provenance.model.finding import Verdict
from provenance.wiring import Production
from tests.benchmarks.measuring import report


def scan(tree: Path, home: Path) -> tuple[int, dict[str, str]]:
    """Scan the tree as `provenance scan` does."""
    with Production(load_config(home / CONFIG_NAME)) as production:
        found = production.scanner.scan((tree,), production.scan_options())
    verdicts = {result.facts.path: result.verdict for result in found.results}
    stopped = {path: verdict for path, verdict in verdicts.items() if verdict is not Verdict.PASS}
    return len(verdicts), stopped


if __name__ == "__main__":
    if sys.argv[3:] == ["tags-only"]:
        examining.find_signals = lambda *_: ()
    report(lambda: scan(Path(sys.argv[1]), Path(sys.argv[2])))
