"""Whether a folder is still exactly what a receipt says; needs no production and no network."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from provenance.errors import MediaError
from provenance.media.essence import identify_bytes
from provenance.media.source import FileSource
from provenance.model.digest import Digest
from provenance.model.finding import Verdict
from provenance.model.receipt import Receipt
from provenance.path_text import shown
from provenance.walking import Found, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One file that is not as the receipt says."""

    path: str
    """The file, as people read it, relative to the folder."""
    what: str
    """What is different, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a folder differs from a receipt."""

    matching: int
    """How many files are byte for byte the same."""
    missing: tuple[Difference, ...] = ()
    """In the receipt, not in the folder."""
    added: tuple[Difference, ...] = ()
    """In the folder, not in the receipt."""
    changed: tuple[Difference, ...] = ()
    """In both, with other bytes or of another kind."""
    renamed: tuple[Difference, ...] = ()
    """The bytes are there, under another name."""
    unreadable: tuple[Difference, ...] = ()
    """What could not be compared."""

    @property
    def verdict(self) -> Verdict:
        """PASS if nothing differs, UNDECIDED if all that differs could not be read."""
        if self.missing or self.added or self.changed or self.renamed:
            return Verdict.BLOCK
        return Verdict.UNDECIDED if self.unreadable else Verdict.PASS


def compare(receipt: Receipt, folder: Path, *, receipt_file: Path) -> Comparison:
    """Compare every file below the folder with the receipt.

    The receipt itself may lie in the folder: under its own path it is no difference.
    """
    found = {
        one.path.relative_to(folder).as_posix(): one
        for one in walk((folder,))
        if not _is_same_path(one.path, receipt_file)
    }
    known = {entry.path: entry.file_digest for entry in receipt.entries}
    now = {path: _digest(one) for path, one in found.items()}
    names: dict[Digest, list[str]] = {}
    for path, digest in known.items():
        if digest:
            names.setdefault(digest, []).append(path)
    return _sorted_out(known, now, names)


def _sorted_out(
    known: dict[str, Digest | None],
    now: dict[str, "Digest | _Other"],
    names: dict[Digest, list[str]],
) -> Comparison:
    missing = dict.fromkeys(path for path in known if path not in now)
    added: list[Difference] = []
    changed: list[Difference] = []
    renamed: list[Difference] = []
    unreadable: list[Difference] = []
    matching = 0
    for path, seen in now.items():
        if isinstance(seen, _Other):
            group = unreadable if seen.is_undecided else changed if path in known else added
            group.append(_difference(path, seen.what))
        elif path in known and known[path] == seen:
            matching += 1
        elif path in known and known[path] is None:
            unreadable.append(_difference(path, "the receipt has no digest of it"))
        elif path in known:
            changed.append(_difference(path, "other bytes" + _origin(names.get(seen, []))))
        elif old := next((one for one in names.get(seen, ()) if one in missing), None):
            del missing[old]
            renamed.append(_difference(path, f"it was {_shown(old)}"))
        else:
            added.append(_difference(path, "not in the receipt" + _origin(names.get(seen, []))))
    return Comparison(
        matching=matching,
        missing=tuple(_difference(path, "is gone") for path in missing),
        added=tuple(added),
        changed=tuple(changed),
        renamed=tuple(renamed),
        unreadable=tuple(unreadable),
    )


@dataclass(frozen=True, slots=True)
class _Other:
    """Something in a folder that has no digest to compare."""

    what: str
    is_undecided: bool


def _digest(found: Found) -> "Digest | _Other":
    if found.problem:
        return _Other(found.problem, is_undecided=True)
    try:
        mode = os.lstat(found.path).st_mode
        if not stat.S_ISREG(mode):
            kind = "a symbolic link" if stat.S_ISLNK(mode) else "a pipe, socket or device"
            return _Other(f"is {kind}, not a regular file", is_undecided=False)
        with FileSource(found.path) as source:
            digest = identify_bytes(source).file_digest
            if source.is_unchanged():
                return digest
        return _Other("it was written while it was read", is_undecided=True)
    except (MediaError, OSError) as error:
        return _Other(f"cannot be read: {error}", is_undecided=True)


def _is_same_path(path: Path, receipt_file: Path) -> bool:
    if path.name != receipt_file.name:
        return False
    return os.path.realpath(path.parent) == os.path.realpath(receipt_file.parent)


def _origin(names: Iterable[str]) -> str:
    same = [_shown(name) for name in names]
    return f": those of {', '.join(same)}" if same else ""


def _difference(path: str, what: str) -> Difference:
    return Difference(path=_shown(path), what=what)


def _shown(path: str) -> str:
    return shown(Path(path))
