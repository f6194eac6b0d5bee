"""Look at the files of a folder in a glance, one after the other."""

import os
import stat
import struct
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import PurePath

from provenance.glances.interface import HEAD, Glance
from provenance.glances.known import GLANCES, glance_for
from provenance.glances.screen import Screen
from provenance.media.essence import LEAD, lead_at
from provenance.model.facts import Problem
from provenance.model.known_essences import KnownEssences
from provenance.observation import Observation, unread
from provenance.opening import format_or_problem
from provenance.sweep_findings import Findings

CLEARED = tuple(glance.format_name for glance in GLANCES)
"""Names of the formats of cleared files; code 1 is the first."""
_CODES = {id(glance): number for number, glance in enumerate(GLANCES, 1)}
_DOUBTS = (OSError, IndexError, ValueError, OverflowError, struct.error)
"""What a glance may end in where a file is not what it began like; a full reading decides."""
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def look_at(
    folder: int, names: Sequence[str], screen: Screen, wanted: frozenset[int] = frozenset()
) -> Findings:
    """Look at files of an open folder in a glance, each opened once.

    All are open at the same time. For `wanted` see `SweepTerms.wanted`.
    """
    looks = _Looks(len(names))
    opened: list[int] = []
    try:
        for glance, files in _by_glance(folder, names, opened).items():
            if glance is None:
                looks.take_unread(files, names)
            else:
                looks.take(glance, files, screen, wanted)
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return looks.findings


_File = tuple[int, int, os.stat_result, bytes]
"""Of an open file: its place among the names, descriptor, status and first bytes."""


def _by_glance(
    folder: int, names: Sequence[str], opened: list[int]
) -> dict[Glance | None, list[_File]]:
    """Open regular files and sort them by their glance: one kind after the other goes faster."""
    found: dict[Glance | None, list[_File]] = {}
    for at, name in enumerate(names):
        try:
            descriptor = os.open(name, _FLAGS, dir_fd=folder)
            opened.append(descriptor)
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                continue
            head = os.pread(descriptor, HEAD, 0)
        except OSError:
            continue  # a full reading says why
        found.setdefault(glance_for(head), []).append((at, descriptor, status, head))
    return found


class _Looks:
    """What comes of looking at files."""

    def __init__(self, files: int) -> None:
        self._codes = bytearray(files)
        self._lengths = array("Q", bytes(8 * files))
        self._leads: dict[int, bytes] = {}
        self._made: dict[int, Observation] = {}

    @property
    def findings(self) -> Findings:
        """What was found of all."""
        found = Findings(bytes(self._codes), self._lengths, self._leads)
        return found.with_observations(self._made) if self._made else found

    def take(
        self, glance: Glance, files: Iterable[_File], screen: Screen, wanted: frozenset[int]
    ) -> None:
        """Look at files of one kind."""
        look, code, is_exact = glance.look, _CODES[id(glance)], glance.is_exact
        codes, lengths, leads = self._codes, self._lengths, self._leads
        lead: bytes | None
        for at, descriptor, status, head in files:
            try:
                plain = look(descriptor, status.st_size, head, screen)
                if plain is None:
                    continue
                length, begin = plain
                if not is_exact:
                    lead = _lead(descriptor, head, begin)
                elif length in wanted and begin >= 0:
                    lead = os.pread(descriptor, LEAD, begin + lead_at(length))
                else:
                    lead = None
                if not _is_as_it_was(descriptor, status):
                    continue
            except _DOUBTS:
                continue
            codes[at], lengths[at] = code, length
            if lead is not None:
                leads[at] = lead

    def take_unread(self, files: Iterable[_File], names: Sequence[str]) -> None:
        """Take note of files that no glance knows, if no format reads them either."""
        for at, descriptor, status, head in files:
            size = status.st_size
            problem = format_or_problem(head, PurePath(names[at])) if head or not size else None
            with suppress(OSError):
                if isinstance(problem, Problem) and _is_as_it_was(descriptor, status):
                    self._made[at], self._lengths[at] = unread(problem), size


def _is_as_it_was(descriptor: int, status: os.stat_result) -> bool:
    """Return whether nobody wrote an open file since: who does changes one of these."""
    now = os.fstat(descriptor)
    return (
        now.st_ctime_ns == status.st_ctime_ns
        and now.st_mtime_ns == status.st_mtime_ns
        and now.st_size == status.st_size
    )


def may_be_known(path: str, known: KnownEssences, screen: Screen) -> bool:
    """Return whether a file that was cleared may be known content of its length, by its lead."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return True
    try:
        size, head = os.fstat(descriptor).st_size, os.pread(descriptor, HEAD, 0)
        glance = glance_for(head)
        plain = glance.look(descriptor, size, head, screen) if glance else None
        if plain is None or glance is None or not glance.is_exact or plain[1] < 0:
            return True
        length, at = plain
        lead = os.pread(descriptor, LEAD, at + lead_at(length))
        return known.may_hold(length, lead)
    except _DOUBTS:
        return True
    finally:
        os.close(descriptor)


def _lead(descriptor: int, head: bytes, at: int) -> bytes:
    return head[at : at + LEAD] if at + LEAD <= len(head) else os.pread(descriptor, LEAD, at)
