"""Pillow for pictures, mutagen for the rest: `python -m tests.benchmarks.read_fields TREE`."""

import sys
from pathlib import Path

import mutagen
from PIL import Image

from provenance.walking import walk
from tests.benchmarks.measuring import report

_PICTURES = frozenset({".jpg", ".png", ".tif", ".webp", ".gif"})


def read(tree: Path) -> tuple[int, dict[str, str]]:
    """Read Exif and XMP of every picture, the text fields of everything else."""
    Image.init()
    files = 0
    for files, found in enumerate(walk((tree,)), 1):  # noqa: B007  # counted
        if found.path.suffix in _PICTURES:
            with Image.open(found.path) as image:
                image.getexif()
                image.getxmp()
        else:
            mutagen.File(found.path)
    return files, {}


if __name__ == "__main__":
    report(lambda: read(Path(sys.argv[1])))
