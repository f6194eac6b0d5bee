"""Part what is to be scanned into tasks: small folders put together, in the order of a scan."""

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from provenance.cluster.records import Part, Place

FILES = 1000
"""About so many files are one task."""
_PLACES = 1000
_DIGEST = 12


def part(paths: Iterable[Path], excluded: Collection[Path]) -> Iterator[Part]:
    """Yield the tasks that make up a scan of these paths, in its order.

    A folder is never parted. `excluded` folders are left out.
    """
    places: list[Place] = []
    beyond: list[str] = []
    files = 0
    for place, folders in _places(paths, frozenset(map(str, excluded))):
        if places and (files + place.files > FILES or len(places) >= _PLACES):
            yield _part(places, beyond)
            places, beyond, files = [], [], 0
        places.append(place)
        beyond += folders
        files += place.files
    if places:
        yield _part(places, beyond)


def names_in(folder: str) -> list[str] | None:
    """Return the names of the files in a folder, in no order; None if it cannot be listed."""
    listed = _listed(folder)
    return listed[0] if listed else None


def digest_of(names: Iterable[str] | None) -> str:
    """Return the digest of names, whatever their order; empty for None."""
    if names is None:
        return ""
    told = b"\0".join(sorted(map(os.fsencode, names)))
    return hashlib.blake2b(told, digest_size=_DIGEST).hexdigest()


def _part(places: list[Place], beyond: list[str]) -> Part:
    return Part(places=tuple(places), beyond=tuple(beyond))


def _places(paths: Iterable[Path], excluded: frozenset[str]) -> Iterator[tuple[Place, list[str]]]:
    """Yield each place with the folders in it, before what lies in those."""
    for top in paths:
        if os.path.islink(top) or not os.path.isdir(top):  # noqa: PTH112, PTH114  (as a scan does)
            yield Place(path=str(top), files=1), []
            continue
        pending = [str(top)]
        while pending:
            folder = pending.pop()
            names, folders = _listed(folder) or (None, [])
            beyond = [os.path.join("" if folder == "." else folder, name) for name in folders]  # noqa: PTH118  (text in, text out)
            yield Place(path=folder, files=len(names or ()), names=digest_of(names)), beyond
            inside = (path for path in beyond if not excluded & {path, os.path.abspath(path)})  # noqa: PTH100  (no link is followed)
            pending += sorted(inside, key=os.fsencode, reverse=True)


def _listed(folder: str) -> tuple[list[str], list[str]] | None:
    files: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                (folders if entry.is_dir(follow_symlinks=False) else files).append(entry.name)
    except OSError:
        return None
    return files, folders
