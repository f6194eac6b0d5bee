"""The reader of the C2PA library, not validating: `python -m tests.benchmarks.read_c2pa TREE`."""

import sys
from pathlib import Path

import c2pa

from provenance.media.formats import FORMATS
from provenance.walking import walk
from tests.benchmarks.measuring import report

_SETTINGS = {"verify": {"verify_after_reading": False, "remote_manifest_fetch": False}}
_TYPES = {suffix: fmt.media_type for fmt in FORMATS for suffix in fmt.suffixes}


def read(tree: Path) -> tuple[int, dict[str, str]]:
    """Look for a manifest store in every file."""
    context = c2pa.Context.from_dict(_SETTINGS)
    files = 0
    for files, found in enumerate(walk((tree,)), 1):  # noqa: B007  # counted
        media_type = _TYPES.get(found.path.suffix)
        if media_type is None:
            continue
        with found.path.open("rb") as stream:
            reader = c2pa.Reader.try_create(media_type, stream, None, context)
            if reader is not None:
                with reader:
                    reader.json()
    return files, {}


if __name__ == "__main__":
    report(lambda: read(Path(sys.argv[1])))
