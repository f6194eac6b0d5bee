"""See whether folders have moved, without looking at the files in them.

A folder's times move when something comes to it, leaves it or is renamed in it. Where only those
are looked at, a pass over a big tree costs a thousandth of a walk; what it cannot see, a rewrite
in place, is left to the walks.
"""

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from watchers.listing import LEADS_NOWHERE, stamp_of
from watchers.memory import KnownFolder
from watchers.trail import Trail


def find_moved(
    top: Path, folders: Mapping[str, KnownFolder], *, within: frozenset[str]
) -> list[str]:
    """Return the known folders, within some or all (""), that have to be listed again.

    A folder that is gone is not among them: the one above has moved. Raises OSError if the top
    cannot be opened.
    """
    with closing(Trail(top)) as trail:
        return [
            name
            for name, known in folders.items()
            if _is_within(name, within) and _has_moved(name, known, trail.descriptor)
        ]


def _has_moved(name: str, known: KnownFolder, top: int) -> bool:
    try:
        status = os.stat(name or ".", dir_fd=top, follow_symlinks=False)
    except OSError as error:
        return error.errno not in LEADS_NOWHERE  # listing it will say what is wrong
    return known.has_moved(stamp_of(status))


def _is_within(name: str, within: frozenset[str]) -> bool:
    if "" in within:
        return True
    return any(name == prefix or name.startswith(f"{prefix}/") for prefix in within)
