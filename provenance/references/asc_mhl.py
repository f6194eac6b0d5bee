"""ASC media hash lists: a folder `ascmhl` with one list for each generation seals what lies around.

Verifying one finds files that were added too, so everything below belongs to it.
"""

import os
from collections.abc import Sequence
from os import DirEntry
from pathlib import Path

from provenance.errors import UnreadableError
from provenance.references._listing import Listing, read_listing
from provenance.references.interface import Package, files_named, is_inside

_FOLDER = "ascmhl"
_FIELDS = frozenset({"path", "size"})


class AscMhl:
    """ASC Media Hash List."""

    kind = "ASC MHL"
    word = _FOLDER

    def lists(self, entries: Sequence[DirEntry[str]]) -> tuple[str, ...]:
        """See `Seal.lists`."""
        return tuple(
            entry.name for entry in entries if entry.name.lower() == _FOLDER and entry.is_dir()
        )

    def read(self, folder: Path, lists: Sequence[str]) -> Package | None:
        """See `Seal.read`; the newest generation says what there is."""
        try:
            with os.scandir(folder / lists[0]) as entries:
                generations = sorted(files_named(entries, lambda name: name.endswith(".mhl")))
            listing = self._newest(folder / lists[0], generations)
        except NotADirectoryError:
            return None
        except (OSError, UnreadableError):
            listing = Listing(root=("", ""), records=(), is_whole=False)
        if listing is None:
            return None
        named = [pairs for pairs in listing.each("path") if is_inside(pairs["path"])]
        return Package(
            kind=self.kind,
            folder=folder,
            members={pairs["path"]: _size(pairs) for pairs in named},
            own=frozenset(lists),
            seals_folder=True,
            is_list_whole=listing.is_whole and len(named) == len(listing.records),
        )

    def _newest(self, folder: Path, generations: Sequence[str]) -> Listing | None:
        for name in reversed(generations):
            listing = read_listing(folder / name, "hash", _FIELDS, _is_asc)
            if listing is not None:
                return listing
        return None


def _is_asc(namespace: str, name: str) -> bool:
    return name == "hashlist" and namespace.startswith("urn:ASC:MHL:")


def _size(pairs: dict[str, str]) -> int | None:
    size = pairs.get("size", "")
    return int(size) if size.isdecimal() else None
