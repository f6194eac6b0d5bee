"""Look at the files of a folder in a glance, one after the other."""

import os
import stat
import time
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
RECENT_NS = 2_000_000_000
"""A file changed so lately may be changed again without its times telling (coarse clocks)."""
_CODES = {id(glance): number for number, glance in enumerate(GLANCES, 1)}
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def look_at(folder: int, names: Sequence[str], screen: Screen | None) -> Findings:
    """Look at files of an open folder in a glance, each opened once; nothing without a screen."""
    recent = time.time_ns() - RECENT_NS
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
            looked = _look(descriptor, name, screen, recent)
        except OSError:
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
    descriptor: int, name: str, screen: Screen, recent: int
) -> tuple[int, int, bytes | None] | _Unread | None:
    """Return code, length and, where that is a bound, lead of an open file; None if in doubt."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return None
    size, head = status.st_size, os.pread(descriptor, HEAD, 0)
    glance = glance_for(head)
    plain = glance.look(descriptor, size, head, screen) if glance else None
    if status.st_ctime_ns > recent and not _is_still(status, descriptor):
        return None
    if glance is None:
        return _look_unread(name, head, size)
    if plain is None:
        return None
    lead = None if glance.is_exact else _lead(descriptor, head, plain[1])
    return _CODES[id(glance)], plain[0], lead


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
    except OSError:
        return True
    finally:
        os.close(descriptor)


def _is_still(status: os.stat_result, descriptor: int) -> bool:
    now = os.fstat(descriptor)
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns) == (
        now.st_size,
        now.st_mtime_ns,
        now.st_ctime_ns,
    )


def _lead(descriptor: int, head: bytes, at: int) -> bytes:
    return head[at : at + LEAD] if at + LEAD <= len(head) else os.pread(descriptor, LEAD, at)
