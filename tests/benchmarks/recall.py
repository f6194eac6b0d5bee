"""Whether anything that says AI gets through, and anything harmless does not."""

from collections.abc import Iterator

from provenance.cli.init import found
from provenance.config import CONFIG_NAME, load_config
from provenance.wiring import Production
from tests.benchmarks.bench import Bench
from tests.benchmarks.rows import Row
from tests.recall.matrix import Recall, recalls, write


def rows(bench: Bench) -> Iterator[Row]:
    """Yield what each way to scan the matrix of `tests/recall` finds of it."""
    folder = bench.folder("recall")
    homes = [folder / name for name in ("show", "another_show")]
    for home in homes:
        home.mkdir()
        found(home, home.name)
    configs = [load_config(home / CONFIG_NAME) for home in homes]
    with Production(configs[0]) as ours, Production(configs[1]) as stranger:
        write(folder, ours, stranger)
        for recall in recalls(folder, ours):
            yield _row(recall)
            bench.notes += [f"missed ({recall.way}): {name}" for name in recall.missed]
            bench.notes += [f"false alarm ({recall.way}): {said}" for said in recall.alarms]


def _row(recall: Recall) -> Row:
    is_right = not recall.missed and not recall.alarms
    return Row(
        what=f"recall of the matrix, {recall.way}",
        ours=f"{recall.files - len(recall.missed)}/{recall.files}",
        ratio=f"{len(recall.alarms)} false alarms",
        bar="100 %",
        is_met=is_right,
        is_wrong=not is_right,
    )
