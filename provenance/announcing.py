"""What is written down of a write before it begins: text that a later version still reads."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from provenance.media.amendment import Amendment
from provenance.media.replacing import OriginalState
from provenance.media.source import FileSource
from provenance.model.digest import Digest


def announcement(
    paths: Sequence[Path], original: FileSource, key: Digest, amendment: Amendment | None = None
) -> str:
    """Return the names a write may leave, how to tell the original among them, and its lease.

    What is written over in place stands there too.
    """
    before = OriginalState.of(original.status)
    record: dict[str, Any] = {
        "names": [path.name for path in paths],
        "original": [before.inode, before.size, before.mtime_ns],
        "lease": key,
    }
    if amendment is not None:
        record["amendment"] = amendment.to_record()
    return json.dumps(record)


def lease_key_in(text: str) -> str:
    """Return by what the lease of an announced write is found; earlier versions did not say."""
    if not text.startswith("{"):
        return ""
    key: str = json.loads(text).get("lease", "")
    return key


def names_in(text: str) -> tuple[tuple[str, ...], OriginalState | None]:
    """Return what was announced; earlier versions wrote two paths, one a line."""
    if not text.startswith("{"):
        return tuple(Path(line).name for line in text.split("\n") if line), None
    record = json.loads(text)
    inode, size, mtime_ns = record["original"]
    before = OriginalState(inode=inode, size=size, mtime_ns=mtime_ns)
    return tuple(record["names"]), before


def amendment_in(text: str) -> Amendment | None:
    """Return what was to be written into the file in place, if anything was."""
    record = json.loads(text).get("amendment") if text.startswith("{") else None
    return Amendment.from_record(record) if record else None
