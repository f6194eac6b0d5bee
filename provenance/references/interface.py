"""The seam of sealed packages: folders whose files belong together, each by name and digest.

Whoever receives such a package verifies it; one file that is changed, added or missing breaks it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import DirEntry
from pathlib import Path, PurePosixPath
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A sealed package."""

    kind: str
    """What sort of package, as people call it."""
    folder: Path
    """The folder its list speaks of."""
    members: Mapping[str, int | None]
    """What its list names, by path below the folder, with sizes where they are given."""
    own: frozenset[str]
    """Names in the folder of the lists themselves."""
    seals_folder: bool
    """Whether everything below the folder belongs to it, or only what it names."""
    is_list_whole: bool
    """Whether its list could be read to the end; if not, anything below may belong to it."""

    def holds(self, path: Path, *, in_doubt: bool = True) -> bool:
        """Return whether a file belongs to the package; `in_doubt` if its list does not tell."""
        if not path.is_relative_to(self.folder):
            return False
        if self.seals_folder:
            return True
        inside = path.relative_to(self.folder).as_posix()
        is_named = inside in self.members or inside in self.own
        return is_named or (in_doubt and not self.is_list_whole)

    @property
    def name(self) -> str:
        """How messages name it."""
        return f"{self.kind} {self.folder}"


class Seal(Protocol):
    """One kind of sealed package."""

    @property
    def kind(self) -> str:
        """What people call it."""
        ...

    @property
    def word(self) -> str:
        """What stands, in lower case, in the name of whatever may be a list of this kind."""
        ...

    def lists(self, entries: Sequence[DirEntry[str]]) -> tuple[str, ...]:
        """Return the names of what in a folder may be a list of this kind; what it is counts."""
        ...

    def read(self, folder: Path, lists: Sequence[str]) -> Package | None:
        """Return the package whose lists these are, or None if they are something else.

        What cannot be read, but may be a list, seals: a gate does not guess.
        """
        ...


def files_named(
    entries: Iterable[DirEntry[str]], is_named: Callable[[str], bool]
) -> tuple[str, ...]:
    """Return names, lower-case asked for, of regular files or links to such."""
    return tuple(
        entry.name for entry in entries if is_named(entry.name.lower()) and entry.is_file()
    )


def is_inside(name: str) -> bool:
    """Return whether a member's name leads to something below the folder and nowhere else."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts
