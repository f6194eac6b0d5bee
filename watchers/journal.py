"""What a watch did: counted, told to the listener, and listed while a pass is open."""

import logging
from collections import Counter
from pathlib import Path

from watchers.change import Problem, ProblemKind
from watchers.interface import ProblemListener

_logger = logging.getLogger(__name__)


class Journal:
    """The account of what was handled and what went wrong."""

    def __init__(self, on_problem: ProblemListener | None) -> None:
        self.handled_count = 0
        self.problem_counts: Counter[ProblemKind] = Counter()
        self._on_problem = on_problem
        self._handled: list[Path] | None = None
        self._problems: list[Problem] | None = None

    def open_pass(self) -> None:
        """Begin to list; outside a pass only counts are kept, for a watch may run for months."""
        self._handled, self._problems = [], []

    def close_pass(self) -> tuple[tuple[Path, ...], tuple[Problem, ...]]:
        """Return what was handled and what went wrong since the pass was opened."""
        handled, problems = tuple(self._handled or ()), tuple(self._problems or ())
        self._handled = self._problems = None
        return handled, problems

    def note_handled(self, path: Path) -> None:
        """Note that the handler took a file."""
        self.handled_count += 1
        if self._handled is not None:
            self._handled.append(path)

    def report(self, problem: Problem) -> None:
        """Log a problem and pass it on."""
        # %r, here and elsewhere: a name may hold bytes that a terminal obeys or a log refuses.
        _logger.warning("%r: %s", str(problem.path), problem.message)
        self.problem_counts[problem.kind] += 1
        if self._problems is not None:
            self._problems.append(problem)
        if self._on_problem is not None:
            self._on_problem(problem)
