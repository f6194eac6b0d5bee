"""Go down folders and follow no links: list the files below named paths in a stable order."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from provenance.errors import TaggingError
from provenance.path_text import shown
from provenance.rooting import is_marker


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing a walk came by."""

    path: Path
    """Where."""
    problem: str = ""
    """Why it cannot be looked into; empty for an ordinary file."""
    endings: frozenset[str] | None = None
    """What follows the last dot of each name in its folder, lower-case; None if not listed."""
    may_be_sealed: bool = True
    """Whether a sealed package may hold it, as far as is known."""


def walk(paths: Iterable[Path], *, excluded: frozenset[Path] = frozenset()) -> Iterator[Found]:
    """Yield every entry that is no folder below these paths, each folder's in name order.

    Whatever is no folder is yielded, links and pipes too: a gate has to speak of them. A folder
    that cannot be listed is yielded with the reason, never taken as empty. `excluded` folders are
    left out, and so are the markers of zones below the paths.
    """
    for path in paths:
        # Path.is_dir and is_symlink raise where a folder above may not be looked into.
        if os.path.islink(path) or not os.path.isdir(path):  # noqa: PTH112, PTH114  (see above)
            yield Found(path=path)
        else:
            yield from _walk_folder(path, excluded)


def descend(top: Path, folder: Path, *, makes: bool = False) -> None:
    """Go down from a folder to one below it; raises TaggingError at a link, which it names.

    Whoever may write a share could have a file moved anywhere by a link. The top itself may be one:
    so a production was set up. With `makes` folders that are not there are made.
    """
    places = [folder, *folder.parents]
    for place in places[places.index(top) :: -1]:
        if place != top and os.path.islink(place):  # noqa: PTH114  (as above)
            raise TaggingError(
                f"{shown(place)} is a link; take it away, nothing is moved through it"
            )
        if makes:
            place.mkdir(parents=place == top, exist_ok=True)


def _walk_folder(top: Path, excluded: frozenset[Path]) -> Iterator[Found]:
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            yield Found(path=folder, problem=f"the folder cannot be listed: {error.strerror}")
            continue
        folders = []
        endings = frozenset(entry.name.rpartition(".")[2].lower() for entry in listed)
        for entry in listed:
            path = Path(entry.path)
            if not entry.is_dir(follow_symlinks=False):
                if not is_marker(path):
                    yield Found(path=path, endings=endings)
            elif path.absolute() not in excluded:
                folders.append(path)
        pending += reversed(folders)
