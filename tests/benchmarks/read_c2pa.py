"""The reader of the C2PA library, not validating: `python -m tests.benchmarks.read_c2pa TREE`."""

import sys

import c2pa

from provenance.media.formats import FORMATS
from tests.benchmarks.measuring import report
from tests.benchmarks.read_floor import files_below

_SETTINGS = {"verify": {"verify_after_reading": False, "remote_manifest_fetch": False}}
_TYPES = {suffix: fmt.media_type for fmt in FORMATS for suffix in fmt.suffixes if fmt.embeds_c2pa}


def read(tree: str) -> tuple[int, dict[str, str]]:
    """Look for a manifest store in every file of a format that can hold one."""
    context = c2pa.Context.from_dict(_SETTINGS)
    files = 0
    for files, path in enumerate(files_below(tree), 1):  # noqa: B007  # counted
        media_type = _TYPES.get(path[path.rfind(".") :])
        if media_type is not None:
            _read_one(path, media_type, context)
    return files, {}


def _read_one(path: str, media_type: str, context: c2pa.Context) -> None:
    with open(path, "rb") as stream:  # noqa: PTH123  (a Path for each file would cost the peer)
        reader = c2pa.Reader.try_create(media_type, stream, None, context)
        if reader is not None:
            with reader:
                reader.json()


if __name__ == "__main__":
    report(lambda: read(sys.argv[1]))
