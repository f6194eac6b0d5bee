"""Walk a folder with everything below it, following nothing and hiding no failure.

Iterative and by descriptors, so that neither depth nor the length of a path costs anything.
Symbolic links are never followed; a folder is entered once, known by (device, inode), so bind
mounts cannot loop; other file systems mounted below are walked. Names that are not UTF-8 come
through surrogate-escaped. What is left out for lying too deep is a problem too.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path, PurePath

from watchers.change import Problem, ProblemKind
from watchers.listing import (
    LEADS_NOWHERE,
    Known,
    Lister,
    Listing,
    WalkOptions,
    join,
    unreadable,
)
from watchers.trail import Trail

DEEPEST = 512
"""Folders below the top that are walked; no work of people lies deeper."""


def walk(
    top: Path, options: WalkOptions, *, start: str = "", known: Known | None = None
) -> Iterator[Listing | Problem]:
    """Yield a folder and all below it, each before what lies in it, and what could not be read.

    The top may be a symbolic link. With `known` only folders that are not known are entered, and
    in a big folder a file whose inode is the known one counts as unchanged: that shows arrivals,
    renames and removals at the cost of a listing, but no rewrite in place.
    """
    try:
        trail = Trail(top)
    except OSError as error:
        yield unreadable(top, error)
        return
    with closing(trail):
        try:
            trail.descend(start)
        except OSError as error:
            yield unreadable(top / start, error)
        else:
            yield from _walk_from(trail, Lister(top, options, known))


def look_into(
    top: Path, folder: str, names: Iterable[str], options: WalkOptions
) -> Iterator[Listing | Problem]:
    """Yield what stands under these names in one folder: files at once, folders with all below.

    The names come from events: they may be gone, or the folder lead out of the top by now.
    """
    if not options.filters.enters_all(PurePath(folder)):
        return
    lister = Lister(top, options, None)
    try:
        with closing(Trail(top)) as trail:
            trail.descend(folder)
            listing = lister.look(trail, names)
    except OSError as error:
        if error.errno not in LEADS_NOWHERE:
            yield unreadable(top / folder, error)
        return
    yield listing
    for name in listing.folders:
        yield from walk(top, options, start=join(folder, name))


def _walk_from(trail: Trail, lister: Lister) -> Iterator[Listing | Problem]:
    visited = {trail.identity}
    first = lister.list(trail)
    yield first
    waiting = [lister.find_enterable(first)]
    while waiting:
        if waiting[-1]:
            name = waiting[-1].pop()
            entered = _enter(trail, name, lister.top)
            if isinstance(entered, Problem):
                yield entered
            elif entered and trail.identity in visited:
                waiting.append([])
            elif entered:
                visited.add(trail.identity)
                listing = lister.list(trail)
                yield listing
                waiting.append(lister.find_enterable(listing))
        else:
            waiting.pop()
            try:
                if waiting:
                    trail.leave()
            except OSError as error:
                yield unreadable(lister.top / trail.folder, error)
                return


def _enter(trail: Trail, name: str, top: Path) -> bool | Problem:
    """Go one folder down and return whether it is still there, or why that cannot be told."""
    path = top / trail.folder / name
    if trail.depth == DEEPEST:
        message = f"lies more than {DEEPEST} folders deep and is not looked at; move it up"
        return Problem(path=path, message=message, kind=ProblemKind.TOO_DEEP)
    try:
        trail.enter(name)
    except OSError as error:
        if error.errno == errno.ENOENT and _is_gone(trail.descriptor, name):
            return False
        return unreadable(path, error)
    return True


def _is_gone(descriptor: int, name: str) -> bool:
    """Return whether a name has left its folder; a share that fails to mount has not."""
    try:
        os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False
