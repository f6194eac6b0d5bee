"""Look at the files of a folder in a glance, one after the other."""

import os
import stat
import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from provenance.glances.interface import HEAD
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
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def look_at(
    folder: int, names: Sequence[str], screen: Screen | None, wanted: frozenset[int] = frozenset()
) -> Findings:
    """Look at files of an open folder in a glance, each opened once; nothing without a screen.

    For `wanted` see `SweepTerms.wanted`.
    """
    codes = bytearray(len(names))
    lengths = array("Q", bytes(8 * len(names)))
    leads: dict[int, bytes] = {}
    if screen is None:
        return Findings(bytes(codes), lengths, leads)
    made: dict[int, Observation] = {}
    for number, name in enumerate(names):
        try:
            descriptor = os.open(name, _FILE, dir_fd=folder)
        except OSError:
            continue  # a full reading says why
        try:
            looked = _look(descriptor, name, screen, wanted)
        except _DOUBTS:
            continue
        finally:
            os.close(descriptor)
        if isinstance(looked, tuple):
            codes[number], lengths[number], lead = looked
            if lead is not None:
                leads[number] = lead
        elif looked is not None:
            made[number], lengths[number] = looked.observation, looked.size
    found = Findings(bytes(codes), lengths, leads)
    return found.with_observations(made) if made else found


@dataclass(frozen=True, slots=True)
class _Unread:
    """A file that no format reads."""

    observation: Observation
    size: int


def _look(
    descriptor: int, name: str, screen: Screen, wanted: frozenset[int]
) -> tuple[int, int, bytes | None] | _Unread | None:
    """Return code, length and, where it is needed, lead of an open file; None if in doubt."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return None
    size, head = status.st_size, os.pread(descriptor, HEAD, 0)
    glance = glance_for(head)
    plain = glance.look(descriptor, size, head, screen) if glance else None
    lead = None
    if plain is not None and glance is not None:
        length, at = plain
        if not glance.is_exact:
            lead = _lead(descriptor, head, at)
        elif length in wanted and at >= 0:
            lead = os.pread(descriptor, LEAD, at + lead_at(length))
    after = os.fstat(descriptor)
    # Who writes an open file changes at least this.
    if after.st_ctime_ns != status.st_ctime_ns or after.st_size != size:
        return None
    if glance is None:
        return _look_unread(name, head, size)
    return (_CODES[id(glance)], plain[0], lead) if plain else None


def _look_unread(name: str, head: bytes, size: int) -> _Unread | None:
    problem = format_or_problem(head, PurePath(name)) if head or not size else None
    return _Unread(unread(problem), size) if isinstance(problem, Problem) else None


def may_be_known(path: str, screen: Screen, known: Iterable[KnownEssences]) -> bool:
    """Return whether a file that was cleared may be known content of its length, by its lead."""
    try:
        descriptor = os.open(path, _FILE)
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
        return any(one.may_hold(length, lead) for one in known)
    except _DOUBTS:
        return True
    finally:
        os.close(descriptor)


def _lead(descriptor: int, head: bytes, at: int) -> bytes:
    return head[at : at + LEAD] if at + LEAD <= len(head) else os.pread(descriptor, LEAD, at)
