"""What is remembered of the folders below a root and of the files that were handled in them.

Made for a million files: a folder is an entry under its path, a handled file 32 bytes under its
name. Nothing grows with events: what is no longer there is dropped by the walks.
"""

from collections.abc import Iterator, Mapping

from watchers.listing import FolderStamp, Listing
from watchers.pending import FileKey


class KnownFolder:
    """What one folder looked like when it was listed last."""

    __slots__ = ("files", "has_folders", "is_racy", "seen_by", "stamp", "transfers")

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.transfers: frozenset[bytes] = frozenset()
        self.stamp: FolderStamp | None = None
        self.has_folders = False
        self.is_racy = True
        self.seen_by = 0

    def has_moved(self, stamp: FolderStamp) -> bool:
        """Return whether something may have come or gone since the folder was listed."""
        return self.is_racy or self.stamp != stamp

    def has_lost_its_device(self, listing: Listing) -> bool:
        """Return whether a listing shows the empty mount point of what lay here."""
        is_empty = not (listing.files or listing.folders or listing.transfers)
        if self.stamp is None or listing.stamp is None or not is_empty:
            return False
        is_another = self.stamp.identity[0] != listing.stamp.identity[0]
        return is_another and bool(self.files or self.has_folders)


class FolderMemory:
    """The folders below one root, and the files handled in them."""

    def __init__(self) -> None:
        self.folders: dict[str, KnownFolder] = {}
        self._missing: list[tuple[FileKey, bytes]] = []
        self._walk = 0
        self._is_walking = False

    def state_of(self, key: FileKey) -> bytes | None:
        """Return the packed state in which a file was left; None if it was never handled."""
        folder = self.folders.get(key[0])
        return folder.files.get(key[1]) if folder else None

    def files_in(self, folder: str) -> Mapping[str, bytes] | None:
        """Return the handled files of a folder; None if the folder was never listed."""
        known = self.folders.get(folder)
        return known.files if known and known.stamp else None

    def remember(self, key: FileKey, packed: bytes | None) -> None:
        """Remember the state in which a file was left; None if it is gone."""
        if packed is None:
            self._forget(key)
            return
        folder = self.folders.get(key[0])
        if folder is None:
            folder = self.folders[key[0]] = KnownFolder()
            folder.seen_by = self._walk  # it came after its parent was listed
        folder.files[key[1]] = packed

    def find_new(self, listing: Listing) -> Iterator[tuple[str, bytes]]:
        """Yield the files of a listing that are not in the state in which they were left."""
        known = self.folders.get(listing.folder)
        files = known.files if known else {}
        for name, packed in listing.files.items():
            if files.get(name) != packed:
                yield name, packed

    def note(self, listing: Listing, *, racy_after_ns: float) -> None:
        """Note that a folder was listed; racy if its time is not older than the one given."""
        if listing.stamp is None:
            return
        known = self.folders.setdefault(listing.folder, KnownFolder())
        known.stamp = listing.stamp
        known.transfers = listing.transfers
        known.has_folders = bool(listing.folders)
        known.is_racy = listing.stamp.mtime_ns >= racy_after_ns
        known.seen_by = self._walk
        if self._is_walking and not listing.problems:
            for name in known.files.keys() - listing.files.keys():
                self._missing.append(((listing.folder, name), known.files[name]))

    def begin_walk(self) -> None:
        """Tell this walk from those before."""
        self._walk += 1
        self._missing.clear()
        self._is_walking = True

    def end_walk(self, *, is_complete: bool) -> None:
        """Drop the files that folders no longer list, and after a complete walk gone folders."""
        for key, packed in self._missing:
            if self.state_of(key) == packed:  # else it came back while the walk went on
                self._forget(key)
        self._missing.clear()
        self._is_walking = False
        if is_complete:
            gone = [name for name, known in self.folders.items() if known.seen_by != self._walk]
            for name in gone:
                del self.folders[name]

    def _forget(self, key: FileKey) -> None:
        folder = self.folders.get(key[0])
        if folder is not None:
            folder.files.pop(key[1], None)
