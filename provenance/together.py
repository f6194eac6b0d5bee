"""One folder under judgement: together what is alike, file by file what is not."""

import os
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from provenance.glances.screen import Screen
from provenance.judging import Judge, Judged, ScanOptions, result_of_nothing
from provenance.model.known_essences import KnownEssences
from provenance.model.report import AssetResult
from provenance.observation import Observation
from provenance.sweep_findings import Findings
from provenance.sweep_glance import CLEARED, may_be_known
from provenance.sweeping import DOUBTFUL, Swept

_ALONE, _PLAIN = 0, -1
"""Kinds of files: to be judged alone, cleared; a higher number is that of an observation."""


class FolderCase:
    """What is to be said of the files of one folder, by the terms that count there."""

    def __init__(self, swept: Swept, terms: ScanOptions, judge: Judge) -> None:
        self.swept = swept
        self._plain = result_of_nothing(terms, CLEARED[0])
        self._found = swept.findings or Findings.of_nothing(len(swept.names))
        self._templates = dict(_templates(self._found, terms, judge, Path(swept.folder)))
        self._kinds = self._sorted_out(is_plain=not (self._plain.findings or terms.digests_all))

    def _sorted_out(self, *, is_plain: bool) -> list[int]:
        """Return the kind of each file."""
        cleared = _PLAIN if is_plain else _ALONE
        kinds = [cleared if code != DOUBTFUL else _ALONE for code in self.swept.codes]
        if self._templates:
            for at, number in enumerate(self._found.told):
                if number in self._templates and kinds[at] == _ALONE:
                    kinds[at] = _ALONE if at in self.swept.special else number
        return kinds

    def path(self, at: int) -> Path:
        """Return the path of the file at this place."""
        return Path(self.swept.folder, self.swept.names[at])

    def observed(self, at: int) -> Observation | None:
        """Return what an earlier reading found of it, if it is as it was."""
        return None if at in self.swept.special else self._found.observed(at)

    def single(self) -> list[int]:
        """Return the places of files that have to be judged alone."""
        return [at for at, kind in enumerate(self._kinds) if kind == _ALONE]

    def doubt(self, screen: Screen | None, known: KnownEssences) -> None:
        """Have those judged alone whose content may be known."""
        if not known.lengths:
            return
        for at in self._found.perhaps_known(known):
            path = os.path.join(self.swept.folder, self.swept.names[at])  # noqa: PTH118  (text)
            if screen is None or self.observed(at) or may_be_known(path, screen, (known,)):
                self._kinds[at] = _ALONE
        for number in [*self._templates]:
            if self._found.observations[number - 1].may_be_one_of(known):
                del self._templates[number]
                self._kinds = [_ALONE if kind == number else kind for kind in self._kinds]

    def results(
        self, judged: Mapping[int, Judged]
    ) -> "Iterator[tuple[int, int, AssetResult] | Judged]":
        """Yield in order what is to be said: runs of which it is the same, and single files."""
        if _ALONE not in self._kinds and not self._templates:
            yield 0, len(self._kinds), self._plain
            return
        for kind, run in groupby(range(len(self._kinds)), key=self._kinds.__getitem__):
            places = [*run]
            if kind == _ALONE:
                yield from (judged[at] for at in places)
            else:
                same = self._plain if kind == _PLAIN else self._templates[kind]
                yield places[0], places[-1] + 1, same

    def findings(self, judged: Mapping[int, Judged]) -> Findings | None:
        """Return what is to be kept of it; None where that is nothing new, or may not last."""
        found = self.swept.findings
        if found is None or not self.swept.digest:
            return None
        earlier = ((at, self.observed(at)) for at in range(len(self._kinds)))
        made = {at: seen for at, seen in earlier if seen} if found.observations else {}
        made |= {at: seen for at, (_, seen) in judged.items() if seen is not None}
        return found.with_observations(made) if made else found


def _templates(
    found: Findings, terms: ScanOptions, judge: Judge, folder: Path
) -> Iterator[tuple[int, AssetResult]]:
    for number, observation in enumerate(found.observations, 1):
        result = judge.alike(observation, terms, folder)
        if result is not None:
            yield number, result
