"""The matrix of recall: every place and encoding a file can say AI in, each with a clean twin.

Written as files and scanned by a production that remembers nothing: what has to be blocked lies in
one folder, what has to pass in the other. What a single file cannot show stands in `beside`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from provenance.model.finding import Verdict
from provenance.model.report import ScanReport
from provenance.wiring import Production
from tests.benchmarks.read_ours import has_index, options
from tests.recall import documents, later_pictures, movies, pictures, rules, sounds
from tests.recall.beside import AI_FOLDER, CLEAN_FOLDER, write_beside
from tests.recall.cells import Cell

MATRIX: tuple[Cell, ...] = tuple(
    cell
    for room in (pictures, later_pictures, movies, sounds, documents, rules)
    for cell in room.cells()
)
"""Every cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What a scan of the matrix missed, and what it stopped wrongly."""

    way: str
    """How it was scanned."""
    files: int
    """Files that had to be blocked."""
    missed: tuple[str, ...]
    """Those that were not."""
    alarms: tuple[str, ...]
    """Clean twins that did not pass, and why."""


def write(folder: Path, ours: Production, stranger: Production) -> None:
    """Write all files below an existing folder; see `write_beside`."""
    for name, is_ai in ((AI_FOLDER, True), (CLEAN_FOLDER, False)):
        place = folder / name
        place.mkdir()
        for cell in MATRIX:
            (place / cell.name).write_bytes(cell.bear(is_ai))
    write_beside(folder, ours, stranger)


def recalls(folder: Path, ours: Production) -> Iterator[Recall]:
    """Scan the files without the index, and twice with it: building it, then believing it."""
    ways = {"read anew": False}
    if has_index(ours):
        ways |= {"index built": True, "index used": True}
    for way, uses_index in ways.items():
        chosen = options(ours, uses_index=uses_index, remembers=False)
        yield _recall(way, ours.scanner.scan((folder / AI_FOLDER, folder / CLEAN_FOLDER), chosen))


def _recall(way: str, report: ScanReport) -> Recall:
    results = [(Path(result.facts.path), result) for result in report.results]
    to_block = [(path, one) for path, one in results if path.parent.name == AI_FOLDER]
    to_pass = [(path, one) for path, one in results if path.parent.name == CLEAN_FOLDER]
    missed = [path.name for path, one in to_block if one.verdict is not Verdict.BLOCK]
    alarms = [
        f"{path.name}: {'; '.join(finding.message for finding in one.findings)}"
        for path, one in to_pass
        if one.verdict is not Verdict.PASS
    ]
    return Recall(way=way, files=len(to_block), missed=tuple(missed), alarms=tuple(alarms))
