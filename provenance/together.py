"""One folder under judgement: together what is alike, file by file what is not."""

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import groupby
from pathlib import Path

from provenance.engines.crew import Crew
from provenance.judging import Judge, Judged, ScanOptions
from provenance.model.known_essences import KnownEssences
from provenance.model.report import AssetResult
from provenance.observation import UNMEASURED, Observation
from provenance.sweep_findings import Findings
from provenance.sweep_folder import Swept
from provenance.sweep_looker import Looker
from provenance.sweeping import DOUBTFUL
from provenance.walking import Found

_ALONE, _PLAIN = 0, -1
"""Kinds of files: to be judged alone, cleared; a higher number is that of an observation."""
_ANY_FORMAT = "jpeg"
"""Of a file that says nothing the same is to be said whatever its format."""


class FolderCase:
    """What is to be said of the files of one folder, by the terms that count there."""

    def __init__(self, swept: Swept, terms: ScanOptions, judge: Judge) -> None:
        self.swept = swept
        self._judge = judge
        self._found = swept.findings or Findings.of_nothing(len(swept.names))
        plain = judge.of_nothing(terms, _ANY_FORMAT)
        self._said = dict(_templates(self._found, terms, judge, swept))
        if not (plain.findings or terms.digests_all):
            self._said[_PLAIN] = plain
        self._one_kind = self._of_all()
        self._kinds = [] if self._one_kind else self._sorted_out()

    def _of_all(self) -> int:
        """Return the kind of every file if all are of one, as most folders' are, else `_ALONE`."""
        codes, told = self.swept.codes, self._found.told
        if DOUBTFUL not in codes:
            return _PLAIN if _PLAIN in self._said else _ALONE
        if self.swept.special or not told or any(codes) or told.count(told[0]) < len(told):
            return _ALONE
        return told[0] if told[0] in self._said else _ALONE

    def _sorted_out(self) -> list[int]:
        """Return the kind of each file."""
        cleared = _PLAIN if _PLAIN in self._said else _ALONE
        kinds = [cleared if code != DOUBTFUL else _ALONE for code in self.swept.codes]
        for at, number in enumerate(self._found.told):
            if kinds[at] == _ALONE and number in self._said and at not in self.swept.special:
                kinds[at] = number
        return kinds

    @cached_property
    def _endings(self) -> frozenset[str]:
        return self.swept.endings

    @cached_property
    def _may_be_sealed(self) -> bool:
        everything = (*self.swept.names, *self.swept.folders)
        return self._judge.may_be_sealed(Path(self.swept.folder), everything)

    def file(self, at: int) -> Found:
        """Return the file at this place, with what its folder says of it."""
        path = Path(self.swept.folder, self.swept.names[at])
        return Found(path=path, endings=self._endings, may_be_sealed=self._may_be_sealed)

    def observed(self, at: int) -> Observation | None:
        """Return what a full reading found of it earlier, if it is as it was."""
        seen = None if at in self.swept.special else self._found.observed(at)
        return None if seen is None or seen.essence_length == UNMEASURED else seen

    def single(self) -> list[int]:
        """Return the places of files that have to be judged alone."""
        return [at for at, kind in enumerate(self._kinds) if kind == _ALONE]

    def doubt(self, looker: Looker, known: KnownEssences, crew: Crew) -> None:
        """Have those judged alone whose content may be known."""
        doubted = self._found.perhaps_known(known)
        if doubted:
            looker.prepare(crew)
        numbers = {
            number
            for number in self._said
            if number != _PLAIN and self._found.observations[number - 1].may_be_one_of(known)
        }
        if (doubted or numbers) and self._one_kind:
            self._kinds, self._one_kind = self._sorted_out(), _ALONE

        def is_known(at: int) -> bool:
            path = os.path.join(self.swept.folder, self.swept.names[at])  # noqa: PTH118  (text)
            is_read = not self.swept.codes[at] or self.observed(at) is not None
            is_sure = is_read or at in self._found.leads
            return is_sure or looker.may_be_known(path, known)

        for at, is_alone in zip(doubted, crew.map(is_known, doubted), strict=True):
            if is_alone:
                self._kinds[at] = _ALONE
        if numbers:
            self._kinds = [_ALONE if kind in numbers else kind for kind in self._kinds]

    def results(
        self, judged: Mapping[int, Judged]
    ) -> "Iterator[tuple[int, int, AssetResult] | Judged]":
        """Yield in order what is to be said: runs of which it is the same, and single files."""
        if self._one_kind:
            yield 0, len(self.swept.names), self._said[self._one_kind]
            return
        for kind, run in groupby(range(len(self._kinds)), key=self._kinds.__getitem__):
            places = [*run]
            if kind == _ALONE:
                yield from (judged[at] for at in places)
            else:
                yield places[0], places[-1] + 1, self._said[kind]

    def findings(self, judged: Mapping[int, Judged]) -> Findings | None:
        """Return what is to be kept of it; None where that is nothing, or may not last."""
        found = self.swept.findings
        if found is None or not self.swept.digest:
            return None
        anew = {at: seen for at, (_, seen) in judged.items() if seen is not None}
        if not anew or all(found.observed(at) == seen for at, seen in anew.items()):
            return found
        places = range(len(found.told))
        earlier = {at: seen for at in places if (seen := found.observed(at)) is not None}
        return found.with_observations(earlier | anew)


def _templates(
    found: Findings, terms: ScanOptions, judge: Judge, swept: Swept
) -> Iterator[tuple[int, AssetResult]]:
    for number, observation in enumerate(found.observations, 1):
        result = judge.alike(observation, terms, Path(swept.folder), (*swept.names, *swept.folders))
        if result is not None:
            yield number, result
