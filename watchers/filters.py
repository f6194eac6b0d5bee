"""Names that are never taken and folders that are never entered.

A name that begins with a dot is never taken, whatever its suffix: rsync (`.clip.mov.a8Xk2z`),
Syncthing, macOS (`._clip.mov`, `.DS_Store`), NFS (`.nfs...`), LibreOffice (`.~lock...`) and
staging files all use it for what is not finished or not meant. The price is that a hidden
`.clip.mov` is never taken by the watcher; the gate, which walks by itself, still sees it.
"""

import fnmatch
import functools
import re
from dataclasses import dataclass
from pathlib import PurePath

NEVER_TAKEN = frozenset(
    {
        "*.!ut",
        "*.aspera-ckpt",
        "*.aspx",
        "*.crdownload",
        "*.filepart",
        "*.part",
        "*.partial",
        "*.tmp",
        "thumbs.db",
        "~$*",
    }
)
"""Shell patterns, lower-case, of transfers in progress and litter; dot names come on top."""

NEVER_ENTERED = frozenset(
    {
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        ".git",
        ".provenance",
        ".quarantine",
        ".snapshot",
        "@eadir",
        "system volume information",
    }
)
"""Folder names, lower-case; every other dot-folder comes on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which names are looked at."""

    never_taken: frozenset[str] = NEVER_TAKEN
    """Lower-case shell patterns of file names."""
    never_entered: frozenset[str] = NEVER_ENTERED
    """Lower-case folder names."""

    def takes(self, name: str) -> bool:
        """Return whether a file of this name may be an arrival."""
        return not name.startswith(".") and not _any_of(self.never_taken).match(name.lower())

    def may_become(self, name: str) -> bool:
        """Return whether a file of this name may be renamed into an arrival.

        AppleDouble files are left out: there is one for every file, and none is ever renamed.
        """
        return not name.startswith("._") and not self.takes(name)

    def enters(self, name: str) -> bool:
        """Return whether a folder of this name is walked."""
        return not name.startswith(".") and name.lower() not in self.never_entered

    def enters_all(self, relative: PurePath) -> bool:
        """Return whether every folder of a path, given relative to its root, is walked."""
        return all(self.enters(name) for name in relative.parts)


@functools.cache
def _any_of(patterns: frozenset[str]) -> re.Pattern[str]:
    # One expression for all: names are matched by the million.
    return re.compile("|".join(map(fnmatch.translate, sorted(patterns))) or r"(?!)")
