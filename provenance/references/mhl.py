"""Media hash lists of version 1 (`*.mhl`): each names files below its folder, with digests."""

from collections.abc import Sequence
from os import DirEntry
from pathlib import Path

from provenance.errors import UnreadableError
from provenance.references._listing import read_listing
from provenance.references.interface import Package, files_named, is_inside

_FIELDS = frozenset({"file", "size"})


class Mhl:
    """Media Hash List."""

    kind = "MHL"
    word = ".mhl"

    def lists(self, entries: Sequence[DirEntry[str]]) -> tuple[str, ...]:
        """See `Seal.lists`."""
        return files_named(entries, lambda name: name.endswith(".mhl"))

    def read(self, folder: Path, lists: Sequence[str]) -> Package | None:
        """See `Seal.read`; of several lists all count."""
        members: dict[str, int | None] = {}
        own, is_whole = set(), True
        for name in lists:
            try:
                listing = read_listing(folder / name, "hash", _FIELDS, _is_hash_list)
            except UnreadableError:
                own.add(name)
                is_whole = False
                continue
            if listing is None:
                continue
            own.add(name)
            named = [pairs for pairs in listing.each("file") if is_inside(pairs["file"])]
            is_whole = is_whole and listing.is_whole and len(named) == len(listing.records)
            members |= {pairs["file"]: _size(pairs) for pairs in named}
        if not own:
            return None
        return Package(
            kind=self.kind,
            folder=folder,
            members=members,
            own=frozenset(own),
            seals_folder=False,
            is_list_whole=is_whole,
        )


def _is_hash_list(namespace: str, name: str) -> bool:
    return name == "hashlist" and not namespace.startswith("urn:ASC:MHL:")


def _size(pairs: dict[str, str]) -> int | None:
    size = pairs.get("size", "")
    return int(size) if size.isdecimal() else None
